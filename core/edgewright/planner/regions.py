"""Nodes of regions: what a block's tasks are to any other node, host steps over the maps of the node that has them.

Their ids and outputs are those of a block's tasks, so thresholds, decisions, new data and packages need to know nothing of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.errors import PlanError
from edgewright.planner.tasks import FromTask, HostTask, StepInputs
from edgewright_specs.interface import CONTRACT_VERSION, EXPORT_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.planner.nodes import Node, Region

VERSION = 1
#: The runtime's function that is such a node on a device, and its module.
SYMBOL, MODULE = "ew_region", "region"


def region_of(node: Node) -> Region:
    """The region of a node that has one."""
    assert node.region is not None
    return node.region


def describe(node: Node, of: Node) -> HostTask:
    """``<node>/describe``: an anomaly score, where node `of` gives maps. Raises PlanError where these can't be held out."""
    region, own = region_of(node), of.own_outputs
    if "train_scores" in own and "train_map" not in own:
        raise PlanError(
            f"{node.place}: block {node.title!r} gives `train_scores` without `train_map`, so nothing is known of its maps of unseen images",
            hint="let its fit return train_map too, or leave `train_scores` out of its parameters.json",
        )
    return _step(
        node, "describe", _describe, {"of": region.of}, FromTask(f"{region.of}/describe", "description")
    )


def fit(node: Node) -> list[HostTask]:
    """``<node>/fit``: scores of training images as if unseen; nothing where the block doesn't give their maps."""
    source = FromTask(f"{region_of(node).of}/fit", "train_map")
    return [_scores(node, "fit", source, "train_scores")] if node.scores_its_training else []


def score(node: Node, name: str) -> HostTask:
    """``<node>/score/<name>``, by the maps of the other node's task of that name."""
    return _scores(node, f"score/{name}", FromTask(f"{region_of(node).of}/score/{name}", "map"), "scores")


def export(node: Node) -> HostTask:
    """``<node>/export``: device code that is all in the runtime, and the numbers of the region's cells."""
    region = region_of(node)
    settings = {"of": region.of, "region": dict(region.shape)}
    return _step(node, "export", _export, settings, FromTask(f"{region.of}/export", "export"))


def _scores(node: Node, task: str, source: FromTask, output: str) -> HostTask:
    settings = {
        "region": dict(region_of(node).shape),
        "task": source.task,
        "maps": source.output,
        "output": output,
    }
    return _step(node, task, _score, settings, source)


def _step(node: Node, task: str, step: Any, settings: dict[str, Any], source: FromTask) -> HostTask:
    return HostTask(
        id=f"{node.id}/{task}", node=node.id, operation=task.partition("/")[0], step=step, version=VERSION,
        settings=settings, reads=(source,), place=node.place,
    )  # fmt: skip


def _describe(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    of = settings["of"]
    given = json.loads(inputs[f"{of}/describe", "description"].read_text(encoding="utf-8"))
    if given["kind"] != "anomaly" or "map" not in given["outputs"]:
        raise PlanError(
            f"node {of!r} has regions, and gives no map of anomaly scores; it gives {', '.join(given['outputs']) or 'nothing'}",
            hint="regions are for blocks that say where in an image, such as visual_anomaly",
        )
    document = {
        "kind": "anomaly",
        "outputs": ["scores"],
        "contributions": [],
        "classes": [],
        "bounded_in_sample": False,
    }
    (out / "description.json").write_text(json.dumps(document), encoding="utf-8")
    return {"description": "description.json"}


def _score(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring import region_scores

    maps = load_array(inputs[settings["task"], settings["maps"]], mapped=True)
    scores = region_scores(maps, settings["region"]) if len(maps) else np.zeros(0, np.float32)
    output = settings["output"]
    np.save(out / f"{output}.npy", scores)
    return {output: f"{output}.npy"}


def _export(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring import region_cells

    of, region = settings["of"], settings["region"]
    made = json.loads((inputs[f"{of}/export", "export"] / EXPORT_FILE).read_text(encoding="utf-8"))
    grid = next((output["shape"] for output in made["outputs"] if output["name"] == "map"), None)
    if grid is None or len(grid) != 2:
        raise PlanError(f"node {of!r} has regions, and its device code gives no map")
    cells = region_cells(region, *grid)
    document = {
        "contract": CONTRACT_VERSION, "symbol": SYMBOL, "header": f"{MODULE}.h", "sources": [], "modules": [MODULE],
        "tables": [
            {"name": "places", "dtype": "int32", "value": grid[0] * grid[1]},
            {"name": "count", "dtype": "int32", "value": len(cells)},
            {"name": "cells", "dtype": "int32", "shape": [len(cells)], "file": "cells.npy"},
            {"name": "min_cells", "dtype": "int32", "value": region["min_cells"]},
        ],
        "inputs": [{"dtype": "float32", "shape": grid}],
        "outputs": [{"name": "scores", "dtype": "float32", "shape": [1]}],
        "tolerance": made.get("tolerance", {"absolute": 1e-4, "relative": 1e-4}),
    }  # fmt: skip
    folder = out / "export"
    folder.mkdir()
    np.save(folder / "cells.npy", cells)
    (folder / f"{MODULE}.h").write_text(
        f'// SPDX-License-Identifier: 0BSD\n#pragma once\n#include "edgewright/{MODULE}.h"\n',
        encoding="utf-8",
    )
    (folder / EXPORT_FILE).write_text(json.dumps(document, indent=1), encoding="utf-8")
    return {"export": "export"}
