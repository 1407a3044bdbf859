"""Pictures as a page holds them: text that an ``<img>`` shows."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright.running.run import Run

#: Pictures up to this side are kept without loss; larger ones as JPEG, which is what keeps a page small.
_EXACT = 48
_OUTLINE = (255, 214, 0, 255)
_CONTEXT = 6  # cells a side of a patch, at least
_PATCH = 128  # pixels a side of it, at most


def encoded(pixels: NDArray[np.uint8]) -> str:
    """A picture ``(h, w, c)`` in its own size."""
    from PIL import Image

    image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    file = BytesIO()
    kind = "png" if max(pixels.shape[:2]) <= _EXACT else "jpeg"
    image.save(file, kind.upper(), **({} if kind == "png" else {"quality": 85}))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def outline(mask: NDArray[np.bool_], size: tuple[int, ...]) -> str:
    """The border of a mask as a picture of the same size as its image's, transparent elsewhere."""
    from PIL import Image

    from edgewright.data.masks import resize_mask

    small = np.pad(resize_mask(np.asarray(mask), width=size[1], height=size[0], fit="squash"), 1)
    inside = small[1:-1, 1:-1] & small[:-2, 1:-1] & small[2:, 1:-1] & small[1:-1, :-2] & small[1:-1, 2:]
    drawn = np.zeros((*size[:2], 4), np.uint8)
    drawn[small[1:-1, 1:-1] & ~inside] = _OUTLINE
    file = BytesIO()
    Image.fromarray(drawn).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def compared(
    run: Run, row: int, cells: NDArray[np.float32], nearest: NDArray[np.int32]
) -> dict[str, object] | None:
    """The worst place of one window beside the place of a normal one that it was compared with.

    Parameters
    ----------
    row : int
        Of the window, in the run's index.
    cells : np.ndarray [shape=(rows, columns)]
        Its map.
    nearest : np.ndarray [shape=(3,)]
        From :meth:`Run.nearest`.

    Returns
    -------
    dict or None
        ``name`` and ``file`` of the normal one; ``here`` and ``there``, each a ``picture`` and the ``box`` of the cell in it
        (left, top, width, height as shares). None where it names nothing that there is.
    """
    known, place = int(nearest[0]), (int(nearest[1]), int(nearest[2]))
    if known < 0 or not all(0 <= at < count for at, count in zip(place, cells.shape, strict=True)):
        return None
    sample = run.samples[int(run.index["sample"][known])]
    worst = np.unravel_index(int(cells.argmax()), cells.shape)
    return {
        "name": str(sample["name"]),
        "file": str(sample["file"] or ""),
        "here": _patch(run.window(row), (int(worst[0]), int(worst[1])), cells.shape),
        "there": _patch(run.window(known), place, cells.shape),
    }


def _patch(pixels: NDArray[np.uint8], place: tuple[int, int], grid: tuple[int, ...]) -> dict[str, object]:
    """A cell with what is around it: a square, of which as much lies within the image as can."""
    from edgewright.report.sampling import picture_of_size

    sides = pixels.shape[:2]
    cell = [whole / count for whole, count in zip(sides, grid, strict=True)]
    side = min(round(max(_CONTEXT * max(cell), min(sides) / 4)), *sides)
    top, left = (
        min(max(round((at + 0.5) * one - side / 2), 0), whole - side)
        for at, one, whole in zip(place, cell, sides, strict=True)
    )
    box = [place[1] * cell[1] - left, place[0] * cell[0] - top, cell[1], cell[0]]
    cut = picture_of_size(pixels[top : top + side, left : left + side], _PATCH)
    return {"picture": encoded(cut), "box": [round(value / side, 4) for value in box]}
