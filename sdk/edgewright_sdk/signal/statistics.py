"""Population statistics of signals, one rule for what is constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Statistics of each signal, all of shape ``(...,)``; ``centred`` is the signals without their means."""

    mean: Float64
    minimum: Float64
    maximum: Float64
    rms: Float64
    stdev: Float64
    skewness: Float64
    kurtosis: Float64
    constant: NDArray[np.bool_]
    centred: Float64


def moments(signals: NDArray[Any]) -> Moments:
    """Compute population statistics along the last axis, in float64.

    Parameters
    ----------
    signals : np.ndarray [shape=(..., length)]
        Real, finite; ``length`` ≥ 1.

    Returns
    -------
    Moments
        Standard deviation with divisor ``length``; Fisher's kurtosis (a normal distribution has 0).

    Notes
    -----
    A signal whose largest value equals its smallest is constant: its standard deviation, skewness and kurtosis, and what
    is left of it without its mean, are exactly 0, where the textbook formulas give rounding noise or 0/0.
    """
    x = np.ascontiguousarray(signals, dtype=np.float64)
    size = x.shape[-1]
    minimum, maximum = x.min(axis=-1), x.max(axis=-1)
    constant: NDArray[np.bool_] = minimum == maximum
    mean = np.where(constant, minimum, x.sum(axis=-1) / size)
    centred = x - mean[..., None]
    squared = centred * centred
    variance = _products(centred, centred) / size
    flat = constant | ~(variance > 0)
    divisor = np.where(flat, 1.0, variance)
    stdev = np.sqrt(divisor)
    skewness = _products(squared, centred) / size / (divisor * stdev)
    kurtosis = _products(squared, squared) / size / (divisor * divisor) - 3.0
    if flat.any():
        stdev, skewness, kurtosis = (np.where(flat, 0.0, values) for values in (stdev, skewness, kurtosis))
    rms = np.sqrt(_products(x, x) / size)
    return Moments(mean, minimum, maximum, rms, stdev, skewness, kurtosis, constant, centred)


def _products(left: Float64, right: Float64) -> Float64:
    """Sum of the products of two signals; without an array of the products."""
    sums: Float64 = np.asarray(np.einsum("...i,...i->...", left, right))
    return sums
