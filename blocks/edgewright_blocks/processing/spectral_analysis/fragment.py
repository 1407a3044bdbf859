"""The analysis of spectra as an ONNX graph: filters, frames and transforms as matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.fragments.signals import (
    MOST_VALUES,
    decimated_in,
    filtered_in,
    give_features,
    moments_in,
    signals_of,
    spectra_in,
)

from .settings import LOW_RATIO, POWER_FLOOR

if TYPE_CHECKING:
    from edgewright_sdk import WindowSpec
    from edgewright_sdk.fragments import Fragment

    from .settings import Settings, Spectrum


def onnx_fragment(window: WindowSpec, settings: Settings, features: int) -> bytes | None:
    """Give the features of spectra as ``transform`` does; None for filters of windows that are too long."""
    length, axes = window["length"], len(window["axes"])
    assert settings.spectrum is not None
    filters = settings.decimation > 1 or settings.sections is not None or settings.low is not None
    if filters and length * length > MOST_VALUES:
        return None
    graph, value = signals_of(length, axes)
    value = graph.do("Mul", value, float(np.float32(settings.scale)))
    value, length = decimated_in(graph, value, length, settings.decimation)
    if settings.sections is not None:
        value = filtered_in(graph, value, length, settings.sections)
    found, centred = _spectral(graph, value, length, axes, settings.spectrum)
    if settings.low is not None:
        low, samples = decimated_in(graph, centred, length, LOW_RATIO)
        more, _ = _spectral(graph, low, samples, axes, settings.low)
        found = graph.add("Concat", found, more, axis=1)
    return give_features(graph, found, features)


def _spectral(graph: Fragment, value: str, length: int, axes: int, spectrum: Spectrum) -> tuple[str, str]:
    """Features ``(n, axes · f)`` of signals, and the signals without their mean."""
    n = spectrum.fft_length
    level = moments_in(graph, value, length)
    step = n // 2 if spectrum.overlap else n
    starts = np.arange(-(-length // step)) * step
    beyond = max(int(starts[-1]) + n - length, 0)
    ends = np.array([0, 0, 0, 0, 0, beyond])
    padded = graph.do("Pad", level.centred, ends, 0.0)
    squares = spectra_in(graph, padded, starts=starts, used=n, fft_length=n)
    power = graph.do("Div", graph.largest(squares, [2]), n)  # (n, axes, bins)
    shape = moments_in(graph, power, n // 2 + 1)
    kept = graph.do("Gather", power, np.arange(spectrum.first_bin, spectrum.last_bin + 1), axis=2)
    if spectrum.log:
        positive = graph.do("Greater", kept, 0.0)
        kept = graph.do("Div", graph.add("Log", graph.do("Where", positive, kept, POWER_FLOOR)), np.log(10))
    parts = [level.stdev, level.skewness, level.kurtosis, shape.skewness, shape.kurtosis, kept]
    width = 5 + spectrum.last_bin - spectrum.first_bin + 1
    return graph.reshaped(graph.add("Concat", *parts, axis=2), [-1, axes * width]), level.centred
