"""MFCC: mel-frequency cepstral coefficients of short frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Description, Export, Features, ProcessingBlock
from edgewright_sdk.codegen.audio import AudioTables
from edgewright_sdk.signal import (
    dct_matrix,
    frame_powers,
    frames_of,
    mel_filters,
    mel_plot,
    sliding_normalise,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec
    from edgewright_sdk.signal import Frames

#: In the place of a power or an energy of exactly 0, before the logarithm.
_FLOOR = 1e-10


@dataclass(frozen=True)
class _Settings:
    frames: Frames
    filters: NDArray[np.float64]
    cepstra: int
    smoothing: int
    emphasis: tuple[float, int]


class Mfcc(ProcessingBlock):
    """Cepstra of the logarithmic energies in mel bands, frame by frame, normalised over time."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say labels and shape, and refuse parameters that can't work with this window."""
        return _description(window, _settings_of(window, params))

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, 1)`` windows."""
        settings = _settings_of(windows.spec, params)
        described = _description(windows.spec, settings)
        cepstra = _cepstra(windows, settings)
        return Features(cepstra.reshape(len(windows), -1), described.labels, described.shape)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the cepstra of the first window and the filters."""
        settings = _settings_of(windows.spec, params)
        first = type(windows)(windows.values[:1], windows.spec)
        return [
            {
                "kind": "heatmap",
                "title": "Cepstra",
                "x": {"label": "time (s)", "values": settings.frames.times},
                "y": {"label": "coefficient", "values": list(range(settings.cepstra))},
                "values": _cepstra(first, settings)[0].T,
            },
            mel_plot(settings.filters, windows.frequency),
        ]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        settings = _settings_of(window, params)
        frames = settings.frames
        audio = AudioTables(frames, window, emphasis=settings.emphasis)
        width = frames.count * settings.cepstra
        return Export(
            symbol="ew_mfcc",
            header="mfcc.h",
            sources=["mfcc.cpp"],
            modules=["audio", "cepstra", "fft", "mel", "vector"],
            tables={
                **audio.tables(),
                **AudioTables.mel(settings.filters),
                "cepstra": settings.cepstra,
                "smoothing": settings.smoothing,
                "dct": dct_matrix(len(settings.filters), settings.cepstra).astype(np.float32),
            },
            state_bytes=audio.state_bytes(settings.cepstra),
            streamable=audio.streams,
            scratch_bytes=audio.scratch_bytes(len(settings.filters), width, 3 * (frames.count + 1)),
            inputs=[{"dtype": "float32", "shape": [window["length"], 1]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [width]}],
            tolerance={"absolute": 1e-3, "relative": 1e-4},
        )


def _description(window: WindowSpec, settings: _Settings) -> Description:
    axis = window["axes"][0]
    labels = [
        f"{axis} {time:g}s MFCC {number}"
        for time in settings.frames.times
        for number in range(settings.cepstra)
    ]
    shape = {"type": "spectrogram", "width": settings.frames.count, "height": settings.cepstra}
    return Description(labels, shape)


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
    if params.num_cepstral > params.num_filters:
        raise BlockError(
            f"num-cepstral is {params.num_cepstral}; allowed: up to num-filters, which is {params.num_filters}"
        )
    if params.win_size and params.win_size % 2 == 0:
        raise BlockError(
            f"win-size is {params.win_size}; allowed: an odd number of frames, or 0 for no normalisation"
        )
    emphasis = (float(params.pre_cof), int(params.pre_shift))
    return _Settings(frames, filters, params.num_cepstral, params.win_size, emphasis)


def _cepstra(windows: Windows, settings: _Settings) -> NDArray[np.float64]:
    """Cepstra ``(n, frames, cepstra)``."""
    dct = dct_matrix(len(settings.filters), settings.cepstra)
    cepstra = np.empty((len(windows), settings.frames.count, settings.cepstra))
    signals = windows.values[:, :, 0]
    for rows, power in frame_powers(signals, settings.frames, emphasis=settings.emphasis):
        energies = power @ settings.filters.T
        energies[energies == 0] = _FLOOR
        cepstra[rows] = np.log(energies, out=energies) @ dct
        total = power.sum(axis=-1)
        total[total == 0] = _FLOOR
        cepstra[rows, :, 0] = np.log(total)
    return sliding_normalise(cepstra, settings.smoothing) if settings.smoothing else cepstra
