"""Fill the table: the run's blocks again by every runner, its packages' self-tests on every engine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import EdgewrightError, TaskError
from edgewright.parity.cells import Cell, cells_of_engine, compared
from edgewright.parity.repeating import Repeater
from edgewright.planner.packages import build_tasks, parity_task, self_test_tasks
from edgewright.planner.tasks import BlockTask
from edgewright.running import Options
from edgewright.running.packaging import assembly_tasks, deployment_node, export_nodes
from edgewright.scoring import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright.plugins import Plugins
    from edgewright.running.run import Run
    from edgewright.running.session import Session

#: Windows of the data, which stay here.
MODE = "recorded"
#: Targets whose ``parity`` runs their packages, and the engines that each has.
TARGETS = {
    "cpp": ("x86-64", "aarch64", "Cortex-M4", "Cortex-M7"),
    "wasm": ("wasmtime", "Node", "Chromium"),
}
#: Python in another environment may round otherwise, where a node's export doesn't say how far.
ROUNDING = {"absolute": 1e-5, "relative": 1e-4}


@dataclass
class Parity:
    """The table: ``cells[engine][node]``."""

    build_id: str
    windows: int
    nodes: dict[str, str]  # what each node gives: features, scores, probabilities
    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing differs by more than is allowed."""
        return all(cell.ok for row in self.cells.values() for cell in row.values())

    @property
    def absent(self) -> dict[str, str]:
        """Why a runner can't be used here, where there is more to say than its name."""
        return {
            engine: cell.note
            for engine, row in self.cells.items()
            for cell in list(row.values())[:1]
            if cell.missing and cell.note
        }

    @property
    def failures(self) -> dict[str, str]:
        """What failed, by engine: each reason once."""
        return {
            engine: " · ".join(dict.fromkeys(cell.failed for cell in row.values() if cell.failed))
            for engine, row in self.cells.items()
            if any(cell.failed for cell in row.values())
        }

    def document(self) -> dict[str, Any]:
        """The table as plain values."""
        cells = {
            engine: {node: {**asdict(cell), "ok": cell.ok} for node, cell in row.items()}
            for engine, row in self.cells.items()
        }
        return {
            "ok": self.ok, "build_id": self.build_id, "windows": self.windows, "nodes": self.nodes, "engines": cells,
        }  # fmt: skip


def parity(
    run: Run,
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    targets: Sequence[str] = tuple(TARGETS),
    tell: Callable[[str], None] = lambda _text: None,
) -> Parity:
    """Compare every engine with what a run's Python computed for the windows of its self-test.

    Parameters
    ----------
    run : Run
        A finished run. Nothing is written into it.
    options : Options, optional
        By which runner packages are built and their self-tests run: a container has fewer emulators. ``auto`` takes
        ``process`` where every block is built in.
    targets : sequence of str
        Whose packages are built: of ``TARGETS``.
    tell : callable, optional
        Is told what happens next.

    Raises
    ------
    EdgewrightError
        The self-test's windows can't be computed.
    """
    from edgewright.plugins import make_plugins
    from edgewright.running.fresh import scoring_session

    plugins = plugins or make_plugins()
    options = options or Options()
    everything = {task["operation"] for task in run.record["tasks"]}
    blocks = [entry for entry in run.record["tasks"] if entry.get("runner") not in (None, "host")]
    if options.runner == "auto" and blocks and _all_built_in(run, plugins):
        options = replace(options, runner="process")
    with scoring_session(run, options, plugins, operations=everything) as session:
        session.open_planner()
        build, refused = _exported(session)
        table = _reference(session, build)
        for name, runner in sorted(plugins.runners().items(), key=lambda pair: _ORDER.get(pair[0], 9)):
            tell(f"by runner {name}")
            with Repeater(runner, session, trust=options.trust) as repeater:
                table.cells[name] = _again(session, repeater, table)
        for target in targets:
            engines = TARGETS[target]
            if refused is not None:
                table.cells |= {engine: dict.fromkeys(table.nodes, Cell(note=refused)) for engine in engines}
                continue
            tell(f"package {target}")
            table.cells |= _package(session, run, target, build, plugins, table, options)
    return table


_ORDER = {"process": 0, "docker": 1}


def _all_built_in(run: Run, plugins: Plugins) -> bool:
    from edgewright.running.session import load

    _, processing, learning, _ = load(
        run.path / "impulse.yaml", Path(run.record["base"]), plugins, run.images
    )
    return all(block.builtin for node in (*processing, *learning) for block in node.blocks)


def _exported(session: Session) -> tuple[str, str | None]:
    try:
        return export_nodes(session), None
    except TaskError as error:
        if error.reason not in ("refused", "block_error"):
            raise
        return export_nodes(session, needed=False), f"no device code: {error.message}"


