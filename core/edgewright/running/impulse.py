"""Run an impulse from its file to a run folder: the one place where data, planner, engine and record meet."""

from __future__ import annotations

import platform
import shutil
import uuid
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import EdgewrightError, TaskError, UsageError
from edgewright.running.cancel import on_interrupt
from edgewright.running.folder import clear_run_folder, link_latest, link_outputs, new_run_folder, writing
from edgewright.running.lock import lock
from edgewright.running.packaging import (
    build_packages,
    copy_of_package,
    deployment_node,
    export_nodes,
    selftest_data,
)
from edgewright.running.record import Listener, Recorder, write_json
from edgewright.running.run import Run
from edgewright.running.session import Options, Session, load
from edgewright.running.suggesting import choices_of, chosen_before, suggestions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgewright.plugins import Plugins
    from edgewright.store import Store
    from edgewright_specs.impulse import ImpulseSpec


class Impulse:
    """An impulse file, as notebooks see it.

    Examples
    --------
    >>> run = Impulse.load("impulse.yaml").run()  # doctest: +SKIP
    >>> run.scores("anomaly", "test")  # doctest: +SKIP
    """

    def __init__(self, path: Path, spec: ImpulseSpec) -> None:
        self.path = path
        self.spec = spec

    @classmethod
    def load(cls, path: Path | str) -> Impulse:
        """Read and check an impulse file. Raises SpecError with every problem it has."""
        from edgewright_specs.loading import load_impulse

        return cls(Path(path), load_impulse(Path(path)))

    def run(self, *, out: Path | str | None = None, **options: Any) -> Run:
        """Run it and return the run; ``options`` are the fields of :class:`Options`."""
        return run_impulse(self.path, out=None if out is None else Path(out), options=Options(**options))

    def run_each(self, *, out: Path | str | None = None, **options: Any) -> dict[str, Run]:
        """Run it once for each value of its ``data: per``: the runs by value."""
        from edgewright.running.each import run_each

        return run_each(self.path, out=None if out is None else Path(out), options=Options(**options))

    def __repr__(self) -> str:
        return f"Impulse({str(self.path)!r})"


def run_impulse(
    path: Path,
    *,
    out: Path | None = None,
    runs: Path = Path("runs"),
    base: Path | None = None,
    options: Options | None = None,
    listeners: Sequence[Listener] = (),
    store: Store | None = None,
    plugins: Plugins | None = None,
) -> Run:
    """Run the impulse at ``path`` and return the run.

    Parameters
    ----------
    path : Path
        ``impulse.yaml``; data and block folders in it are relative to its folder.
    out : Path, optional
        The run folder; default ``<runs>/<time>-<name>``, which ``<runs>/latest`` then points to.
    base : Path, optional
        Where relative paths in the impulse start, if not from its folder.
    options : Options, optional
    listeners : callables
        Told every event of the run.

    Raises
    ------
    SpecError, EdgewrightError
        Whatever went wrong. What was wrong before any block ran leaves nothing behind; else the run folder holds the record.
    """
    from edgewright.data import inventory
    from edgewright.plugins import make_plugins
    from edgewright.store import Store

    options = options or Options()
    plugins = plugins or make_plugins()
    base = base or path.resolve().parent
    locked = _locked(options)
    impulse, processing, learning, deployment = load(path, base, plugins, locked)
    if impulse.data.per is not None:
        raise UsageError(
            f"{impulse.locate('/data/per')}: this impulse is several runs",
            hint="`edgewright run`, or run_each in Python",
        )
    files = inventory(impulse.data, base, plugins)
    made = out is None or not out.exists()
    with writing(out or runs):
        folder = new_run_folder(impulse.name, out, runs)
        shutil.copyfile(path, folder / "impulse.yaml")
    head = {
        "name": impulse.name,
        "id": uuid.uuid4().hex,
        "runner": options.runner,
        "base": str(base),
        "nodes": [
            {
                "id": node.id, "type": node.block.type, "block": node.title, "inputs": list(node.inputs),
                "params": dict((node.trainer or node).params),
                **({"region_of": node.region.of} if node.region is not None else {}),
            }
            for node in [*processing, *learning, *deployment]
        ],
        "versions": {"edgewright": version("edgewright"), "python": platform.python_version()},
    }  # fmt: skip
    store = store or Store()
    blocks_ran = False
    try:
        with writing(folder):
            store.add_root(folder)
            recorder = Recorder(folder, head, (*listeners, plugins.run_event))
            session = Session(
                impulse, processing, learning, deployment, store, plugins, recorder, options, str(base)
            )
            with finishing(session, folder):
                session.images = _pin_images(session, locked=bool(locked))
                session.data(files)
                session.describe()
                if options.importance:
                    session.rank()
                blocks_ran = True
                session.learn()
                session.draw_learning_curves(asked=options.learning_curve)
                session.explore(maps=options.maps)
                build = export_nodes(session, needed=bool(deployment))
                check_device(session, build)
                build_packages(session, deployment, build, verify=options.verify)
    except EdgewrightError:
        # A block's log is the one thing to keep of a run that came to nothing.
        if not blocks_ran and not (folder / "logs").exists():
            clear_run_folder(folder)
            if made:
                folder.rmdir()
        raise
    if out is None:
        link_latest(runs, folder)
    return Run(folder)


def check_device(session: Session, build: str) -> None:
    """Refuse an impulse that can't fit the device or the budget that it names. Raises TaskError."""
    from edgewright.estimating import check_fits
    from edgewright.estimating.estimate import fits_of_run

    document = fits_of_run(session, build)
    if document is not None:
        check_fits(document)


