"""Standardised features: ``z = (x − mean) / scale``. Learning blocks that compare features share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How far a standardised feature counts, as in ``runtime/src/standardise.cpp``: squares and sums stay finite in float32.
FARTHEST: Final = 1e15
#: A feature that varies by less than this share of its size holds rounding noise, not information.
_CONSTANT = 1e-6
_SMALLEST_SPREAD = 1e-30
#: `standardisation` of an export whose tables have these names.
TABLES = {"selected": "selected", "mean": "mean", "scale": "scale"}
_AT_ONCE = 1 << 21  # float64 values held at a time: 16 MiB


def standardisation(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Learn how to standardise features, in float32 so that a device computes with the very same numbers.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Finite; ``n`` ≥ 1.

    Returns
    -------
    mean, scale : np.ndarray [shape=(k,), dtype=float32]
        Mean and population standard deviation. A constant feature gets scale 1: it counts in its own units.
    """
    low, high = _limits(values)
    mean, deviation = np.empty(len(low)), np.empty(len(low))
    step = max(_AT_ONCE // len(values), 1)
    for start in range(0, len(low), step):
        columns = slice(start, start + step)
        wide = values[:, columns].astype(np.float64)
        mean[columns], deviation[columns] = wide.mean(axis=0), wide.std(axis=0)
    centre, scale = np.where(low == high, low, mean), np.where(constant_columns(values), 1.0, deviation)
    return centre.astype(np.float32), scale.astype(np.float32)


def constant_columns(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which features hold rounding noise only.

    Examples
    --------
    >>> constant_columns(np.float32([[1.0, 2.0], [1.0, 2.1]])).tolist()
    [True, False]
    """
    low, high = _limits(values)
    size = np.maximum(np.abs(low), np.abs(high))
    constant: NDArray[np.bool_] = high - low <= np.maximum(_CONSTANT * size, _SMALLEST_SPREAD)
    return constant


def _limits(values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return values.min(axis=0).astype(np.float64), values.max(axis=0).astype(np.float64)


def standardise(
    values: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return ``(x − mean) / scale`` in float64.

    Examples
    --------
    >>> standardise(np.float32([[3.0]]), np.float32([1.0]), np.float32([4.0])).item()
    0.5
    """
    return (values.astype(np.float64) - mean) / scale.astype(np.float64)


def standardise_bounded(
    values: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Standardise, no further than ``FARTHEST`` from the mean: what a device computes with."""
    z: NDArray[np.float64] = np.clip(standardise(values, mean, scale), -FARTHEST, FARTHEST)
    return z
