"""The images of the test split by score, with what the node makes of each place and where masks say the defect is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.pictures import compared, encoded, outline
from edgewright.report.sampling import picture_of_size, rounded, spread
from edgewright.report.scores import origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Run

#: What pictures and maps of all galleries of a page may take: so much are 2000 photographs with 28 × 28 places.
MAX_BYTES = 20_000_000
#: Pixels a side, the largest at which all images fit.
SIDES = (160, 128, 96)
MAX_CELLS = 64 * 64
#: Images with the highest scores that are shown beside what they were compared with; all that are judged wrongly are.
MAX_COMPARED = 160


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Pictures, scores, maps and outlines of masks; None where samples are no images or nothing was decided."""
    decisions = run.decisions(node)
    recordings: Sequence[dict[str, Any]] = decisions["recordings"]
    if not run.of_images or not recordings:
        return None
    columns = decisions["windows"]
    row_of = {int(sample): row for row, sample in enumerate(columns["sample"])}
    split = str(decisions["split"])
    maps = run.maps(node, split)
    if maps is not None and maps[0].size > MAX_CELLS:
        maps = None
    places = 0 if maps is None else maps[0].size
    side, most = _room(run, recordings, places, MAX_BYTES // max(len(run.anomaly_nodes), 1))
    chosen = [recordings[i] for i in _rows(recordings, most)]
    rows = [row_of[int(entry["sample"])] for entry in chosen]
    cells = None if maps is None else np.array(maps[rows], np.float32)
    region = None if cells is None else _region(run, node, cells)
    images = [
        {**_image(run, entry, side), "score": columns["score"][row], "p": round(float(columns["p"][row]), 6)}
        for entry, row in zip(chosen, rows, strict=True)
    ]
    if cells is not None:
        _compare(run, node, split, chosen, rows, cells, images)
    return {
        "node": node,
        "split": split,
        **origin(run, node),
        "total": len(recordings),
        "side": [int(run.windows_info["width"]), int(run.windows_info["height"])],
        "images": images,
        "grid": None if cells is None else list(cells.shape[1:]),
        "region": region,
        "maps": None if cells is None else rounded(cells.reshape(len(cells), -1)),
        "range": None if cells is None else list(run.map_scale(node)),
        "same_scale": cells is not None and _same_scale(cells, [columns["score"][row] for row in rows]),
    }


def _room(run: Run, recordings: Sequence[dict[str, Any]], places: int, budget: int) -> tuple[int, int]:
    """The largest side at which all images fit, or the smallest and how many fit, judged by some of them."""
    tried = [recordings[i] for i in spread(len(recordings), 12)]
    each = 0.0
    for side in SIDES:
        each = sum(len(json.dumps(_image(run, entry, side))) for entry in tried) / len(tried) + 3 * places
        if each * len(recordings) <= budget:
            return side, len(recordings)
    return SIDES[-1], max(int(budget / each), 1)


def _rows(recordings: Sequence[dict[str, Any]], most: int) -> list[int]:
    """All where they fit, else those judged wrongly, as far as there is room, and others spread over the ranking."""
    wrong = [i for i, entry in enumerate(recordings) if _wrong(entry)]
    kept = {wrong[i] for i in spread(len(wrong), -(-most // 2))} if wrong else set()
    right = [i for i in range(len(recordings)) if i not in kept]
    kept |= {right[i] for i in spread(len(right), most - len(kept))} if right and most > len(kept) else set()
    return sorted(kept)


def _wrong(entry: dict[str, Any]) -> bool:
    return entry["normal"] is entry["anomalous"]


def _compare(
    run: Run, node: str, split: str, chosen: Sequence[dict[str, Any]], rows: Sequence[int],
    cells: NDArray[np.float32], images: Sequence[dict[str, Any]],
) -> None:  # fmt: skip
    """Put the nearest normal place beside the worst one of images that are worth a look, where the block names it."""
    nearest = run.nearest(node, split)
    if nearest is None:
        return
    first, _ = run.rows(split)
    for number, (entry, row) in enumerate(zip(chosen, rows, strict=True)):
        if number < MAX_COMPARED or _wrong(entry):
            images[number]["compared"] = compared(run, first + row, cells[number], nearest[row])


def _image(run: Run, entry: dict[str, Any], side: int) -> dict[str, Any]:
    sample = run.samples[int(entry["sample"])]
    pixels = picture_of_size(run.signal[int(sample["offset"])], side)
    mask = sample.get("mask")
    return {
        "name": str(entry["name"]),
        "label": str(entry["label"]),
        "normal": entry["normal"],
        "file": str(sample["file"] or ""),
        "picture": encoded(pixels),
        "mask": None if mask is None or run.masks is None else outline(run.masks[mask], pixels.shape[:2]),
    }


def _region(run: Run, node: str, cells: NDArray[np.float32]) -> dict[str, Any] | None:
    """The part of the images that a node decides by: ``cells`` in it, and its ``corners``; what lies outside goes pale."""
    if node not in run.regions or not len(cells):
        return None
    inside = np.isfinite(cells[0])
    cells[:, ~inside] = np.nanmin(cells)
    shape = run.params(node)
    left, top, width, height = shape.get("box") or [0, 0, 1, 1]
    right, bottom = min(left + width, 1), min(top + height, 1)
    box = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return {"cells": np.flatnonzero(inside).tolist(), "corners": shape.get("polygon") or box}


def _same_scale(cells: NDArray[np.float32], scores: Sequence[float]) -> bool:
    """Whether an image's score is that of one of its cells, so that the threshold is one of cells too."""
    each = cells.reshape(len(cells), -1)
    return bool(np.isclose(each, np.asarray(scores)[:, None], rtol=1e-3, atol=1e-6).any(axis=1).all())
