"""Population statistics of signals, one rule for what is constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Statistics of each signal, all of shape ``(...,)``."""

    mean: Float64
    minimum: Float64
    maximum: Float64
    rms: Float64
    stdev: Float64
    skewness: Float64
    kurtosis: Float64
    constant: NDArray[np.bool_]


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
    A signal whose largest value equals its smallest is constant: its standard deviation, skewness and kurtosis are
    exactly 0, where the textbook formulas give rounding noise or 0/0.
    """
    x = np.ascontiguousarray(signals, dtype=np.float64)
    minimum, maximum = x.min(axis=-1), x.max(axis=-1)
    constant: NDArray[np.bool_] = minimum == maximum
    mean = np.where(constant, minimum, x.mean(axis=-1))
    centred = x - mean[..., None]
    squared = centred * centred
    variance = squared.mean(axis=-1)
    divisor = np.where(variance > 0, variance, 1.0)
    skewness = (squared * centred).mean(axis=-1) / (divisor * np.sqrt(divisor))
    kurtosis = (squared * squared).mean(axis=-1) / (divisor * divisor) - 3.0
    flat = constant | ~(variance > 0)
    return Moments(
        mean=mean,
        minimum=minimum,
        maximum=maximum,
        rms=np.sqrt((x * x).mean(axis=-1)),
        stdev=np.where(flat, 0.0, np.sqrt(variance)),
        skewness=np.where(flat, 0.0, skewness),
        kurtosis=np.where(flat, 0.0, kurtosis),
        constant=constant,
    )
