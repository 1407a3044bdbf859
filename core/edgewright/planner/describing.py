"""Ask every node what it returns, and refuse what can't work together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.errors import PlanError
from edgewright.planner import regions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner
    from edgewright.planner.tasks import Task


def describe_processing(planner: Planner) -> list[Task]:
    """Tasks that say what each processing node returns."""
    for node in planner.processing.values():
        if node.inputs != ("input",):
            raise PlanError(
                f"{node.place}: processing node {node.id!r} takes {', '.join(node.inputs)}; processing nodes take windows (`input`)",
                hint="let the learning node list both, their features are concatenated",
            )
    return [
        planner.task(node, "describe", {}, window=planner.window(node))
        for node in planner.processing.values()
    ]


def describe_learning(planner: Planner) -> list[Task]:
    """Tasks that say what each learning node returns, given its features."""
    tasks: list[Task] = []
    for node in planner.learning.values():
        if node.region is not None:
            tasks.append(regions.describe(node, planner.learning[node.region.of]))
            continue
        missing = [label for label in node.labels or () if label not in planner.samples.labels]
        if node.training == "labelled" and missing:
            raise PlanError(
                f"{node.place}: node {node.id!r} trains on labels {missing}, which no training sample has",
                hint=f"labels: {', '.join(planner.samples.labels) or 'none'}",
            )
        if node.training == "labelled" and not planner.classes(node):
            raise PlanError(
                f"{node.place}: node {node.id!r} learns labels, and no training sample has one that it may learn",
                hint="put recordings into one folder a label, or name labels that there are in `train: labels`",
            )
        deploys = bool(planner.impulse.deployment) and node.no_device_code() is None
        asked = planner.task(node, "describe", planner.told(node), classes=planner.classes(node))
        tasks.append(replace(asked, deploys=deploys))
    return tasks


def choose(node: Node, planner: Planner, told: Mapping[str, Any]) -> Task:
    """The task by which a learning node's block chooses parameters, told of the device."""
    asked = planner.task(node, "describe", planner.told(node), name="choose", classes=planner.classes(node))
    return replace(asked, choosing=told)


def check_learning(planner: Planner) -> None:
    """Refuse learning nodes whose description can't be decided by.

    Raises
    ------
    PlanError
        A kind of node without the output that its decisions are made from.
    """
    for node in planner.learning.values():
        found = planner.description(node.id)
        kind, where = found["kind"], f"{node.place}: node {node.id!r} (block {node.title!r})"
        needed = "probabilities" if kind == "classification" else "scores"
        if needed not in found["outputs"]:
            raise PlanError(
                f"{where} is a {kind} block that gives no {needed}; it gives {', '.join(found['outputs']) or 'nothing'}"
            )
        if kind == "classification" and len(found.get("classes") or ()) < 2:
            raise PlanError(
                f"{where} tells classes apart, and there are only these: {', '.join(found.get('classes') or ()) or 'none'}",
                hint="it needs training samples of two labels at least",
            )
