"""Host step: the maps of a node over its test images, held against their masks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.plan import INDEX, READ
from edgewright.planner.tasks import FromTask, HostTask, StepInputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner
    from edgewright_specs.interface import Split

VERSION = 1


def pixel_task(node: Node, planner: Planner, split: Split = "test") -> HostTask:
    """The step ``<node>/pixels``: writes ``pixels.json``, by what each image's map is worth beside its mask.

    Of a region the maps are those of the node that it is of, and only pixels within it count.
    """
    of, region = (
        (node.id, {}) if node.region is None else (node.region.of, {"region": dict(node.region.shape)})
    )
    scored = [
        FromTask(f"{of}/score/{split}-{number}", "map")
        for number in range(len(planner.samples.chunks(split)))
    ]
    return HostTask(
        id=f"{node.id}/pixels", node=node.id, operation="pixels", step=_pixels, version=VERSION,
        settings={"split": split, "rows": list(planner.samples.splits[split]), "maps": [source.task for source in scored], **region},
        reads=(FromTask(READ, "masks"), FromTask(INDEX, "index"), FromTask(INDEX, "samples"), *scored),
    )  # fmt: skip


def _pixels(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring import pixel_metrics, region_cells

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    owners = load_array(inputs[INDEX, "index"])["sample"][slice(*settings["rows"])]
    masks = load_array(inputs[READ, "masks"], mapped=True)
    maps = [load_array(inputs[task, "map"], mapped=True) for task in settings["maps"]]
    # An abnormal image without a mask has defects, and nobody knows where.
    known = [
        row for row, sample in enumerate(owners.tolist())
        if samples[sample]["mask"] is not None or samples[sample]["normal"] is True
    ]  # fmt: skip
    places = [samples[sample]["mask"] for sample in owners.tolist()]
    inside = None
    if "region" in settings:
        inside = np.zeros(masks.shape[1:], bool)
        inside.flat[region_cells({**settings["region"], "min_cells": 0}, *masks.shape[1:])] = True
    found = pixel_metrics(
        _Each(known, _Maps(maps, masks.shape[1:])),
        _Each(known, lambda row: _mask(masks, places[row])),
        inside=inside,
    )
    document: dict[str, Any] = {
        "split": settings["split"], "images": len(known), "without_mask": len(owners) - len(known), "auroc": None, "aupro": [],
    }  # fmt: skip
    if found is not None:
        document |= {
            "auroc": found.auroc,
            "aupro": [{"limit": limit, "value": value} for limit, value in found.aupro.items()],
            "regions": found.regions, "defective": found.defective, "good": found.good,
        }  # fmt: skip
    (out / "pixels.json").write_text(json.dumps(document), encoding="utf-8")
    return {"pixels": "pixels.json"}


class _Each:
    """Images made one at a time, as often as they are gone through."""

    def __init__(self, rows: Sequence[int], of: Any) -> None:
        self._rows, self._of = rows, of

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self._of(row) for row in self._rows)


class _Maps:
    """Maps brought from cells to the size of the masks, by row."""

    def __init__(self, chunks: Sequence[NDArray[np.float32]], size: tuple[int, ...]) -> None:
        self._chunks, self._size = chunks, size

    def __call__(self, row: int) -> NDArray[np.float32]:
        from edgewright.scoring.enlarging import enlarged

        for chunk in self._chunks:
            if row < len(chunk):
                return enlarged(chunk[row], self._size[0], self._size[1])
            row -= len(chunk)
        raise IndexError(row)


def _mask(masks: NDArray[np.bool_], place: int | None) -> NDArray[np.bool_]:
    import numpy as np

    return np.zeros(masks.shape[1:], bool) if place is None else np.asarray(masks[place])
