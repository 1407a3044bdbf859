"""Bring a recording to one rate."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright.data.readers.base import Signal

#: Rates this close are one rate: crystals are no better, and resampling would cost more than it corrects.
SAME_RATE = 0.005
_LARGEST_FACTOR = 1000


def same_rate(a: float, b: float) -> bool:
    """Whether two rates differ by no more than :data:`SAME_RATE`, relatively."""
    return abs(a - b) <= SAME_RATE * max(a, b)


def resample(values: Signal, frequency: float, target: float) -> Signal:
    """Change the rate of a steady recording.

    Parameters
    ----------
    values : np.ndarray [shape=(length, axes), dtype=float32]
    frequency, target : number > 0
        Hz. Their ratio is taken as a fraction with terms up to 1000.

    Returns
    -------
    np.ndarray [shape=(ceil(length * target / frequency), axes), dtype=float32]

    Notes
    -----
    Polyphase filtering with scipy's Kaiser window (``resample_poly``), so that rates are lowered without aliasing. Ends
    are continued by a straight line through them, since zeros there would put a step into every recording.
    """
    if same_rate(frequency, target) or len(values) < 2:
        return values
    ratio = Fraction(target / frequency).limit_denominator(_LARGEST_FACTOR)
    if ratio.numerator == 0 or max(ratio.numerator, ratio.denominator) > _LARGEST_FACTOR:
        return interpolate(values, np.arange(len(values)) / frequency, target)
    from scipy.signal import resample_poly

    changed = resample_poly(values, ratio.numerator, ratio.denominator, axis=0, padtype="line")
    return np.ascontiguousarray(changed, dtype=np.float32)


def interpolate(values: Signal, times: NDArray[np.float64], target: float) -> Signal:
    """Put an irregular recording on a steady grid by straight lines between neighbours.

    Parameters
    ----------
    values : np.ndarray [shape=(length, axes), dtype=float32]
    times : np.ndarray [shape=(length,), dtype=float64]
        Seconds, ascending, the first 0.
    target : number > 0
        Hz.
    """
    count = int(np.floor(times[-1] * target + 1e-6)) + 1
    grid = np.arange(count) / target
    out = np.empty((count, values.shape[1]), dtype=np.float32)
    for axis in range(values.shape[1]):
        out[:, axis] = np.interp(grid, times, values[:, axis])
    return out
