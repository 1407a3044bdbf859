"""Plan an impulse: nodes become tasks, level by level.

Planning is staged, since each stage is shaped by what the one before found: how many windows there are (``read``,
``index``), what the nodes return (``describe``), then everything else at once. The stages are ordinary keyed tasks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import PlanError, UsageError
from edgewright.planner.tasks import BlockTask, FeatureRows, FromTask, Part, Rows, Task, WindowRows
from edgewright.runners.limits import limits_of
from edgewright_specs.interface import SPLITS
from edgewright_specs.problems import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from edgewright.registry import Block
    from edgewright.runners.base import Limits
    from edgewright_specs.impulse import ImpulseSpec
    from edgewright_specs.interface import Split, WindowSpec

READ = "data/read"
INDEX = "data/index"
CHUNK_BYTES = 64 << 20


@dataclass(frozen=True)
class Node:
    """One block of the graph with complete parameters and the place where the impulse file names it."""

    id: str
    block: Block
    params: Mapping[str, Any]
    inputs: tuple[str, ...]
    axes: tuple[str, ...] | None
    labels: tuple[str, ...] | None  # `train: {labels: …}`
    limits: Limits
    place: str

    @property
    def describe(self) -> str:
        """Id of the task that describes it."""
        return f"{self.id}/describe"

    @property
    def scores_its_training(self) -> bool:
        """Whether ``fit`` gives the scores of its training windows as if unseen, so that no folds are needed."""
        section = self.block.spec.edgewright
        return section is not None and "train_scores" in section.outputs


@dataclass(frozen=True)
class Samples:
    """What planning needs of the data: the window, its stride, and which rows of the index each split has."""

    window: WindowSpec
    splits: Mapping[Split, tuple[int, int]]
    stride: int

    @property
    def unlabelled(self) -> bool:
        """Whether the same samples are fitted and scored (`split: none`)."""
        return all(first == last for split, (first, last) in self.splits.items() if split != "training")

    def chunks(self, split: Split) -> list[tuple[int, int]]:
        """Row ranges of one split, each at most :data:`CHUNK_BYTES` of windows."""
        first, last = self.splits[split]
        row_bytes = 4 * self.window["length"] * len(self.window["axes"])
        step = max(1, CHUNK_BYTES // row_bytes)
        return [(start, min(start + step, last)) for start in range(first, last, step)]


def load_samples(folder: Path) -> Samples:
    """Read what the ``index`` step wrote into ``folder``."""
    info = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
    window: WindowSpec = {
        "kind": info["kind"],
        "length": info["length"],
        "axes": info["axes"],
        "frequency": info["frequency"],
    }
    splits = {split: tuple(info["splits"].get(split, (0, 0))) for split in SPLITS}
    return Samples(window, splits, info["stride"])


def build_nodes(
    impulse: ImpulseSpec,
    resolve: Callable[[str, str, str | None], Block],
    complete: Callable[[Block, Mapping[str, Any], str], dict[str, Any]],
) -> tuple[list[Node], list[Node], list[Node]]:
    """Resolve every block of an impulse: processing, learning and deployment nodes, each of the right type.

    Raises
    ------
    SpecError
        Blocks that are not there or of another type, and parameters that they do not take: all of them, with their lines.
    """
    problems: list[Problem] = []
    sections: list[list[Node]] = []
    for kind in ("processing", "learning", "deployment"):
        nodes = []
        for number, entry in enumerate(getattr(impulse, kind)):
            pointer = f"/{kind}/{number}"
            try:
                block = resolve(entry.block, kind, getattr(entry, "operates_on", None))
                if block.type != kind:
                    raise UsageError(
                        f"{entry.block!r} is a {block.type} block, listed under {kind}",
                        hint=f"move it to {block.type}, or choose one of `edgewright blocks list --type {kind}`",
                    )
                params = complete(block, entry.params, f"{pointer}/params")
            except UsageError as error:
                place = impulse.locate(f"{pointer}/block")
                problems.append(Problem(error.message, f"{pointer}/block", hint=error.hint or "", path=place))
                continue
            except SpecError as error:
                problems += error.problems
                continue
            train = getattr(entry, "train", None)
            nodes.append(
                Node(
                    id=entry.name if kind == "deployment" else entry.id,
                    block=block,
                    params=params,
                    inputs=tuple(getattr(entry, "input", None) or ["input"]),
                    axes=tuple(entry.axes) if getattr(entry, "axes", None) else None,
                    labels=tuple(train.labels) if train is not None and train.labels else None,
                    limits=limits_of(block, entry.grants),
                    place=impulse.locate(pointer),
                )
            )
        sections.append(nodes)
    if problems:
        raise SpecError(problems)
    return sections[0], sections[1], sections[2]


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

    # -- windows and features -------------------------------------------------------------------------------------

    def columns(self, node: Node) -> tuple[int, ...] | None:
        """Which axes of the signal a processing node takes; None is all, in order."""
        if node.axes is None:
            return None
        axes = self.samples.window["axes"]
        unknown = [axis for axis in node.axes if axis not in axes]
        if unknown:
            raise PlanError(
                f"{node.place}: node {node.id!r} chooses axes {unknown}, which the data don't have",
                hint=f"axes of this impulse: {', '.join(axes)}",
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
        return [
            self._block(node, "describe", {"features": FeatureRows(self.parts(node))})
            for node in self.learning.values()
        ]

    def features(self) -> list[Task]:
        """Tasks that turn every window into features, chunk by chunk."""
        tasks: list[Task] = []
        for node in self.processing.values():
            columns = self.columns(node)
            width = self.description(node.id)["features"]
            for split in SPLITS:
                for number, (first, last) in enumerate(self.samples.chunks(split)):
                    rows = WindowRows(READ, INDEX, first, last, self.samples.window["length"], columns)
                    tasks.append(
                        self._block(
                            node, "transform", {"windows": rows}, window=self.window(node), columns=width,
                            name=f"{split}-{number}",
                        )
                    )  # fmt: skip
        return tasks

    def fit(self, node: Node, *, every_window: bool) -> list[Task]:
        """Fit a learning node and score every split with it; ``every_window`` when it learns from the whole training split."""
        rows = None if every_window else Rows(f"{node.id}/select")
        training = FeatureRows(self.parts(node, ["training"]), rows)
        tasks: list[Task] = [self._block(node, "fit", {"features": training})]
        for split in SPLITS:
            tasks += self.score(node, split)
        if self.description(node.id)["kind"] == "anomaly":
            tasks.append(self._block(node, "plot", {"model": FromTask(f"{node.id}/fit", "model")}))
        return tasks

    def score(self, node: Node, split: Split, *, name: str = "") -> list[BlockTask]:
        """Score one split with the fitted model, chunk by chunk; the tasks are called ``name``, by default the split."""
        tasks = []
        for number in range(len(self.samples.chunks(split))):
            chunk = tuple(
                Part(part.node, part.describe, (self.transform_id(part.node, split, number),))
                for part in self.parts(node)
            )
            inputs = {"model": FromTask(f"{node.id}/fit", "model"), "features": FeatureRows(chunk)}
            tasks.append(self._block(node, "score", inputs, name=f"{name or split}-{number}"))
        return tasks

    def fold_tasks(self, node: Node, folds: int) -> list[Task]:
        """Fit without each fold in turn and score that fold."""
        tasks: list[Task] = []
        parts = self.parts(node, ["training"])
        for fold in range(folds):
            kept, held = (Rows(f"{node.id}/select", fold, held) for held in (False, True))
            fit = self._block(node, "fit", {"features": FeatureRows(parts, kept)}, name=f"fold-{fold}")
            inputs = {"model": FromTask(fit.id, "model"), "features": FeatureRows(parts, held)}
            tasks += [fit, self._block(node, "score", inputs, name=f"fold-{fold}")]
        return tasks

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
            parts = tuple(
                Part(part.node, part.describe, (f"{part.node}/transform/selftest-{mode}",))
                for part in self.parts(node)
            )
            inputs = {"model": FromTask(f"{node.id}/fit", "model"), "features": FeatureRows(parts)}
            tasks.append(self._block(node, "score", inputs, name=f"selftest-{mode}"))
        return tasks

    def build(self, node: Node, assembly: str) -> list[Task]:
        """The task by which a deployment block turns an assembled impulse into a package."""
        return [self._block(node, "build", {"impulse": FromTask(assembly, "impulse")})]

    def verify(self, node: Node) -> list[Task]:
        """The task that compiles and runs a package's self-test."""
        return [self._block(node, "verify", {"package": FromTask(f"{node.id}/build", "package")})]

    def exports(self) -> list[Task]:
        """Tasks by which every node becomes device code and tables."""
        tasks: list[Task] = [
            self._block(node, "export", {}, window={**self.window(node), "stride": self.samples.stride})
            for node in self.processing.values()
        ]
        for node in self.learning.values():
            inputs: dict[str, Any] = {
                "model": FromTask(f"{node.id}/fit", "model"),
                "features": FeatureRows(self.parts(node)),
            }
            tasks.append(self._block(node, "export", inputs))
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
    ) -> BlockTask:
        return BlockTask(
            id=f"{node.id}/{operation}" + (f"/{name}" if name else ""),
            node=node.id,
            operation=operation,
            block=node.block,
            params=node.params,
            inputs=inputs,
            window=window,
            seed=self.impulse.seed,
            limits=node.limits,
            columns=columns,
            place=node.place,
        )
