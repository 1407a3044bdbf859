"""Tasks that make features of windows, and that look at features: by their rank, or on a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.planner.plan import INDEX, READ
from edgewright.planner.tasks import BlockTask, CodeRows, FeatureRows, Part, Rows, Source, Task, WindowRows
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from edgewright.planner.nodes import Node
    from edgewright.planner.plan import Planner
    from edgewright_specs.interface import Split


def feature_tasks(
    planner: Planner, *, nodes: Container[str] | None = None, splits: Sequence[Split] = SPLITS
) -> list[Task]:
    """Tasks that turn every window into features, chunk by chunk; only some ``nodes`` or ``splits`` where named."""
    tasks: list[Task] = []
    for node in planner.processing.values():
        if nodes is not None and node.id not in nodes:
            continue
        columns = planner.columns(node)
        width = planner.description(node.id)["features"]
        for split in splits:
            for number, (first, last) in enumerate(planner.samples.chunks(split)):
                rows = WindowRows(READ, INDEX, first, last, planner.samples.length, columns)
                tasks.append(
                    planner.task(
                        node, "transform", {"windows": rows}, window=planner.window(node), columns=width,
                        name=f"{split}-{number}",
                    )
                )  # fmt: skip
    return tasks


def windows_drawn(planner: Planner) -> list[Task]:
    """Tasks by which each processing node that can draws what it does with one window, the middle one of training."""
    first, last = planner.samples.splits["training"]
    row, length = (first + last) // 2, planner.samples.length
    return [
        planner.task(
            node, "plot", {"windows": WindowRows(READ, INDEX, row, row + 1, length, planner.columns(node))},
            window=planner.window(node),
        )
        for node in planner.processing.values()
        if node.can("plot")
    ]  # fmt: skip


def rank_by_targets(node: Node, planner: Planner, rows: Rows, classes: tuple[str, ...]) -> BlockTask:
    """Rank the features of a node's inputs over some training windows, by the targets beside these rows."""
    features = FeatureRows(planner.parts(node, ["training"]), rows)
    inputs: dict[str, Source] = {"features": features, "targets": CodeRows("targets", rows)}
    return planner.task(node, "fit", inputs, name="importance", classes=classes)


def lay_out(node: Node, planner: Planner, parts: tuple[Part, ...], name: str) -> BlockTask:
    """Lay out windows by some features, for whoever wants to see them."""
    return planner.task(node, "fit", {"features": FeatureRows(parts)}, name=name)