def _tasks(session: Session) -> list[BlockTask]:
    """The tasks of the self-test that blocks do; nodes of regions are steps of the host."""
    test = f"selftest/{MODE}"
    return [task for task in self_test_tasks(session.planner, MODE, test) if isinstance(task, BlockTask)]


def _reference(session: Session, build: str) -> Parity:
    """Compute what everything is compared with, or take it from the store."""
    import numpy as np

    windows = [task for task in assembly_tasks(session, MODE, build) if task.operation == "selftest"]
    for task in (*windows, *self_test_tasks(session.planner, MODE, f"selftest/{MODE}")):
        session.engine.entries.pop(task.id, None)
    session.engine.run([*windows, *self_test_tasks(session.planner, MODE, f"selftest/{MODE}")])
    count = len(np.load(session.engine.path(f"selftest/{MODE}", "windows")))
    nodes = {node.id: "features" for node in session.processing}
    for node in session.learning:
        kind = session.description(node.id)["kind"]
        nodes[node.id] = "probabilities" if kind == "classification" else "scores"
    return Parity(build, count, nodes)


def _again(session: Session, repeater: Repeater, table: Parity) -> dict[str, Cell]:
    missing = repeater.missing()
    if missing is not None:
        return dict.fromkeys(table.nodes, Cell(missing=(repeater.runner.name,), note=missing))
    cells = dict.fromkeys(table.nodes, Cell(note="a step of the host"))
    for task in _tasks(session):
        try:
            cells[task.node] = _repeated(session, repeater, task, table.nodes[task.node])
        except EdgewrightError as error:
            refusal = repeater.refuses(task.block)
            cells[task.node] = Cell(note=refusal) if refusal else Cell(failed=str(error))
    return cells


def _repeated(session: Session, repeater: Repeater, task: BlockTask, output: str) -> Cell:
    import numpy as np

    recorded = np.load(session.engine.path(task.id, output))
    again = np.load(repeater.repeat(task).outputs[output])
    decisions = _decisions(session, task.node, output, again, recorded)
    made = session.engine.entries[task.id]
    environment = list(repeater.prepared(task.block).environment)
    section = task.block.spec.edgewright
    promised = section is not None and section.deterministic
    return compared(
        again, recorded, _tolerance(session, task.node), decisions,
        bytes_promised=promised and list(made.parts.get("environment", ())) == environment,
    )  # fmt: skip


def _decisions(
    session: Session, node: str, output: str, again: NDArray[Any], recorded: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    if output == "probabilities":
        return again.argmax(axis=1), recorded.argmax(axis=1)
    if output != "scores" or not session.engine.has(f"{node}/threshold", "threshold"):
        return None
    path = session.engine.path(f"{node}/threshold", "threshold")
    threshold = float(json.loads(path.read_text(encoding="utf-8"))["value"])
    return decide(again, threshold), decide(recorded, threshold)


def _tolerance(session: Session, node: str) -> Mapping[str, float]:
    """How far the node's device code may be from Python."""
    if not session.engine.has(f"{node}/export", "export"):
        return ROUNDING
    folder = session.engine.path(f"{node}/export", "export")
    document = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    tolerance: Mapping[str, float] = document.get("tolerance") or ROUNDING
    return tolerance


def _package(
    session: Session,
    run: Run,
    target: str,
    build: str,
    plugins: Plugins,
    table: Parity,
    options: Options,
) -> dict[str, dict[str, Cell]]:
    """Build a package and run its self-test wherever its block can."""
    from edgewright import toolchain

    node = deployment_node(target, Path(run.record["base"]), plugins, None, {"selftest-data": MODE})
    engines: Sequence[str] = TARGETS[target]
    try:
        runner = session.chooser.choose(node.block)
        if runner.name == "process":
            toolchain.ensure(
                node.block, compiles=True, tell=lambda text: session.recorder.event("note", text=text)
            )
        session.engine.run(
            [*assembly_tasks(session, MODE, build), *build_tasks(node, session.planner, f"assemble/{MODE}")]
        )
        fresh = plugins.runners()[runner.name]
        with Repeater(fresh, session, trust=options.trust) as repeater:
            answer = repeater.repeat(parity_task(node, session.planner)).outputs["engines"]
            found = json.loads(answer.read_text(encoding="utf-8"))
    except EdgewrightError as error:
        return {engine: dict.fromkeys(table.nodes, Cell(failed=str(error))) for engine in engines}
    told = {engine: found.get(engine, {"failed": "the target says nothing of it"}) for engine in engines}
    return {engine: cells_of_engine(result, list(table.nodes)) for engine, result in told.items()}
