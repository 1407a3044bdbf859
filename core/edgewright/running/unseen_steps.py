"""Host steps for blocks that score their training windows as if unseen: what thresholds and exploration read of that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.models import score_tasks
from edgewright.planner.plan import INDEX, Planner
from edgewright.planner.tasks import FromTask, HostTask, Rows, StepInputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.planner.nodes import Node
    from edgewright.planner.tasks import Task

VERSION = 1


def shown_unseen(node: Node, planner: Planner) -> bool:
    """Whether exploration shows a node's training windows as if unseen: their scores, and where it explains scores, these too."""
    explained = "contributions" in planner.description(node.id)["outputs"]
    return node.scores_its_training and (not explained or "train_contributions" in node.own_outputs)


def held_out_of_fit(node: Node, planner: Planner) -> HostTask:
    """Keep the scores of normal windows that a fold holds: the others overlap with what they were scored by."""
    rows, fit = _rows(node), FromTask(f"{node.id}/fit", "train_scores")

    def step(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
        import numpy as np

        from edgewright.running.decision_steps import ABNORMAL, normality

        taught, assignment = _taught(inputs, rows)
        held = (assignment >= 0) & (normality(inputs, settings["training"]) != ABNORMAL)
        np.save(out / "held_out.npy", load_array(inputs[fit.task, fit.output])[held[taught]])
        return {"held_out": "held_out.npy"}

    return HostTask(
        id=f"{node.id}/held-out", node=node.id, operation="held-out", step=step, version=VERSION,
        settings={"training": list(planner.samples.splits["training"])},
        reads=(fit, *_selected(rows), FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
    )  # fmt: skip


def training_scores(node: Node, planner: Planner) -> list[Task]:
    """Tasks that score what was learned from, where nothing else is to be scored (``split: none``).

    A window gets its score as if unseen. Windows that no fold holds, or that were not learned from, get the model's own.
    """
    own = score_tasks(node, planner, "training", name="model")
    rows, first = _rows(node), planner.samples.splits["training"][0]
    names = [name for name in ("scores", "contributions", "map") if f"train_{name}" in node.own_outputs]
    fitted = tuple(FromTask(f"{node.id}/fit", f"train_{name}") for name in names)
    tasks: list[Task] = [*own]
    for number, (start, stop) in enumerate(planner.samples.chunks("training")):
        settings = {"rows": [start - first, stop - first], "model": own[number].id, "names": names}
        tasks.append(
            HostTask(
                id=f"{node.id}/score/training-{number}", node=node.id, operation="score", step=_merge(node, rows),
                version=VERSION, settings=settings,
                reads=(*(FromTask(own[number].id, name) for name in names), *fitted, *_selected(rows)),
            )
        )  # fmt: skip
    return tasks


def _merge(node: Node, rows: Rows) -> Any:
    def step(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
        import numpy as np

        taught, assignment = _taught(inputs, rows)
        start, stop = settings["rows"]
        within = (taught >= start) & (taught < stop) & (assignment[taught] >= 0)
        for name in settings["names"]:
            values = load_array(inputs[settings["model"], name])
            unseen = load_array(inputs[f"{node.id}/fit", f"train_{name}"], mapped=True)
            values[taught[within] - start] = unseen[within]
            np.save(out / f"{name}.npy", values)
        return {name: f"{name}.npy" for name in settings["names"]}

    return step


def _rows(node: Node) -> Rows:
    """The training windows that the node's model was fitted to."""
    rows = Rows(f"{node.id}/select")
    return replace(rows, part="learned") if node.wants_validation else rows


def _selected(rows: Rows) -> tuple[FromTask, ...]:
    return tuple(FromTask(rows.task, name) for name in rows.outputs())


def _taught(inputs: StepInputs, rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Numbers of the windows that were learned from, and the fold of every training window."""

    arrays = [load_array(inputs[rows.task, name]) for name in rows.outputs()]
    return rows.of(*arrays), arrays[0]
