"""Host step: the scale on which a node's maps are drawn, in the report and on devices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.tasks import FromTask, HostTask, StepInputs
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner

VERSION = 1
MOST = 2000  # images a split that are looked at


def scale_task(node: Node, planner: Planner, folds: int) -> HostTask:
    """The step ``<node>/scale``: writes ``scale.json``, by the maps of all splits; those of training as if unseen."""
    unseen = _scored(node, planner, "training")  # where nothing better is to be had
    if "train_map" in node.own_outputs:
        unseen = [FromTask(f"{node.id}/fit", "train_map")]
    elif folds and not node.scores_its_training and not planner.samples.unlabelled:
        unseen = [FromTask(f"{node.id}/score/fold-{fold}", "map") for fold in range(folds)]
    seen = [ref for split in SPLITS if split != "training" for ref in _scored(node, planner, split)]
    return HostTask(
        id=f"{node.id}/scale", node=node.id, operation="scale", step=_scale, version=VERSION,
        settings={"unseen": [[ref.task, ref.output] for ref in unseen], "seen": [[ref.task, ref.output] for ref in seen]},
        reads=(*unseen, *seen),
    )  # fmt: skip


def _scored(node: Node, planner: Planner, split: Any) -> list[FromTask]:
    count = len(planner.samples.chunks(split))
    return [FromTask(f"{node.id}/score/{split}-{number}", "map") for number in range(count)]


def _scale(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring import map_scale

    def maps(kind: str) -> list[Any]:
        files = [load_array(inputs[task, output], mapped=True) for task, output in settings[kind]]
        files = [one for one in files if len(one)]
        return [one[:: -(-len(one) // MOST)] for one in files]

    normal = maps("unseen")
    low, high = map_scale([*normal, *maps("seen")], np.concatenate([np.ravel(one) for one in normal]))
    (out / "scale.json").write_text(json.dumps({"low": low, "high": high}), encoding="utf-8")
    return {"scale": "scale.json"}
