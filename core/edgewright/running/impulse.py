"""Run an impulse from its file to a run folder: the one place where data, planner, engine and record meet."""

from __future__ import annotations

import json
import os
import platform
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError
from edgewright.planner.plan import INDEX, READ, Node, Planner, build_nodes, load_samples
from edgewright.planner.tasks import FromTask, HostTask, Task
from edgewright.running import assemble
from edgewright.running.cancel import Cancel, on_interrupt
from edgewright.running.data_steps import data_tasks
from edgewright.running.decision_steps import decision_tasks
from edgewright.running.engine import Engine
from edgewright.running.folder import link_outputs, new_run_folder
from edgewright.running.lock import build_id, identity, lock
from edgewright.running.record import Listener, Recorder, write_json
from edgewright.running.run import Run
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from edgewright.plugins import Plugins
    from edgewright.store import Store
    from edgewright_specs.impulse import ImpulseSpec


@dataclass(frozen=True)
class Options:
    """How to run, as distinct from what."""

    runner: str = "auto"
    jobs: int = 0  # 0: as many as cores
    keep_going: bool = False
    trust: bool = False
    verify: bool = False  # compile and run every package's self-test


def load(path: Path, plugins: Plugins) -> tuple[ImpulseSpec, list[Node], list[Node], list[Node]]:
    """Load an impulse file and resolve every block it names; all spec errors come from here, before anything is written."""
    from edgewright.registry import resolve
    from edgewright_specs.impulse import load_impulse
    from edgewright_specs.parameters import resolve_params

    impulse = load_impulse(path)
    base = path.resolve().parent
    processing, learning, deployment = build_nodes(
        impulse,
        lambda reference: resolve(reference, base, plugins),
        lambda block, given, place: resolve_params(block.spec, given, where=place),
    )
    return impulse, processing, learning, deployment


def run_impulse(
    path: Path,
    *,
    out: Path | None = None,
    runs: Path = Path("runs"),
    options: Options = Options(),  # noqa: B008 - frozen
    listeners: Sequence[Listener] = (),
    store: Store | None = None,
    plugins: Plugins | None = None,
    base: Path | None = None,
) -> Run:
    """Run the impulse at ``path`` and return the run.

    Parameters
    ----------
    path : Path
        ``impulse.yaml``; data and block folders in it are relative to its folder, or to ``base``.
    out : Path, optional
        The run folder; default ``<runs>/<time>-<name>``.
    options : Options
    listeners : callables
        Told every event of the run.

    Raises
    ------
    SpecError, EdgewrightError
        Whatever went wrong; the run folder holds the record of tasks that ran.
    """
    from edgewright.data import inventory
    from edgewright.plugins import make_plugins
    from edgewright.store import Store

    plugins = plugins or make_plugins()
    base = base or path.resolve().parent
    impulse, processing, learning, deployment = load(path, plugins)
    files = inventory(impulse.data, base, plugins)
    folder = new_run_folder(impulse.name, out, runs)
    shutil.copyfile(path, folder / "impulse.yaml")
    store = store or Store()
    head = {
        "name": impulse.name,
        "id": uuid.uuid4().hex,
        "runner": options.runner,
        "base": str(base),
        "nodes": [
            {"id": node.id, "type": node.block.type, "block": node.block.name, "inputs": list(node.inputs), "params": dict(node.params)}
            for node in [*processing, *learning, *deployment]
        ],
        "versions": {"edgewright": version("edgewright"), "python": platform.python_version()},
    }
    recorder = Recorder(folder, head, (*listeners, plugins.run_event))
    session = Session(impulse, processing, learning, deployment, store, plugins, recorder, options, str(base))
    status = "failed"
    try:
        with on_interrupt(session.engine.cancel):
            session.data(files)
            session.describe()
            session.learn()
            session.deploy(options.verify)
        status = "ok"
    except TaskError as error:
        status = "cancelled" if error.reason == "cancelled" else "failed"
        raise
    finally:
        session.close()
        link_outputs(folder, session.engine.entries.items())
        store.add_root(folder)
        if "identity" in session.results:
            document = lock(
                impulse.model_dump(mode="json"), session.results["identity"], session.engine.prepared(), session.engine.entries
            )
            write_json(folder / "impulse.lock", document)
        recorder.finish(status)
        if status == "ok":
            write_report(Run(folder))
    return Run(folder)


