"""Plan an impulse: nodes become tasks, level by level.

Planning is staged, since each stage is shaped by what the one before found: how many windows there are (``read``,
``index``), what the nodes return (``describe``; before a learning node's the features that the run chooses for it), then everything else at once. The stages are ordinary keyed tasks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.errors import PlanError
from edgewright.planner import regions
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
    from collections.abc import Callable, Container, Mapping, Sequence

    from edgewright.planner.nodes import Node
    from edgewright.planner.samples import Samples
    from edgewright_specs.impulse import ImpulseSpec
    from edgewright_specs.interface import Split, WindowSpec

READ = "data/read"
INDEX = "data/index"
LEAKAGE = "data/leakage"


class Planner:
    """Builds the tasks of one impulse.

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

    # -- windows and features -------------------------------------------------------------------------------------

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

    def _told(self, node: Node) -> dict[str, Source]:
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

    # -- stages -----------------------------------------------------------------------------------------------------

    def describe_processing(self) -> list[Task]:
        """Tasks that say what each processing node returns."""
        for node in self.processing.values():
            if node.inputs != ("input",):
                raise PlanError(
                    f"{node.place}: processing node {node.id!r} takes {', '.join(node.inputs)}; processing nodes take windows (`input`)",
                    hint="let the learning node list both, their features are concatenated",
                )
        return [
            self._block(node, "describe", {}, window=self.window(node)) for node in self.processing.values()
        ]

    def describe_learning(self) -> list[Task]:
        """Tasks that say what each learning node returns, given its features."""
        tasks: list[Task] = []
        for node in self.learning.values():
            if node.region is not None:
                tasks.append(regions.describe(node, self.learning[node.region.of]))
                continue
            missing = [label for label in node.labels or () if label not in self.samples.labels]
            if node.training == "labelled" and missing:
                raise PlanError(
                    f"{node.place}: node {node.id!r} trains on labels {missing}, which no training sample has",
                    hint=f"labels: {', '.join(self.samples.labels) or 'none'}",
                )
            if node.training == "labelled" and not self.classes(node):
                raise PlanError(
                    f"{node.place}: node {node.id!r} learns labels, and no training sample has one that it may learn",
                    hint="put recordings into one folder a label, or name labels that there are in `train: labels`",
                )
            deploys = bool(self.impulse.deployment) and node.no_device_code() is None
            asked = self._block(node, "describe", self._told(node), classes=self.classes(node))
            tasks.append(replace(asked, deploys=deploys))
        return tasks

    def choose(self, node: Node, told: Mapping[str, Any]) -> Task:
        """The task by which a learning node's block chooses parameters, told of the device."""
        asked = self._block(node, "describe", self._told(node), name="choose", classes=self.classes(node))
        return replace(asked, choosing=told)

    def check_learning(self) -> None:
        """Refuse learning nodes whose description can't be decided by.

        Raises
        ------
        PlanError
            A kind of node without the output that its decisions are made from.
        """
        for node in self.learning.values():
            found = self.description(node.id)
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

    def features(
        self, *, nodes: Container[str] | None = None, splits: Sequence[Split] = SPLITS
    ) -> list[Task]:
        """Tasks that turn every window into features, chunk by chunk; only some ``nodes`` or ``splits`` where named."""
        tasks: list[Task] = []
        for node in self.processing.values():
            if nodes is not None and node.id not in nodes:
                continue
            columns = self.columns(node)
            width = self.description(node.id)["features"]
            for split in splits:
                for number, (first, last) in enumerate(self.samples.chunks(split)):
                    rows = WindowRows(READ, INDEX, first, last, self.samples.length, columns)
                    tasks.append(
                        self._block(
                            node, "transform", {"windows": rows}, window=self.window(node), columns=width,
                            name=f"{split}-{number}",
                        )
                    )  # fmt: skip
        return tasks

    def windows_drawn(self) -> list[Task]:
        """Tasks by which each processing node that can draws what it does with one window, the middle one of training."""
        first, last = self.samples.splits["training"]
        row, length = (first + last) // 2, self.samples.length
        return [
            self._block(
                node, "plot", {"windows": WindowRows(READ, INDEX, row, row + 1, length, self.columns(node))},
                window=self.window(node),
            )
            for node in self.processing.values()
            if node.can("plot")
        ]  # fmt: skip

    def fit(self, node: Node, *, every_window: bool, score: Sequence[Split] = SPLITS) -> list[Task]:
        """Make a learning node's model and score splits with it; ``every_window`` when it learns from all of them."""
        tasks: list[Task] = [*regions.fit(node)] if node.region is not None else []
        if node.region is None:
            tasks += self._model_tasks(node, Rows(f"{node.id}/select"), every_window=every_window)
        for split in score:
            tasks += self.score(node, split)
        if node.region is not None:
            return tasks
        if self.description(node.id)["kind"] == "anomaly" and node.can("plot"):
            tasks.append(self._block(node, "plot", {"model": self.model(node)}))
        return tasks

    def model(self, node: Node) -> FromTask:
        """Where a learning node's model comes from."""
        return FromTask(f"{node.id}/{'fit' if node.trainer is None else 'convert'}", "model")

    def score(self, node: Node, split: Split, *, name: str = "", model: FromTask | None = None) -> list[Task]:
        """Score one split with the fitted model or another, chunk by chunk; the tasks are called ``name``, by default the split."""
        tasks: list[Task] = []
        for number, (first, last) in enumerate(self.samples.chunks(split)):
            if node.region is not None:
                tasks.append(regions.score(node, f"{name or split}-{number}"))
                continue
            rows: dict[str, Source]
            if node.reads_windows:
                rows = {"windows": WindowRows(READ, INDEX, first, last, self.samples.length)}
            else:
                chunk = tuple(
                    Part(part.node, part.describe, (self.transform_id(part.node, split, number),))
                    for part in self.parts(node)
                )
                rows = {"features": FeatureRows(chunk)}
            tasks.append(self._score(node, model or self.model(node), rows, f"{name or split}-{number}"))
        return tasks

    def rank(self, node: Node, rows: Rows, classes: tuple[str, ...]) -> BlockTask:
        """Rank the features of a node's inputs over some training windows, by the targets beside these rows."""
        features = FeatureRows(self.parts(node, ["training"]), rows)
        inputs: dict[str, Source] = {"features": features, "targets": CodeRows("targets", rows)}
        return self._block(node, "fit", inputs, name="importance", classes=classes)

    def lay_out(self, node: Node, parts: tuple[Part, ...], name: str) -> BlockTask:
        """Lay out windows by some features, for whoever wants to see them."""
        return self._block(node, "fit", {"features": FeatureRows(parts)}, name=name)

    def draw_windows(self, node: Node, rows: Rows, name: str, split: Split = "training") -> BlockTask:
        """Let a learning node draw what its model makes of some windows of a split."""
        inputs = {"model": self.model(node), **self.input_of(node, split, rows)}
        return self._block(node, "plot", inputs, name=name)

    def fold_tasks(self, node: Node, folds: int) -> list[Task]:
        """Make a model without each fold in turn and score that fold."""
        if node.region is not None:
            return [regions.score(node, f"fold-{fold}") for fold in range(folds)]
        tasks: list[Task] = []
        for fold in range(folds):
            made = self._model_tasks(node, Rows(f"{node.id}/select", fold), name=f"fold-{fold}")
            held = self.input_of(node, "training", Rows(f"{node.id}/select", fold, held=True))
            tasks += [*made, self._score(node, FromTask(made[-1].id, "model"), held, f"fold-{fold}")]
        return tasks

    def subset_tasks(self, node: Node, step: str, name: str) -> list[Task]:
        """Make a model of some training windows, by the assignment of host step ``step``, and score the test split with it."""
        made = self._model_tasks(node, Rows(step), name=name)
        return [*made, *self.score(node, "test", name=name, model=FromTask(made[-1].id, "model"))]

    def _score(self, node: Node, model: FromTask, rows: Mapping[str, Source], name: str) -> BlockTask:
        found = self.description(node.id)
        return self._block(
            node, "score", {"model": model, **rows}, name=name,
            columns=len(found.get("classes") or ()) or None, required=tuple(found["outputs"]),
        )  # fmt: skip

    def _model_tasks(
        self, node: Node, rows: Rows, *, name: str | None = None, every_window: bool = False
    ) -> list[BlockTask]:
        """The tasks that make a model, the last of which gives it: a fit, or a training and a conversion."""
        inputs, classes = self._fitting(node, rows, every_window=every_window), self.classes(node)
        if node.trainer is None:
            return [self._block(node, "fit", inputs, name=name, classes=classes)]
        train = self._block(node, "train", inputs, name=name, classes=classes)
        left = {"artifacts": FromTask(train.id, "artifacts"), "features": FeatureRows(self.parts(node))}
        return [train, self._block(node, "convert", left, name=name, classes=classes)]

    def _fitting(self, node: Node, rows: Rows, *, every_window: bool) -> dict[str, Source]:
        """What a fit is given: the windows it learns from, and what its block wants beside them."""
        learned = replace(rows, part="learned") if node.wants_validation else rows
        whole = every_window and not node.wants_validation
        inputs = self.input_of(node, "training", None if whole else learned)
        beside = ["targets"] if node.training == "labelled" else []
        if beside or node.trainer is not None:
            beside.append("groups")
        inputs |= {name: CodeRows(name, learned) for name in beside}
        if node.wants_folds:
            inputs["folds"] = CodeRows("assignment", learned)
        if node.wants_validation:
            validates = replace(rows, part="validates")
            (inputs["validation"],) = self.input_of(node, "training", validates).values()
            inputs |= {f"validation_{name}": CodeRows(name, validates) for name in beside}
        return inputs

    def self_test(self, mode: str, task: str) -> list[Task]:
        """Features and scores of the self-test's windows, which host step ``task`` made one array a node of."""
        tasks: list[Task] = []
        for node in self.processing.values():
            windows = {"windows": FromTask(task, f"windows-{node.id}")}
            width = self.description(node.id)["features"]
            tasks.append(
                self._block(
                    node,
                    "transform",
                    windows,
                    window=self.window(node),
                    columns=width,
                    name=f"selftest-{mode}",
                )
            )
        for node in self.learning.values():
            if node.region is not None:
                tasks.append(regions.score(node, f"selftest-{mode}"))
                continue
            rows: dict[str, Source] = {"windows": FromTask(task, "windows")}
            if not node.reads_windows:
                parts = tuple(
                    Part(part.node, part.describe, (f"{part.node}/transform/selftest-{mode}",))
                    for part in self.parts(node)
                )
                rows = {"features": FeatureRows(parts)}
            tasks.append(self._score(node, self.model(node), rows, f"selftest-{mode}"))
        return tasks

    def build(self, node: Node, assembly: str, library: Node | None = None) -> list[Task]:
        """Tasks by which a deployment block turns an assembled impulse into a package, with a ``library`` that another makes."""
        inputs = {"impulse": FromTask(assembly, "impulse")}
        if library is None:
            return [self._block(node, "build", inputs)]
        made = self._block(library, "build", inputs)
        return [made, self._block(node, "build", {**inputs, "library": FromTask(made.id, "package")})]

    def verify(self, node: Node) -> list[Task]:
        """The task that compiles and runs a package's self-test."""
        return [self._block(node, "verify", {"package": FromTask(f"{node.id}/build", "package")})]

    def parity(self, node: Node) -> BlockTask:
        """The task that runs a package's self-test on every engine it can find."""
        return self._block(node, "parity", {"package": FromTask(f"{node.id}/build", "package")})

    def exports(self) -> list[Task]:
        """Tasks by which every node that can becomes device code and tables."""
        tasks: list[Task] = [
            self._block(node, "export", {}, window={**self.window(node), "stride": self.samples.stride})
            for node in self.processing.values()
            if node.no_device_code() is None
        ]
        for node in self.learning.values():
            if node.region is not None:
                if self.learning[node.region.of].no_device_code() is None:
                    tasks.append(regions.export(node))
            elif node.no_device_code() is None:
                tasks.append(self._block(node, "export", {"model": self.model(node), **self._told(node)}))
        return tasks

    def _block(
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
