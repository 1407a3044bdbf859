"""An image with the scores of its places over it, as the report's gallery draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_BLUE, _RED = np.array([37.0, 99, 235]), np.array([225.0, 29, 36])
_SEEN = 448  # pixels a side that a small image is enlarged to, as far as whole numbers go
_BORDER = 2


def overlay(
    pixels: NDArray[np.uint8],
    cells: NDArray[np.float32],
    scale: tuple[float, float],
    threshold: float | None = None,
) -> NDArray[np.uint8]:
    """Lay the scores of cells over an image: from blue to red, stronger with the score.

    Parameters
    ----------
    pixels : np.ndarray [shape=(height, width, 1 or 3)]
    cells : np.ndarray [shape=(rows, columns)]
        NaN where nothing is looked at.
    scale : (low, high)
        Scores that are drawn palest and strongest: :meth:`edgewright.running.Run.map_scale`.
    threshold : float, optional
        Of cells: what lies above has a white border.

    Returns
    -------
    np.ndarray [shape=(height, width, 3), dtype=uint8]
        A whole number of times as large as the image, where that is small.
    """
    times = max(_SEEN // max(pixels.shape[:2]), 1)
    large = pixels.repeat(times, axis=0).repeat(times, axis=1).astype(np.float64)
    low, high = scale
    strength = np.nan_to_num(np.clip((cells - low) / max(high - low, 1e-12), 0, 1))
    down, across = (
        np.arange(size) * count // size for size, count in zip(large.shape[:2], cells.shape, strict=True)
    )
    value = strength[down][:, across][..., None]
    share = 0.8 * value**1.5
    drawn = large * (1 - share) + (_BLUE + value * (_RED - _BLUE)) * share
    if threshold is not None:
        above = np.nan_to_num(cells, nan=-np.inf) > np.float32(threshold)
        drawn[_border(above[down][:, across])] = 255
    return np.asarray(drawn + 0.5, np.uint8)


def save_overlay(path: Path, drawn: NDArray[np.uint8]) -> None:
    """Write it as PNG, whole or not at all."""
    from PIL import Image

    from edgewright.trees import replacing

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        Image.fromarray(drawn).save(unfinished, "PNG")


def _border(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of an area that are near its edge; the edge of the image is none."""
    inside = np.pad(area, _BORDER, mode="edge")
    height, width = area.shape
    kept = area.copy()
    for shift in range(2 * _BORDER + 1):
        kept &= inside[shift : shift + height, _BORDER : _BORDER + width]
        kept &= inside[_BORDER : _BORDER + height, shift : shift + width]
    return area & ~kept
