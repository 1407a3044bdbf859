"""The stages of a run over one engine: each plans with what the one before it found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError
from edgewright.planner.describing import check_learning, describe_learning, describe_processing
from edgewright.planner.features import feature_tasks, windows_drawn
from edgewright.planner.models import fit_tasks, fold_tasks, subset_tasks
from edgewright.planner.nodes import Node, build_nodes
from edgewright.planner.plan import INDEX, LEAKAGE, READ, Planner
from edgewright.planner.samples import load_samples
from edgewright.running.cancel import Cancel
from edgewright.running.choosing import resolve_choices
from edgewright.running.combination_step import combination_task
from edgewright.running.data_steps import data_tasks
from edgewright.running.decision_steps import decision_tasks
from edgewright.running.engine import Engine
from edgewright.running.importance_steps import ranker_node
from edgewright.running.map_steps import ERROR_CLUSTERS, error_tasks, map_tasks, mapper_node, ranking_tasks
from edgewright.running.pixel_step import pixel_task
from edgewright.running.prediction_steps import prediction_tasks
from edgewright.running.scale_step import scale_task
from edgewright.running.selection_step import selection_task
from edgewright.running.suggesting import rank, resolve_suggestions
from edgewright.running.unseen_steps import shown_unseen, training_scores

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from pathlib import Path

    from edgewright.data import Inventory
    from edgewright.executors import Executor
    from edgewright.planner.tasks import Task
    from edgewright.plugins import Plugins
    from edgewright.running.record import Recorder
    from edgewright.running.run import Run
    from edgewright.store import Store
    from edgewright_specs.impulse import ImpulseSpec


@dataclass(frozen=True)
class Options:
    """How to run, as distinct from what."""

    runner: str = "auto"
    executor: str = "local"
    jobs: int = 0  # 0: as many as cores
    keep_going: bool = False
    trust: bool = False
    verify: bool = False  # compile and run every package's self-test
    importance: bool = False  # rank the features of every processing node, asked for by a node or not
    learning_curve: bool | Sequence[int] | None = (
        None  # learn from fewer (or so many) samples too; None: where that is cheap
    )
    maps: bool = False  # lay out the windows by their features, as exploration does anyway
    locked: Path | None = None  # an impulse.lock, whose images are used whatever their tags mean by now


def load(
    path: Path, base: Path, plugins: Plugins, pins: Mapping[str, str] | None = None
) -> tuple[ImpulseSpec, list[Node], list[Node], list[Node]]:
    """Load an impulse file and resolve every block it names, relative to ``base``; every spec error comes from here.

    ``pins`` say which image an image reference stands for, by a lock.
    """
    from edgewright.registry import resolve
    from edgewright_specs.loading import load_impulse
    from edgewright_specs.parameters import resolve_params, taking_suggested

    impulse = load_impulse(path)
    # Many nodes of one block see one block, read once.
    blocks = cache(
        lambda reference, kind, operates_on: resolve(
            (pins or {}).get(reference, reference), base, plugins, operates_on=operates_on, otherwise=kind
        )
    )
    processing, learning, deployment = build_nodes(
        impulse,
        blocks,
        lambda block, given, pointer: resolve_params(
            taking_suggested(block.spec), given, where=pointer, locate=impulse.locate
        ),
        base,
    )
    return impulse, processing, learning, deployment


class Session:
    """One impulse on one engine.

    Parameters
    ----------
    impulse : ImpulseSpec
    processing, learning, deployment : sequences of Node
    store, plugins, recorder, options
    identity : str
        What `--explain` compares with: tasks of the same impulse at the same place.
    """

    def __init__(
        self,
        impulse: ImpulseSpec,
        processing: Sequence[Node],
        learning: Sequence[Node],
        deployment: Sequence[Node],
        store: Store,
        plugins: Plugins,
        recorder: Recorder,
        options: Options,
        identity: str,
    ) -> None:
        from edgewright.runners.choose import Chooser

        self.impulse = impulse
        self.processing, self.learning, self.deployment = processing, learning, deployment
        self.recorder = recorder
        self.plugins = plugins
        self.identity: dict[str, Any] | None = None
        #: What each image reference of the impulse stands for, for the lock.
        self.images: Mapping[str, str] = {}
        #: What was chosen for learning nodes that left their features to the run, for the record and the lock.
        self.suggestions: dict[str, dict[str, Any]] = {}
        #: What blocks chose for the device, by learning node, for the record and the lock.
        self.choices: dict[str, list[dict[str, Any]]] = {}
        #: Blocks as an earlier run had them, whose tasks count as done; and of a run that decides again, by whom from what.
        self.earlier_blocks: Mapping[str, Any] = {}
        self.origin: Mapping[str, Any] | None = None
        self.chooser = Chooser(
            list(plugins.runners().values()),
            options.runner,
            trust=options.trust,
            tell=lambda line: recorder.event("note", text=line),
        )
        self.engine = Engine(
            store, self.chooser, recorder, run_id=recorder.document["id"], executor=_executor(options, plugins),
            keep_going=options.keep_going, identity=f"{identity}/{impulse.name}", cancel=Cancel(),
        )  # fmt: skip
        self.planner: Planner

    def close(self) -> None:
        """Give back executor and runners."""
        self.engine.executor.close()
        self.chooser.close()

    # -- stages -----------------------------------------------------------------------------------------------------

    def data(self, files: Inventory) -> None:
        """Read the data set and cut it into windows, once it is known that every block may run here."""
        for node in (*self.processing, *self.learning, *self.deployment):
            for block in node.blocks:
                self.chooser.choose(block)
        if any(node.wants_suggestion for node in self.learning):
            self.chooser.choose(ranker_node(self.plugins).block)
        learned = [node.training for node in self.learning]
        self.engine.run(
            data_tasks(
                self.impulse, files, self.engine.store,
                normal_only="normal-only" in learned, by_label="labelled" in learned,
            )
        )  # fmt: skip
        index = self.engine.entries[INDEX]
        summary = json.loads(index.file("summary").read_text(encoding="utf-8"))
        for line in summary["lines"]:
            self.recorder.event("note", text=line)
        leakage = json.loads(self.engine.path(LEAKAGE, "leakage").read_text(encoding="utf-8"))
        for line in (*summary["warnings"], *leakage["warnings"]):
            self.recorder.warning(line)
        self.open_planner()

    def open_planner(self) -> None:
        """Make the planner from the finished data stage."""
        samples = load_samples(self.engine.entries[INDEX].path)
        self.planner = Planner(self.impulse, self.processing, self.learning, samples, self.description)

    def open_run_planner(self, run: Run) -> None:
        """Make the planner of a finished run from its folder alone."""
        folder = run.path / "outputs" / "data"
        self.planner = Planner(
            self.impulse,
            self.processing,
            self.learning,
            load_samples(folder),
            run.description,
        )

    def describe(self) -> None:
        """Ask every node what it returns, and check that the nodes fit together."""
        self.engine.run(describe_processing(self.planner))
        resolve_suggestions(self)
        resolve_choices(self)
        self.engine.run(describe_learning(self.planner))
        check_learning(self.planner)

    def rank(self) -> None:
        """Rank the features of every processing node, for whoever wants to see it."""
        for node, document in rank(self, self.processing).items():
            if document["note"]:
                self.recorder.event("note", text=f"{node}: importance: {document['note']}")

    def learn(self, *, on_test: Container[str] = ()) -> None:
        """Features, models, scores, thresholds and metrics, all that can run side by side at once.

        ``on_test`` are the nodes whose threshold is chosen by the labels of the test split.
        """
        kinds = {node.id: self.description(node.id)["kind"] for node in self.learning}
        seed = self.impulse.seed
        self.engine.run(
            [selection_task(node, self.planner, kind=kinds[node.id], seed=seed) for node in self.learning]
        )
        tasks = [*feature_tasks(self.planner), *windows_drawn(self.planner)]
        for node in self.learning:
            selection = self.selection(node)
            explored = self.planner.samples.unlabelled and kinds[node.id] == "anomaly"
            if explored and shown_unseen(node, self.planner):
                tasks += fit_tasks(node, self.planner, every_window=selection["all"], score=())
                tasks += training_scores(node, self.planner)
            else:
                tasks += fit_tasks(node, self.planner, every_window=selection["all"])
            description = self.description(node.id)
            if node.regions:
                if not node.scores_its_training:
                    tasks += fold_tasks(node, self.planner, selection["folds"])
            elif kinds[node.id] == "anomaly":
                tasks += decision_tasks(
                    self.impulse, node, self.planner, description, selection,
                    on_test=node.id in on_test, masks=self.engine.has(READ, "masks"),
                )  # fmt: skip
            else:
                tasks += prediction_tasks(node, self.planner, description)
            maps = kinds[node.id] == "anomaly" and "map" in description["outputs"]
            if maps:
                tasks.append(scale_task(node, self.planner, selection["folds"]))
            if (maps or node.region is not None) and self.engine.has(READ, "masks"):
                tasks.append(pixel_task(node, self.planner))
        deciding = {node.id: kinds[node.id] for node in self.learning if not node.regions}
        together = combination_task(deciding, seed)
        self.engine.run([*tasks, together] if together is not None else tasks)

    def draw_learning_curves(self, *, asked: bool | Sequence[int] | None = None) -> None:
        """Learn from fewer samples too, where that is cheap or ``asked`` for (of how many), to tell how many are enough.

        What a block can't learn from so few of is left out.
        """
        from edgewright.running.learning_curve_steps import learning_curve_task, subset_task, wanted_counts

        for node in self.learning:
            if node.regions or node.region is not None or self.description(node.id)["kind"] != "anomaly":
                continue
            counts = wanted_counts(node, self.planner, self.selection(node), asked=asked)
            tasks: list[Task] = []
            for count in counts:
                step = subset_task(node, self.planner, count)
                tasks += [step, *subset_tasks(node, self.planner, step.id, f"subset-{count}")]
            try:
                self.engine.run(tasks, keep_going=True)
            except TaskError as error:
                if error.reason == "cancelled":
                    raise
                self.recorder.warning(f"{node.id}: no model of so few samples: {error.message}")
            done = [
                count for count in counts if self.engine.has(f"{node.id}/score/subset-{count}-0", "scores")
            ]
            if done:
                self.engine.run([learning_curve_task(node, self.planner, done)])

    def explore(self, *, maps: bool = False) -> None:
        """Lay out windows, their reconstruction errors and who is oddest, where nothing is labelled; ``maps`` alone anywhere."""
        explores = self.planner.samples.unlabelled
        tasks: list[Task] = []
        if explores or maps:
            tasks += map_tasks(self.planner, mapper_node(self.plugins))
        if explores:
            clusters = mapper_node(self.plugins, clusters=ERROR_CLUSTERS, standardise=False)
            tasks += [*error_tasks(self.planner, clusters), *ranking_tasks(self.planner)]
        self.engine.run(tasks)

    def selection(self, node: Node) -> Mapping[str, Any]:
        """What a learning node learns from, once that was decided."""
        path = self.engine.path(f"{node.id}/select", "selection")
        selection: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return selection

    def description(self, node: str) -> Mapping[str, Any]:
        """What a described node said that it returns."""
        path = self.engine.path(f"{node}/describe", "description")
        description: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return description


def _executor(options: Options, plugins: Plugins) -> Executor:
    from edgewright.errors import UsageError

    executors = plugins.executors()
    if options.executor not in executors:
        raise UsageError(
            f"unknown executor {options.executor!r}", hint=f"executors here: {', '.join(sorted(executors))}"
        )
    executor = executors[options.executor]
    if options.jobs:
        executor.limit(options.jobs)
    return executor
