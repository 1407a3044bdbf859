"""Spectrogram: power of short frames by frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.codegen.audio import AudioTables
from edgewright_sdk.fragments.signals import give_features, level_in, signals_of, sound_spectra_in
from edgewright_sdk.signal import bin_frequencies, frames_of, level_of, squared_spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec
    from edgewright_sdk.signal import Frames

_SMALLEST = 4  # samples of a frame and of a stride


@dataclass(frozen=True)
class _Settings:
    frames: Frames
    floor: float
    description: Description

    @property
    def bins(self) -> int:
        return self.frames.fft_length // 2 + 1


class Spectrogram(ProcessingBlock):
    """Power of each frequency, frame by frame: 0 at the noise floor and below, 1 at 12 dB."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say labels and shape, and refuse parameters that can't work with this window."""
        return _settings_of(window, params).description

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, 1)`` windows."""
        settings = _settings_of(windows.spec, params)
        described = settings.description
        levels = _levels(windows, settings)
        return Features(levels.reshape(len(windows), -1), described.labels, described.shape)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the spectrogram of the first window."""
        settings = _settings_of(windows.spec, params)
        first = type(windows)(windows.values[:1], windows.spec)
        hertz = bin_frequencies(settings.frames.fft_length, settings.frames.frequency)
        return [
            {
                "kind": "heatmap",
                "title": "Spectrogram",
                "x": {"label": "time (s)", "values": settings.frames.times},
                "y": {"label": "frequency (Hz)", "values": hertz},
                "values": _levels(first, settings)[0].T,
            }
        ]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        settings = _settings_of(window, params)
        audio = AudioTables(settings.frames, window)
        return Export(
            symbol="ew_spectrogram",
            header="spectrogram.h",
            sources=["spectrogram.cpp"],
            modules=["audio", "fft"],
            tables={**audio.tables(), "noise_floor": np.float32(settings.floor)},
            state_bytes=audio.state_bytes(settings.bins),
            streamable=audio.streams,
            scratch_bytes=audio.scratch_bytes(0),
            inputs=[{"dtype": "float32", "shape": [window["length"], 1]}],
            outputs=[
                {"name": "features", "dtype": "float32", "shape": [settings.frames.count * settings.bins]}
            ],
            tolerance={"absolute": 1e-3, "relative": 1e-4},
            onnx=_fragment(window, settings),
        )


def _fragment(window: WindowSpec, settings: _Settings) -> bytes:
    frames = settings.frames
    graph, signals = signals_of(window["length"], 1)
    squares = sound_spectra_in(graph, signals, frames, window["length"])
    levels = level_in(graph, squares, settings.floor, divisor=frames.fft_length)
    return give_features(graph, levels, frames.count * settings.bins)


def _description(window: WindowSpec, frames: Frames) -> Description:
    axis = window["axes"][0]
    names = [f"{value:.6g} Hz" for value in bin_frequencies(frames.fft_length, frames.frequency)]
    labels = [f"{axis} {time:g}s {name}" for time in frames.times for name in names]
    return Description(labels, {"type": "spectrogram", "width": frames.count, "height": len(names)})


@remembered
def _settings_of(window: WindowSpec, params: Params) -> _Settings:
    frames = frames_of(
        window,
        frame_length=params.frame_length,
        frame_stride=params.frame_stride,
        fft_length=params.fft_length,
        smallest=_SMALLEST,
    )
    return _Settings(frames, float(params.noise_floor_db), _description(window, frames))


def _levels(windows: Windows, settings: _Settings) -> NDArray[np.float32]:
    """Levels ``(n, frames, N/2 + 1)``."""
    levels = np.empty((len(windows), settings.frames.count, settings.bins), np.float32)
    for rows, squares in squared_spectra(windows.values[:, :, 0], settings.frames, dtype=np.float32):
        levels[rows] = level_of(squares, settings.floor, divisor=settings.frames.fft_length)
    return levels
