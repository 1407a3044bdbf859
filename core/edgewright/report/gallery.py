"""The images of the test split by score, with what the node makes of each place and where masks say the defect is."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.sampling import packed, picture_of_size, spread
from edgewright.report.scores import origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Run

MAX_IMAGES = 240
MAX_SIDE = 160
MAX_CELLS = 64 * 64
_OUTLINE = (255, 214, 0, 255)
#: Pictures up to this side are kept without loss; larger ones as JPEG, which is what keeps a page small.
_EXACT = 48


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Pictures, scores, maps and outlines of masks; None where samples are no images or nothing was decided."""
    decisions = run.decisions(node)
    recordings: Sequence[dict[str, Any]] = decisions["recordings"]
    if not run.of_images or not recordings:
        return None
    columns = decisions["windows"]
    row_of = {int(sample): row for row, sample in enumerate(columns["sample"])}
    chosen = [recordings[i] for i in _rows(recordings)]
    maps = run.maps(node, str(decisions["split"]))
    rows = [row_of[int(entry["sample"])] for entry in chosen]
    cells = None if maps is None or maps[0].size > MAX_CELLS else np.asarray(maps[rows], np.float32)
    return {
        "node": node,
        "split": str(decisions["split"]),
        **origin(run, node),
        "total": len(recordings),
        "side": [int(run.windows_info["width"]), int(run.windows_info["height"])],
        "images": [
            {**_image(run, entry), "score": columns["score"][row], "p": round(float(columns["p"][row]), 6)}
            for entry, row in zip(chosen, rows, strict=True)
        ],
        "grid": None if cells is None else list(cells.shape[1:]),
        "maps": None if cells is None else packed(cells.reshape(len(cells), -1)),
        "range": None if cells is None else _range(cells),
        "same_scale": cells is not None and _same_scale(cells, [columns["score"][row] for row in rows]),
    }


def _rows(recordings: Sequence[dict[str, Any]]) -> list[int]:
    """All of few images; of many those judged wrongly, as far as there is room, and others spread over the ranking."""
    wrong = [i for i, entry in enumerate(recordings) if entry["normal"] is entry["anomalous"]]
    kept = {wrong[i] for i in spread(len(wrong), MAX_IMAGES // 2)} if wrong else set()
    right = [i for i in range(len(recordings)) if i not in kept]
    kept |= {right[i] for i in spread(len(right), MAX_IMAGES - len(kept))} if right else set()
    return sorted(kept)


def _image(run: Run, entry: dict[str, Any]) -> dict[str, Any]:
    sample = run.samples[int(entry["sample"])]
    pixels = picture_of_size(run.signal[int(sample["offset"])], MAX_SIDE)
    mask = sample.get("mask")
    return {
        "name": str(entry["name"]),
        "label": str(entry["label"]),
        "normal": entry["normal"],
        "file": str(sample["file"] or ""),
        "picture": _encoded(pixels),
        "mask": None if mask is None or run.masks is None else _outline(run.masks[mask], pixels.shape[:2]),
    }


def _encoded(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    file = BytesIO()
    kind = "png" if max(pixels.shape[:2]) <= _EXACT else "jpeg"
    image.save(file, kind.upper(), **({} if kind == "png" else {"quality": 85}))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _outline(mask: NDArray[np.bool_], size: tuple[int, ...]) -> str:
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


def _range(cells: NDArray[np.float32]) -> list[float]:
    """Scores that are drawn palest and strongest: over all images, so that a good one looks calm."""
    low, high = np.percentile(cells, [1, 99.5])
    return [float(low), float(max(high, low + 1e-12))]


def _same_scale(cells: NDArray[np.float32], scores: Sequence[float]) -> bool:
    """Whether an image's score is its largest cell, so that the threshold is one of cells too."""
    largest = cells.reshape(len(cells), -1).max(axis=1)
    return bool(np.allclose(largest, scores, rtol=1e-3, atol=1e-6))
