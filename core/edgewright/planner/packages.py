"""Tasks that turn nodes into device code, and an assembled impulse into packages that are verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.planner import regions
from edgewright.planner.models import score_with
from edgewright.planner.tasks import BlockTask, FeatureRows, FromTask, Part, Source, Task

if TYPE_CHECKING:
    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner


def export_tasks(planner: Planner) -> list[Task]:
    """Tasks by which every node that can becomes device code and tables."""
    tasks: list[Task] = [
        planner.task(node, "export", {}, window={**planner.window(node), "stride": planner.samples.stride})
        for node in planner.processing.values()
        if node.no_device_code() is None
    ]
    for node in planner.learning.values():
        if node.region is not None:
            if planner.learning[node.region.of].no_device_code() is None:
                tasks.append(regions.export(node))
        elif node.no_device_code() is None:
            tasks.append(planner.task(node, "export", {"model": planner.model(node), **planner.told(node)}))
    return tasks


def self_test_tasks(planner: Planner, mode: str, task: str) -> list[Task]:
    """Features and scores of the self-test's windows, which host step ``task`` made one array a node of."""
    tasks: list[Task] = []
    for node in planner.processing.values():
        windows = {"windows": FromTask(task, f"windows-{node.id}")}
        width = planner.description(node.id)["features"]
        tasks.append(
            planner.task(
                node,
                "transform",
                windows,
                window=planner.window(node),
                columns=width,
                name=f"selftest-{mode}",
            )
        )
    for node in planner.learning.values():
        if node.region is not None:
            tasks.append(regions.score(node, f"selftest-{mode}"))
            continue
        rows: dict[str, Source] = {"windows": FromTask(task, "windows")}
        if not node.reads_windows:
            parts = tuple(
                Part(part.node, part.describe, (f"{part.node}/transform/selftest-{mode}",))
                for part in planner.parts(node)
            )
            rows = {"features": FeatureRows(parts)}
        tasks.append(score_with(node, planner, planner.model(node), rows, f"selftest-{mode}"))
    return tasks


def build_tasks(node: Node, planner: Planner, assembly: str, library: Node | None = None) -> list[Task]:
    """Tasks by which a deployment block turns an assembled impulse into a package, with a ``library`` that another makes."""
    inputs = {"impulse": FromTask(assembly, "impulse")}
    if library is None:
        return [planner.task(node, "build", inputs)]
    made = planner.task(library, "build", inputs)
    return [made, planner.task(node, "build", {**inputs, "library": FromTask(made.id, "package")})]


def verify_task(node: Node, planner: Planner) -> BlockTask:
    """The task that compiles and runs a package's self-test."""
    return planner.task(node, "verify", {"package": FromTask(f"{node.id}/build", "package")})


def parity_task(node: Node, planner: Planner) -> BlockTask:
    """The task that runs a package's self-test on every engine it can find."""
    return planner.task(node, "parity", {"package": FromTask(f"{node.id}/build", "package")})
