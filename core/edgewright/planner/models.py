"""Tasks that make models, score windows with them, and draw what they make of windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgewright.planner import regions
from edgewright.planner.plan import INDEX, READ
from edgewright.planner.tasks import (
    BlockTask,
    CodeRows,
    FeatureRows,
    FromTask,
    Part,
    Rows,
    Source,
    Task,
    WindowRows,
)
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner
    from edgewright_specs.interface import Split


def fit_tasks(
    node: Node, planner: Planner, *, every_window: bool, score: Sequence[Split] = SPLITS
) -> list[Task]:
    """Make a learning node's model and score splits with it; ``every_window`` when it learns from all of them."""
    tasks: list[Task] = [*regions.fit(node)] if node.region is not None else []
    if node.region is None:
        tasks += _model_tasks(node, planner, Rows(f"{node.id}/select"), every_window=every_window)
    for split in score:
        tasks += score_tasks(node, planner, split)
    if node.region is not None:
        return tasks
    if planner.description(node.id)["kind"] == "anomaly" and node.can("plot"):
        tasks.append(planner.task(node, "plot", {"model": planner.model(node)}))
    return tasks


def score_tasks(
    node: Node, planner: Planner, split: Split, *, name: str = "", model: FromTask | None = None
) -> list[Task]:
    """Score one split with the fitted model or another, chunk by chunk; the tasks are called ``name``, by default the split."""
    tasks: list[Task] = []
    for number, (first, last) in enumerate(planner.samples.chunks(split)):
        if node.region is not None:
            tasks.append(regions.score(node, f"{name or split}-{number}"))
            continue
        rows: dict[str, Source]
        if node.reads_windows:
            rows = {"windows": WindowRows(READ, INDEX, first, last, planner.samples.length)}
        else:
            chunk = tuple(
                Part(part.node, part.describe, (planner.transform_id(part.node, split, number),))
                for part in planner.parts(node)
            )
            rows = {"features": FeatureRows(chunk)}
        tasks.append(
            score_with(node, planner, model or planner.model(node), rows, f"{name or split}-{number}")
        )
    return tasks


def fold_tasks(node: Node, planner: Planner, folds: int) -> list[Task]:
    """Make a model without each fold in turn and score that fold."""
    if node.region is not None:
        return [regions.score(node, f"fold-{fold}") for fold in range(folds)]
    tasks: list[Task] = []
    for fold in range(folds):
        made = _model_tasks(node, planner, Rows(f"{node.id}/select", fold), name=f"fold-{fold}")
        held = planner.input_of(node, "training", Rows(f"{node.id}/select", fold, held=True))
        tasks += [*made, score_with(node, planner, FromTask(made[-1].id, "model"), held, f"fold-{fold}")]
    return tasks


def subset_tasks(node: Node, planner: Planner, step: str, name: str) -> list[Task]:
    """Make a model of some training windows, by the assignment of host step ``step``, and score the test split with it."""
    made = _model_tasks(node, planner, Rows(step), name=name)
    return [*made, *score_tasks(node, planner, "test", name=name, model=FromTask(made[-1].id, "model"))]


def draw_windows(node: Node, planner: Planner, rows: Rows, name: str, split: Split = "training") -> BlockTask:
    """Let a learning node draw what its model makes of some windows of a split."""
    inputs = {"model": planner.model(node), **planner.input_of(node, split, rows)}
    return planner.task(node, "plot", inputs, name=name)


def score_with(
    node: Node, planner: Planner, model: FromTask, rows: Mapping[str, Source], name: str
) -> BlockTask:
    """Score some rows with a model, in one task."""
    found = planner.description(node.id)
    return planner.task(
        node, "score", {"model": model, **rows}, name=name,
        columns=len(found.get("classes") or ()) or None, required=tuple(found["outputs"]),
    )  # fmt: skip


def _model_tasks(
    node: Node, planner: Planner, rows: Rows, *, name: str | None = None, every_window: bool = False
) -> list[BlockTask]:
    """The tasks that make a model, the last of which gives it: a fit, or a training and a conversion."""
    inputs, classes = _fitting(node, planner, rows, every_window=every_window), planner.classes(node)
    if node.trainer is None:
        return [planner.task(node, "fit", inputs, name=name, classes=classes)]
    train = planner.task(node, "train", inputs, name=name, classes=classes)
    left = {"artifacts": FromTask(train.id, "artifacts"), "features": FeatureRows(planner.parts(node))}
    return [train, planner.task(node, "convert", left, name=name, classes=classes)]


def _fitting(node: Node, planner: Planner, rows: Rows, *, every_window: bool) -> dict[str, Source]:
    """What a fit is given: the windows it learns from, and what its block wants beside them."""
    learned = replace(rows, part="learned") if node.wants_validation else rows
    whole = every_window and not node.wants_validation
    inputs = planner.input_of(node, "training", None if whole else learned)
    beside = ["targets"] if node.training == "labelled" else []
    if beside or node.trainer is not None:
        beside.append("groups")
    inputs |= {name: CodeRows(name, learned) for name in beside}
    if node.wants_folds:
        inputs["folds"] = CodeRows("assignment", learned)
    if node.wants_validation:
        validates = replace(rows, part="validates")
        (inputs["validation"],) = planner.input_of(node, "training", validates).values()
        inputs |= {f"validation_{name}": CodeRows(name, validates) for name in beside}
    return inputs
