"""MFE: energies of short frames in bands by mel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.codegen.audio import AudioTables
from edgewright_sdk.fragments.signals import give_features, level_in, signals_of, sound_spectra_in
from edgewright_sdk.signal import MelProduct, frames_of, level_of, mel_filters, mel_plot, squared_spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec
    from edgewright_sdk.signal import Frames

#: Samples have the range of int16.
_SCALE = 1 / 32768
_EMPHASIS = (0.98, 1)
#: In the place of an energy of exactly 0.
_SILENCE = 1e-10
#: Levels are rounded to this many steps.
_STEPS = 256


@dataclass(frozen=True)
class _Settings:
    frames: Frames
    filters: NDArray[np.float64]
    energies: MelProduct
    floor: float
    description: Description


class Mfe(ProcessingBlock):
    """Energy in each mel band, frame by frame: 0 at the noise floor, 1 at 12 dB, in steps of 1/256."""

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
        """Show the levels of the first window and the filters."""
        settings = _settings_of(windows.spec, params)
        first = type(windows)(windows.values[:1], windows.spec)
        return [
            {
                "kind": "heatmap",
                "title": "Level by mel band",
                "x": {"label": "time (s)", "values": settings.frames.times},
                "y": {"label": "band", "values": list(range(len(settings.filters)))},
                "values": _levels(first, settings)[0].T,
            },
            mel_plot(settings.filters, windows.frequency),
        ]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        settings = _settings_of(window, params)
        count = len(settings.filters)
        audio = AudioTables(settings.frames, window, scale=_SCALE, emphasis=_EMPHASIS)
        return Export(
            symbol="ew_mfe",
            header="mfe.h",
            sources=["mfe.cpp"],
            modules=["audio", "fft", "mel"],
            tables={
                **audio.tables(),
                **AudioTables.mel(settings.filters),
                "noise_floor": np.float32(settings.floor),
            },
            state_bytes=audio.state_bytes(count),
            streamable=audio.streams,
            scratch_bytes=audio.scratch_bytes(0),
            inputs=[{"dtype": "float32", "shape": [window["length"], 1]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [settings.frames.count * count]}],
            tolerance={"absolute": 1 / _STEPS, "relative": 0.0},  # one step, where a level lies between two
            onnx=_fragment(window, settings),
        )


def _fragment(window: WindowSpec, settings: _Settings) -> bytes:
    graph, signals = signals_of(window["length"], 1)
    squares = sound_spectra_in(graph, signals, settings.frames, window["length"], _EMPHASIS)
    weights = settings.filters.T * (_SCALE**2 / settings.frames.fft_length)
    energies = graph.do("MatMul", squares, weights)
    energies = graph.do("Where", graph.do("Equal", energies, 0.0), _SILENCE, energies)
    steps = graph.add("Round", graph.do("Mul", level_in(graph, energies, settings.floor), _STEPS))
    levels = graph.do("Div", graph.do("Min", steps, _STEPS), _STEPS)
    return give_features(graph, levels, settings.frames.count * len(settings.filters))


def _description(window: WindowSpec, frames: Frames, bands: int) -> Description:
    axis = window["axes"][0]
    labels = [f"{axis} {time:g}s MFE {band}" for time in frames.times for band in range(bands)]
    return Description(labels, {"type": "spectrogram", "width": frames.count, "height": bands})


@remembered
def _settings_of(window: WindowSpec, params: Params) -> _Settings:
    frames = frames_of(
        window,
        frame_length=params.frame_length,
        frame_stride=params.frame_stride,
        fft_length=params.fft_length,
    )
    filters = mel_filters(
        params.num_filters,
        params.fft_length,
        float(window["frequency"]),
        params.low_frequency,
        params.high_frequency,
    )
    return _Settings(
        frames,
        filters,
        MelProduct(filters, _SCALE**2 / frames.fft_length),
        float(params.noise_floor_db),
        _description(window, frames, len(filters)),
    )


def _levels(windows: Windows, settings: _Settings) -> NDArray[np.float32]:
    """Levels ``(n, frames, filters)``."""
    levels = np.empty((len(windows), settings.frames.count, len(settings.filters)), np.float32)
    for rows, squares in squared_spectra(windows.values[:, :, 0], settings.frames, emphasis=_EMPHASIS):
        energies = settings.energies(squares)
        if energies.min() == 0:
            energies[energies == 0] = _SILENCE
        level = level_of(energies, settings.floor)
        level *= _STEPS
        np.rint(level, out=level)  # to the nearest step, halves to the even one
        levels[rows] = np.minimum(level, _STEPS, out=level)
    levels /= _STEPS
    return levels