def _locked(options: Options) -> dict[str, str] | None:
    """The images of the lock that the user gives."""
    if options.locked is None:
        return None
    from edgewright.sharing.pins import read_pins

    return read_pins(options.locked)


def _pin_images(session: Session, *, locked: bool) -> dict[str, str]:
    """Say what each image reference of the impulse stands for, and which tags have moved since its last run."""
    impulse = session.impulse
    images = {
        entry.block: node.blocks[0].image
        for kind in ("processing", "learning", "deployment")
        for entry, node in zip(
            getattr(impulse, kind),
            (node for node in getattr(session, kind) if node.region is None),
            strict=True,
        )
        if node.blocks[0].image is not None
    }
    if not images:
        return {}
    from edgewright.sharing.pins import moves, pins_of

    pins = pins_of(images)
    memory = f"{session.recorder.document['base']}/{impulse.name}/images"
    if not locked:
        store = session.engine.store
        for line in moves(pins, store.recall(memory) or {}):
            session.recorder.warning(line)
        store.remember(memory, pins)
    return pins


@contextmanager
def finishing(session: Session, folder: Path) -> Iterator[None]:
    """Whatever happens within: Ctrl-C stops tasks, outputs are linked, lock, record and report are written."""
    status = "failed"
    try:
        with on_interrupt(session.engine.cancel):
            yield
        status = "ok"
    except TaskError as error:
        status = "cancelled" if error.reason == "cancelled" else "failed"
        raise
    finally:
        session.close()
        link_outputs(folder, session.engine.entries.items())
        if session.identity is not None:
            path = folder / "impulse.lock"
            document = session.impulse.model_dump(mode="json")
            whole = lock(
                document, session.identity, session.engine, session.earlier_blocks, session.images, session.suggestions,
                session.choices, session.origin,
            )  # fmt: skip
            write_json(path, whole)
        session.recorder.finish(status)
    from edgewright.running.reporting import write_report

    write_report(Run(folder), folder / "report.html", engine=session.engine, plugins=session.plugins)


@contextmanager
def reopened(
    run: Run, options: Options, *, plugins: Plugins | None = None, listeners: Sequence[Listener] = ()
) -> Iterator[Session]:
    """Open a finished run to add to it: its tasks count as done, its record goes on.

    Raises
    ------
    UsageError
        It failed before everything was trained and decided.
    StoreError
        The store no longer holds what the run made.
    """
    from edgewright.plugins import make_plugins
    from edgewright.store import Store

    _check_trained(run)
    plugins = plugins or make_plugins()
    base = Path(run.record["base"])
    impulse, processing, learning, deployment = load(run.path / "impulse.yaml", base, plugins, run.images)
    learning = chosen_before(learning, run)
    recorder = Recorder.reopen(run.path, (*listeners, plugins.run_event))
    session = Session(
        impulse, processing, learning, deployment, Store(), plugins, recorder, options, str(base)
    )
    session.images, session.suggestions, session.choices = run.images, suggestions_of(run), choices_of(run)
    session.earlier_blocks, session.origin = run.locked_blocks, run.record.get("decided_from")
    with finishing(session, run.path):
        session.engine.adopt(run.record["tasks"])
        session.open_planner()
        yield session


def _check_trained(run: Run) -> None:
    """Refuse a run that failed too early; one whose package failed has all that another needs."""
    done = {task["id"] for task in run.record["tasks"] if task["status"] in ("hit", "ran")}
    models = [node for node in run.node_ids("learning") if node not in run.regions]
    untold = [node for node in run.anomaly_nodes if f"{node}/threshold" not in done]
    untold += [node for node in models if not done & {f"{node}/fit", f"{node}/convert"}]
    if untold:
        raise UsageError(
            f"{run.path}: this run is {run.record['status']}: node {untold[0]!r} has no model or no threshold",
            hint=f"mend what failed and run `edgewright run {run.path / 'impulse.yaml'}` again",
        )


def deploy(
    run: Run,
    target: str,
    out: Path,
    *,
    params: dict[str, Any] | None = None,
    options: Options | None = None,
    plugins: Plugins | None = None,
    listeners: Sequence[Listener] = (),
) -> dict[str, Any] | None:
    """Build one target of a finished run into the folder ``out``.

    Returns
    -------
    dict or None
        What the package's self-test found, with ``options.verify``.

    Raises
    ------
    UsageError
    """
    from edgewright.errors import UsageError
    from edgewright.plugins import make_plugins
    from edgewright.running.verification import read_verification

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: exists and is not an empty folder", hint="choose a new folder for -o")
    options = options or Options()
    plugins = plugins or make_plugins()
    with writing(out), reopened(run, options, plugins=plugins, listeners=listeners) as session:
        planned = next((node for node in session.deployment if node.block.name == target), None)
        node = deployment_node(target, Path(run.record["base"]), plugins, planned, params or {})
        build = export_nodes(session)
        build_packages(session, [node], build, verify=options.verify)
        package = session.engine.path(f"{node.id}/build", "package")
        found = None
        if options.verify and not node.block.spec.legacy:
            found = read_verification(
                session.engine.path(f"{node.id}/verify", "verification"),
                session.engine.path(f"assemble/{selftest_data(node)}", "impulse"),
            )
        shutil.copytree(package, out, dirs_exist_ok=True, copy_function=copy_of_package)
        return found