class Session:
    """The stages of one run over one engine. Each stage plans with what the one before it found."""

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
        self.results: dict[str, Any] = {}
        self.chooser = Chooser(
            list(plugins.runners().values()), options.runner, trust=options.trust, tell=lambda line: recorder.event("note", text=line)
        )
        self.engine = Engine(
            store, self.chooser, recorder, run_id=recorder.document["id"], jobs=options.jobs or os.cpu_count() or 1,
            keep_going=options.keep_going, identity=f"{identity}/{impulse.name}", cancel=Cancel(),
        )  # fmt: skip
        self.planner: Planner

    def close(self) -> None:
        """Give back runners."""
        self.chooser.close()

    # -- stages -----------------------------------------------------------------------------------------------------

    def data(self, files: Any) -> None:
        """Read the data set and cut it into windows."""
        normal_only = any(_normal_only(node) for node in self.learning)
        self.engine.run(data_tasks(self.impulse, files, self.engine.store, normal_only=normal_only))
        index = self.engine.entries[INDEX]
        for line in json.loads(index.file("summary").read_text(encoding="utf-8"))["lines"]:
            self.recorder.event("note", text=line)
        for line in json.loads(index.file("summary").read_text(encoding="utf-8"))["warnings"]:
            self.recorder.warning(line)
        self.open_planner()

    def open_planner(self) -> None:
        """Make the planner from the finished data stage."""
        folder = self.engine.entries[INDEX].path
        samples = load_samples(folder, self.engine.path(INDEX, "index"))
        self.planner = Planner(self.impulse, self.processing, self.learning, samples, self._description)

    def describe(self) -> None:
        """Ask every node what it returns, and check that the nodes fit together."""
        self.engine.run(self.planner.describe_processing())
        self.engine.run(self.planner.describe_learning())

    def learn(self) -> None:
        """Features, models, scores, thresholds and metrics, all that can run side by side at once."""
        tasks = self.planner.features()
        for node in self.learning:
            tasks += self.planner.fit(node)
            if self._description(node.id)["kind"] == "anomaly":
                tasks += self._decide(node)
        self.engine.run(tasks)

    def deploy(self, verify: bool) -> None:
        """Export every node and build the packages that the impulse asks for."""
        document = self.impulse.model_dump(mode="json")
        tasks = self.planner.exports() if self.deployment else []
        self.engine.run(tasks)
        found = identity(document, [*self.processing, *self.learning], self.engine.entries)
        self.results["identity"] = found
        self.recorder.set(build_id=build_id(found))
        tasks = []
        for node in self.deployment:
            mode = str(node.params.get("selftest-data", "recorded"))
            if mode == "auto":
                mode = "recorded"
            if f"selftest/{mode}" not in {task.id for task in tasks}:
                tasks += self._assembly(mode, build_id(found))
            tasks += self.planner.build(node, f"assemble/{mode}")
            if verify:
                tasks += self.planner.verify(node)
        self.engine.run(tasks)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _description(self, node: str) -> Mapping[str, Any]:
        path = self.engine.path(f"{node}/describe", "description")
        description: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return description

    def _decide(self, node: Node) -> list[Task]:
        """Threshold, decisions and metrics of an anomaly node."""
        return decision_tasks(self.impulse, node, self.planner, self._description(node.id))

    def _assembly(self, mode: str, build: str) -> list[Task]:
        planner, samples = self.planner, self.planner.samples
        test = f"selftest/{mode}"
        columns = {node.id: planner.columns(node) for node in self.processing}
        windows = HostTask(
            id=test, node="selftest", operation="selftest", step=assemble.self_test_windows, version=assemble.STEP_VERSION,
            settings={
                "mode": mode, "length": samples.window["length"], "splits": {split: list(samples.splits[split]) for split in SPLITS},
                "columns": {name: None if chosen is None else list(chosen) for name, chosen in columns.items()},
            },
            reads=(FromTask(READ, "signal"), FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
        )  # fmt: skip
        reads = [FromTask(test, "windows"), FromTask(test, "origin")]
        nodes: list[dict[str, Any]] = []
        for node in self.processing:
            chosen = columns[node.id]
            axes = list(range(len(samples.window["axes"]))) if chosen is None else list(chosen)
            nodes.append({"id": node.id, "type": "processing", "block": node.block.name, "inputs": ["input"], "axes": axes})
            reads += [FromTask(f"{node.id}/export", "export"), FromTask(node.describe, "description")]
            reads.append(FromTask(f"{node.id}/transform/selftest-{mode}", "features"))
        for node in self.learning:
            nodes.append({"id": node.id, "type": "learning", "block": node.block.name, "inputs": list(node.inputs)})
            reads += [FromTask(f"{node.id}/export", "export"), FromTask(node.describe, "description")]
            if self._description(node.id)["kind"] == "anomaly":
                reads.append(FromTask(f"{node.id}/score/selftest-{mode}", "scores"))
                reads.append(FromTask(f"{node.id}/threshold", "threshold"))
        window = {**samples.window, "stride": samples.stride}
        together = HostTask(
            id=f"assemble/{mode}", node="assemble", operation="assemble", step=assemble.assemble, version=assemble.STEP_VERSION,
            settings={"mode": mode, "name": self.impulse.name, "build_id": build, "window": window, "nodes": nodes},
            reads=tuple(reads),
        )  # fmt: skip
        return [windows, *planner.self_test(mode, test), together]


def _normal_only(node: Node) -> bool:
    section = node.block.spec.edgewright
    return section is not None and section.training == "normal-only"


