"""Plan an impulse: what each node is given, and the task that asks its block.

Planning is staged, since each stage is shaped by what the one before found: how many windows there are (``read``,
``index``), what the nodes return (``describing.py``; before a learning node's the features that the run chooses for it), then everything else at once
(``features.py``, ``models.py``, ``packages.py``). The stages are ordinary keyed tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.errors import PlanError
from edgewright.planner.tasks import BlockTask, FeatureRows, FromTask, Part, Rows, Source, WindowRows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgewright.planner.nodes import Node
    from edgewright.planner.samples import Samples
    from edgewright_specs.impulse import ImpulseSpec
    from edgewright_specs.interface import Split, WindowSpec

READ = "data/read"
INDEX = "data/index"
LEAKAGE = "data/leakage"


class Planner:
    """The nodes of one impulse beside its data: what the tasks of every stage are made of.

    Parameters
    ----------
    impulse : ImpulseSpec
    processing, learning : sequences of Node
    samples : Samples
        From the ``read`` and ``index`` steps.
    description : callable
        ``node id -> description.json`` of a node that has been described.
    """

    def __init__(
        self,
        impulse: ImpulseSpec,
        processing: Sequence[Node],
        learning: Sequence[Node],
        samples: Samples,
        description: Callable[[str], Mapping[str, Any]],
    ) -> None:
        self.impulse = impulse
        self.processing = {node.id: node for node in processing}
        self.learning = {node.id: node for node in learning}
        self.samples = samples
        self.description = description

    def classes(self, node: Node) -> tuple[str, ...]:
        """Labels that a node learns, in the order of its targets; none where it doesn't learn labels."""
        if node.training != "labelled":
            return ()
        return tuple(label for label in self.samples.labels if node.labels is None or label in node.labels)

    def columns(self, node: Node) -> tuple[int, ...] | None:
        """Which axes of the signal a processing node takes; None is all, in order."""
        if node.axes is None:
            return None
        axes = self.samples.window.get("axes", [])
        unknown = [axis for axis in node.axes if axis not in axes]
        if unknown:
            raise PlanError(
                f"{node.place}: node {node.id!r} chooses axes {unknown}, which the data don't have",
                hint=f"axes of this impulse: {', '.join(axes)}"
                if axes
                else "images have none: leave `axes` out",
            )
        return tuple(axes.index(axis) for axis in node.axes)

    def window(self, node: Node) -> WindowSpec:
        """The window a processing node sees."""
        columns = self.columns(node)
        window = dict(self.samples.window)
        if columns is not None:
            window["axes"] = [self.samples.window["axes"][column] for column in columns]
        return window  # type: ignore[return-value]

    def transform_id(self, node: str, split: str, chunk: int) -> str:
        """Id of the task that makes one chunk of features."""
        return f"{node}/transform/{split}-{chunk}"

    def parts(self, node: Node, splits: Sequence[str] = ()) -> tuple[Part, ...]:
        """The features that a learning node reads, over the windows of ``splits`` (none: only their description)."""
        parts = []
        for name in node.inputs:
            if name not in self.processing:
                raise PlanError(
                    f"{node.place}: learning node {node.id!r} takes {name!r}, which is not a processing node",
                    hint=f"processing nodes: {', '.join(self.processing)}; add `{{id: raw, block: raw}}` to feed it windows as they are",
                )
            chunks = tuple(
                self.transform_id(name, split, number)
                for split in splits
                for number in range(len(self.samples.chunks(split)))  # type: ignore[arg-type]
            )
            parts.append(Part(name, f"{name}/describe", chunks))
        return tuple(parts)

    def input_of(self, node: Node, split: Split, rows: Rows | None = None) -> dict[str, Source]:
        """What a learning node is given of a split, under the name of its input: features, or the windows themselves."""
        if not node.reads_windows:
            return {"features": FeatureRows(self.parts(node, [split]), rows)}
        return {
            "windows": WindowRows(READ, INDEX, *self.samples.splits[split], self.samples.length, rows=rows)
        }

    def told(self, node: Node) -> dict[str, Source]:
        """What a learning node is told of its input before there is any: nothing where its window says all."""
        if not node.reads_windows:
            return {"features": FeatureRows(self.parts(node))}
        if node.inputs != ("input",):
            raise PlanError(
                f"{node.place}: learning node {node.id!r} (block {node.title!r}) reads the windows themselves, not "
                f"{', '.join(node.inputs)}",
                hint="write `input: [input]`",
            )
        return {}

    def model(self, node: Node) -> FromTask:
        """Where a learning node's model comes from."""
        return FromTask(f"{node.id}/{'fit' if node.trainer is None else 'convert'}", "model")

    def task(
        self,
        node: Node,
        operation: Any,
        inputs: Mapping[str, Any],
        *,
        window: WindowSpec | None = None,
        columns: int | None = None,
        name: str | None = None,
        classes: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
    ) -> BlockTask:
        """The task that asks a node's block for an operation: ``<node>/<operation>``, or ``…/<name>`` beside others like it."""
        doer = node.trainer if operation == "train" and node.trainer is not None else node
        if window is None and node.reads_windows:
            window = self.samples.window
        return BlockTask(
            id=f"{node.id}/{operation}" + (f"/{name}" if name else ""),
            node=node.id,
            operation=operation,
            block=doer.block,
            params=doer.params,
            inputs=inputs,
            window=window,
            classes=classes,
            seed=self.impulse.seed,
            limits=doer.limits,
            grants=doer.grants,
            columns=columns,
            required=required,
            place=node.place,
        )
