"""The one way score arrays come in: float32, finite, one-dimensional.

Scores are compared as float32 everywhere, because that is what a device has: a decision taken here on a float64
score that lies within half a unit of the last place of the threshold could differ from the device's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from edgewright.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Scores: TypeAlias = "NDArray[np.float32]"
Truth: TypeAlias = "NDArray[np.bool_]"


def as_scores(values: ArrayLike, *, name: str = "scores") -> Scores:
    """Check scores and return them as float32.

    Parameters
    ----------
    values : array-like [shape=(n,)]
        Any real numbers, higher = more anomalous.
    name : str
        What to call them in a message.

    Raises
    ------
    DataError
        Not one-dimensional, not numbers, or with a NaN or infinity.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{name}: got {type(values).__name__} that holds other things than numbers"
        ) from error
    if array.ndim != 1:
        raise DataError(f"{name}: got shape {array.shape}, must be one-dimensional, a score a window")
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise DataError(
            f"{name}: {len(bad)} of {len(array)} aren't finite, the first at index {int(bad[0])}",
            hint="the learning block must return finite scores; look at the features of that window",
        )
    # A float64 beyond the range of float32 stays on its side of every threshold.
    limit = float(np.finfo(np.float32).max)
    return np.clip(array, -limit, limit).astype(np.float32)


def as_truth(values: ArrayLike, length: int) -> Truth:
    """Check truth flags (True = abnormal) against the number of scores.

    Raises
    ------
    DataError
        Another length, or values that aren't boolean (0 and 1 count as such).
    """
    array: NDArray[Any] = np.asarray(values)
    if array.shape != (length,):
        raise DataError(f"truth: got shape {array.shape} for {length} scores, must be ({length},)")
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise DataError("truth: must be True (abnormal) or False (normal) for each score")
    return array.astype(np.bool_)
