"""Parts of an image by themselves: which cells of a map lie in a region, and the score that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def region_cells(region: Mapping[str, Any], rows: int, columns: int) -> NDArray[np.int32]:
    """Number the cells of a map, row by row, whose middle lies in a region.

    Parameters
    ----------
    region : mapping
        ``box`` (left, top, width, height) or ``polygon`` (corners), in shares of width and height; neither is the whole
        image. ``min_cells``.

    Raises
    ------
    PlanError
        It has fewer cells than ``min_cells``.

    Examples
    --------
    >>> region_cells({"box": [0.5, 0, 0.5, 0.5], "min_cells": 1}, 4, 4).tolist()
    [2, 3, 6, 7]
    """
    x = np.broadcast_to((np.arange(columns) + 0.5) / columns, (rows, columns))
    y = np.broadcast_to(((np.arange(rows) + 0.5) / rows)[:, None], (rows, columns))
    if region.get("box") is not None:
        left, top, width, height = region["box"]
        inside = (x >= left) & (x < left + width) & (y >= top) & (y < top + height)
    elif region.get("polygon") is not None:
        inside = _within(region["polygon"], x, y)
    else:
        inside = np.ones((rows, columns), bool)
    cells = np.flatnonzero(inside).astype(np.int32)
    if len(cells) < region["min_cells"]:
        raise PlanError(
            f"the region holds the middle of {len(cells)} of the map's {columns} x {rows} cells, and wants {region['min_cells']} of them above its threshold",
            hint=f"make it larger (a cell is {1 / max(columns, 1):.3g} wide and {1 / max(rows, 1):.3g} high), or min_cells smaller",
        )
    return cells


def region_scores(maps: NDArray[np.float32], region: Mapping[str, Any]) -> NDArray[np.float32]:
    """Score of each map ``(n, rows, columns)`` in a region: the ``min_cells``-th largest of the cells in it.

    So many cells are above a threshold exactly where this score is.
    """
    cells = region_cells(region, *maps.shape[1:])
    return nth_largest(maps.reshape(len(maps), -1)[:, cells], region["min_cells"])


def region_maps(maps: NDArray[np.float32], region: Mapping[str, Any]) -> NDArray[np.float32]:
    """The maps with NaN outside of a region."""
    seen = np.full(maps.shape, np.nan, np.float32)
    cells = region_cells(region, *maps.shape[1:])
    seen.reshape(len(maps), -1)[:, cells] = maps.reshape(len(maps), -1)[:, cells]
    return seen


def region_samples(
    samples: Sequence[Mapping[str, Any]], masks: NDArray[np.bool_], region: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Samples as a region is to be judged by: an abnormal one is normal there whose mask lies outside of it.

    Parameters
    ----------
    samples : sequence of mapping
        ``samples.json``; those without a mask stay as they are.
    masks : np.ndarray [shape=(masks, height, width)]
    """
    inside = region_cells({**region, "min_cells": 0}, *masks.shape[1:])
    judged = []
    for sample in samples:
        mask = sample.get("mask") if sample["normal"] is False else None
        elsewhere = mask is not None and not np.ravel(masks[mask])[inside].any()
        judged.append({**sample, "normal": True} if elsewhere else dict(sample))
    return judged


def nth_largest(values: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """The n-th largest of each row; 1 is the largest."""
    return np.asarray(np.partition(values, -n, axis=1)[:, -n])


def _within(corners: Any, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether places lie in a polygon: a line to the right crosses its sides an odd number of times."""
    inside = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y0 == y1:
            continue
        crossing = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        inside ^= ((y0 > y) != (y1 > y)) & (x < crossing)
    return inside
