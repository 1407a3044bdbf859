"""What is compared across splits: rows evenly chosen from each, and those of two lots that are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_CANDIDATES: Final = 3
_BATCH_BYTES: Final = 16 << 20


def even_rows(splits: Mapping[str, Sequence[int]], most: int) -> dict[str, NDArray[np.int64]]:
    """Return rows of each split that has any: all of them, or `most`, evenly spaced."""
    rows: dict[str, NDArray[np.int64]] = {}
    for split in SPLITS:
        first, last = splits.get(split, (0, 0))
        chosen = np.unique(np.linspace(first, last - 1, min(last - first, most)).astype(np.int64))
        if len(chosen):
            rows[split] = chosen
    return rows


def alike_rows(
    left: NDArray[np.float32], right: NDArray[np.float32], least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pairs of rows of unit length whose product is at least `least`: the best few of each row of ``right``.

    Returns
    -------
    tuple of arrays
        Place in ``left``, place in ``right``, product.
    """
    none: NDArray[np.int64] = np.zeros(0, np.int64)
    if not len(left) or not len(right):
        return none, none, np.zeros(0, np.float32)
    ones, others, values = [], [], []
    count = min(_CANDIDATES, len(left))
    step = max(1, _BATCH_BYTES // (4 * len(left)))
    for start in range(0, len(right), step):
        alike: NDArray[Any] = right[start : start + step] @ left.T
        best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        value = np.take_along_axis(alike, best, axis=1)
        row, column = np.nonzero(value >= least)
        ones.append(best[row, column])
        others.append(start + row)
        values.append(value[row, column])
    return np.concatenate(ones), np.concatenate(others), np.concatenate(values)
