"""Cepstra and their normalisation over time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A coefficient that varies less than this share of its mean stands still: what is left is rounding.
STILL = 1e-6
#: Equal frames differ by this share of their largest coefficient at most: a matrix product rounds its last rows otherwise.
ROUNDING = 1e-12
TINY = 1e-10


@lru_cache(maxsize=16)
def dct_matrix(count: int, kept: int) -> NDArray[np.float64]:
    """Return the orthonormal DCT-II of `count` values, its first `kept` coefficients: ``values @ dct_matrix``.

    Returns
    -------
    np.ndarray [shape=(count, kept), dtype=float64]
        Read-only.
    """
    place = (np.arange(count)[:, None] + 0.5) * np.arange(kept)
    matrix: NDArray[np.float64] = np.sqrt(2.0 / count) * np.cos(np.pi / count * place)
    matrix[:, 0] = np.sqrt(1.0 / count)
    matrix.flags.writeable = False
    return matrix


def sliding_normalise(rows: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Subtract from each row the mean of the rows around it, then divide by the deviation of the rows around it.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, frames, coefficients), dtype=float64]
    window : int
        How many rows, odd. Beyond the ends the rows are continued as in a mirror, as often as it takes.

    Returns
    -------
    np.ndarray [shape=(n, frames, coefficients), dtype=float64]
        A coefficient whose range over the frames is below 1e-6 of its mean's size, or below 1e-12 of the largest
        coefficient, is 0 throughout.
    """
    means = sliding_means(rows.shape[1], window)
    low, high = rows.min(axis=1), rows.max(axis=1)
    extent, size = high - low, np.abs(rows.sum(axis=1)) / rows.shape[1]
    largest = np.maximum(high, -low).max(axis=1, keepdims=True)
    still = (extent == 0) | (extent < STILL * size) | (extent < ROUNDING * largest)
    normalised = rows - means @ rows
    deviation = means @ np.square(normalised)
    deviation -= np.square(means @ normalised)
    np.sqrt(np.maximum(deviation, 0.0, out=deviation), out=deviation)
    deviation += TINY
    normalised /= deviation
    if still.any():
        normalised *= ~still[:, None, :]
    return normalised


@lru_cache(maxsize=16)
def sliding_means(count: int, window: int) -> NDArray[np.float64]:
    """Return the matrix that takes `count` rows to the means of `window` rows around each, mirrored at the ends.

    Returns
    -------
    np.ndarray [shape=(count, count), dtype=float64]
        Read-only; each row sums to 1.
    """
    mirrored = np.pad(np.arange(count), (window - 1) // 2, mode="symmetric")
    matrix = np.zeros((count, count))
    for row in range(count):
        matrix[row] = np.bincount(mirrored[row : row + window], minlength=count)
    matrix /= window
    matrix.flags.writeable = False
    return matrix
