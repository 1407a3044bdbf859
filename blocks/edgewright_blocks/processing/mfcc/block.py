"""MFCC: mel-frequency cepstral coefficients of short frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.codegen.audio import AudioTables
from edgewright_sdk.fragments.signals import give_features, normalised_in, signals_of, sound_spectra_in
from edgewright_sdk.signal import (
    MelProduct,
    dct_matrix,
    frames_of,
    mel_filters,
    mel_plot,
    sliding_normalise,
    squared_spectra,
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
    each: NDArray[Any]
    energies: MelProduct
    dct: NDArray[Any]
    cepstra: int
    smoothing: int
    emphasis: tuple[float, int]
    description: Description


class Mfcc(ProcessingBlock):
    """Cepstra of the logarithmic energies in mel bands, frame by frame, normalised over time."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say labels and shape, and refuse parameters that can't work with this window."""
        return _settings_of(window, params).description

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, 1)`` windows."""
        settings = _settings_of(windows.spec, params)
        cepstra = _cepstra(windows, settings)
        described = settings.description
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
            onnx=_fragment(window, settings),
        )


def _fragment(window: WindowSpec, settings: _Settings) -> bytes:
    frames, dct = settings.frames, settings.dct
    graph, signals = signals_of(window["length"], 1)
    squares = sound_spectra_in(graph, signals, frames, window["length"], settings.emphasis)
    smallest = 100 * float(np.finfo(dct.dtype).tiny)

    def floored(value: str) -> str:
        return graph.do("Where", graph.do("Less", value, smallest), _FLOOR, value)

    total = floored(graph.do("Div", graph.total(squares, 2, keep=True), frames.fft_length))
    energies = floored(graph.do("MatMul", squares, settings.filters.T / frames.fft_length))
    each = graph.add("Div", graph.do("Mul", energies, len(settings.filters)), total)
    shapes = graph.do("MatMul", graph.add("Log", each), dct[:, 1:])
    cepstra = graph.add("Concat", graph.add("Log", total), shapes, axis=2)
    if settings.smoothing:
        cepstra = normalised_in(graph, cepstra, frames.count, settings.smoothing)
    return give_features(graph, cepstra, frames.count * settings.cepstra)


def _description(window: WindowSpec, frames: Frames, cepstra: int) -> Description:
    axis = window["axes"][0]
    labels = [f"{axis} {time:g}s MFCC {number}" for time in frames.times for number in range(cepstra)]
    return Description(labels, {"type": "spectrogram", "width": frames.count, "height": cepstra})


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
    if params.num_cepstral > params.num_filters:
        raise BlockError(
            f"num-cepstral is {params.num_cepstral}; allowed: up to num-filters, which is {params.num_filters}"
        )
    if params.win_size and params.win_size % 2 == 0:
        raise BlockError(
            f"win-size is {params.win_size}; allowed: an odd number of frames, or 0 for no normalisation"
        )
    # What is divided by a deviation must be exact far beyond float32; the cepstra themselves need not.
    dtype = np.float64 if params.win_size else np.float32
    return _Settings(
        frames,
        filters,
        np.full(frames.fft_length // 2 + 1, 1 / frames.fft_length, dtype),
        MelProduct(filters, 1 / frames.fft_length, dtype),
        dct_matrix(params.num_filters, params.num_cepstral).astype(dtype),
        params.num_cepstral,
        params.win_size,
        (float(params.pre_cof), int(params.pre_shift)),
        _description(window, frames, params.num_cepstral),
    )


def _cepstra(windows: Windows, settings: _Settings) -> NDArray[np.float32]:
    """Cepstra ``(n, frames, cepstra)``."""
    frames, dct = settings.frames, settings.dct
    found = np.empty((len(windows), frames.count, settings.cepstra), np.float32)
    signals = windows.values[:, :, 0]
    for rows, squares in squared_spectra(signals, frames, emphasis=settings.emphasis, dtype=dct.dtype):
        total = _floored(squares @ settings.each)
        energies = _floored(settings.energies(squares))
        # A factor for all bands of a frame would only show in coefficient 0, which is something else. This one brings them to
        # about 1, where logarithms are most exact in float32.
        energies *= (len(settings.filters) / total)[..., None]
        cepstra = np.log(energies, out=energies) @ dct
        cepstra[..., 0] = np.log(total, out=total)
        found[rows] = sliding_normalise(cepstra, settings.smoothing) if settings.smoothing else cepstra
    return found


def _floored(energies: NDArray[Any]) -> NDArray[Any]:
    """In its place: what is 0, or so small that nothing can be divided by it."""
    smallest = 100 * np.finfo(energies.dtype).tiny
    if energies.min() < smallest:
        energies[energies < smallest] = _FLOOR
    return energies
