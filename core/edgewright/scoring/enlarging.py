"""Maps of cells at the size of their image: what a heat map shows, and what is compared with masks pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def enlarged(cells: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """A map between the middles of its cells, straight in both directions, and even beyond the outermost ones.

    Parameters
    ----------
    cells : np.ndarray [shape=(rows, columns)]
    height, width : int

    Returns
    -------
    np.ndarray [shape=(height, width), dtype=float32]

    Examples
    --------
    >>> enlarged(np.float32([[0, 1]]), 1, 4).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    values = np.asarray(cells, np.float32)
    for axis, length in enumerate((height, width)):
        low, share = _places(values.shape[axis], length)
        high = np.minimum(low + 1, values.shape[axis] - 1)
        share = share.reshape((-1, 1) if axis == 0 else (1, -1))
        values = np.take(values, low, axis) * (1 - share) + np.take(values, high, axis) * share
    return values


def _places(cells: int, length: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Of each pixel the cell whose middle comes before it, and how far it is on the way to the next."""
    at = np.clip((np.arange(length) + 0.5) * cells / length - 0.5, 0, cells - 1)
    low = np.floor(at).astype(np.intp)
    return low, (at - low).astype(np.float32)
