"""Tables of the two device nodes: one for spectra, one for wavelets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Export
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.signal import DECIMATIONS, decimator

from . import wavelet
from .fragment import onnx_fragment
from .settings import LOW_RATIO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import WindowSpec

    from .settings import Settings

_UNUSED = np.zeros(1, np.float32)  # a table has at least one value


def export_spectrum(window: WindowSpec, settings: Settings, features: int) -> Export:
    """Give the node for spectra."""
    spectrum, low = settings.spectrum, settings.low
    assert spectrum is not None
    n = spectrum.fft_length
    low_bins = (0, -1) if low is None else (low.first_bin, low.last_bin)
    low_stage = None if low is None else LOW_RATIO
    return Export(
        symbol="ew_spectral_analysis",
        header="spectral_analysis.h",
        sources=["spectral_analysis.cpp", "filtered.h"],
        modules=["biquad", "decimate", "fft", "statistics"],
        tables={
            **_signal_tables(settings),
            "fft_length": n,
            "overlap": int(spectrum.overlap),
            "log": int(spectrum.log),
            "first_bin": spectrum.first_bin,
            "last_bin": spectrum.last_bin,
            "low": int(low is not None),
            "low_first_bin": low_bins[0],
            "low_last_bin": low_bins[1],
            "low_filter": _UNUSED if low_stage is None else _stages([low_stage]),
            "quarter_wave": np.sin(2 * np.pi * np.arange(n // 4 + 1) / n).astype(np.float32),
        },
        inputs=[{"dtype": "float32", "shape": [window["length"], len(window["axes"])]}],
        outputs=[{"name": "features", "dtype": "float32", "shape": [features]}],
        scratch_bytes=scratch_bytes(window["length"], n, n, n // 2 + 1),
        tolerance={"absolute": 1e-3, "relative": 1e-4},
        onnx=onnx_fragment(window, settings, features),
    )


def export_wavelet(window: WindowSpec, settings: Settings, features: int) -> Export:
    """Give the node for wavelets."""
    filters = wavelet.filters(settings.wavelet)
    samples = -(-window["length"] // settings.decimation)
    part = (samples + filters.shape[1]) // 2 + 1
    return Export(
        symbol="ew_wavelet_analysis",
        header="wavelet_analysis.h",
        sources=["wavelet_analysis.cpp", "filtered.h"],
        modules=["biquad", "decimate", "order", "statistics", "wavelet"],
        tables={
            **_signal_tables(settings),
            "level": settings.level,
            "taps": filters.shape[1],
            "low_pass": filters[0],
            "high_pass": filters[1],
        },
        inputs=[{"dtype": "float32", "shape": [window["length"], len(window["axes"])]}],
        outputs=[{"name": "features", "dtype": "float32", "shape": [features]}],
        scratch_bytes=scratch_bytes(window["length"], part, part, 100),
        # A value that lies within rounding of 0, of the mean or of a histogram's edge counts on either side.
        tolerance={"absolute": 0.03, "relative": 1e-3},
    )


def _signal_tables(settings: Settings) -> dict[str, Any]:
    sections, stages = settings.sections, DECIMATIONS[settings.decimation]
    return {
        "scale": np.float32(settings.scale),
        "stages": len(stages),
        "ratios": np.asarray(stages or [1], np.int32),
        "stage_filters": _stages(stages) if stages else _UNUSED,
        "sections": 0 if sections is None else len(sections),
        "filter": _UNUSED if sections is None else sections[:, [0, 1, 2, 4, 5]],
    }


def _stages(ratios: list[int] | tuple[int, ...]) -> NDArray[np.float32]:
    """Filters of decimation stages, each 4 sections of b0 b1 b2 a1 a2 and the settled state z0 z1.

    Each number is a pair of float32 that sum up to it: the filter is too sharp for single precision.
    """
    rows = []
    for ratio in ratios:
        sections, settled = decimator(ratio)
        rows.append(np.concatenate([sections[:, [0, 1, 2, 4, 5]], settled], axis=1))
    exact = np.stack(rows)
    high = exact.astype(np.float32)
    return np.stack([high, (exact - high).astype(np.float32)], axis=-1)
