"""Decide again with another threshold: a new run folder on the models, features and scores of a finished run."""

from __future__ import annotations

import platform
import uuid
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from edgewright.errors import EdgewrightError, TaskError, UsageError
from edgewright.running.combination_step import DECISION
from edgewright.running.folder import clear_run_folder, link_latest, new_run_folder, writing
from edgewright.running.impulse import check_device, finishing
from edgewright.running.map_steps import RANKING
from edgewright.running.packaging import export_nodes
from edgewright.running.record import Listener, Recorder
from edgewright.running.run import Run
from edgewright.running.session import Options, Session, load
from edgewright.running.suggesting import choices_of, chosen_before, suggestions_of
from edgewright.scoring import METHODS
from edgewright.scoring.labelled import LABELLED_METHODS
from edgewright_specs.graph import METHOD_FIELDS
from edgewright_specs.impulse import ThresholdSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgewright.plugins import Plugins

#: Fields of a threshold that say how recordings and streams are decided, and stay when only the method changes.
_AROUND = ("aggregate", "k", "smoothing")


def redecide(
    run: Run,
    node: str,
    settings: Mapping[str, Any],
    *,
    on_test: bool = False,
    out: Path | None = None,
    options: Options | None = None,
    plugins: Plugins | None = None,
    listeners: Sequence[Listener] = (),
) -> Run:
    """Choose the threshold of one anomaly node anew, and decide.

    Nothing is trained or scored again, and the data are not read: what ran is taken over from ``run``, and only the
    threshold, decisions and metrics are computed, by the same steps as in any run.

    Parameters
    ----------
    run : Run
        A finished run; it stays as it is.
    node : str
        One of its anomaly nodes.
    settings : mapping
        Fields of ``thresholds:`` in an impulse. A ``method`` takes the place of the old one and its options; without
        one the method stays and ``aggregate``, ``k`` or ``smoothing`` change.
    on_test : bool
        Let a method that reads labels read those of the test split, or say of a ``manual`` value that it was chosen on
        that split. The metrics on it are then too good, and say so.
    out : Path, optional
        Folder of the new run, by default one beside ``run``, which ``latest`` then points to.

    Raises
    ------
    UsageError
        No such node, settings that don't fit together, or a method that the scores don't allow.
    StoreError
        The store no longer holds what the run made.
    """
    from edgewright.plugins import make_plugins

    if run.record["status"] != "ok":
        raise UsageError(
            f"{run.path}: this run is {run.record['status']}",
            hint=f"run `edgewright run {run.path / 'impulse.yaml'}`",
        )
    if node not in run.anomaly_nodes:
        nodes = ", ".join(run.anomaly_nodes) or "none"
        raise UsageError(f"{node!r} is no anomaly node of this run", hint=f"its anomaly nodes: {nodes}")
    if out is not None and out.resolve() == run.path.resolve():
        raise UsageError(f"{out}: is the run itself", hint="choose another folder for -o")
    plugins, options = plugins or make_plugins(), options or Options()
    base = Path(run.record["base"])
    before = load(run.path / "impulse.yaml", base, plugins, run.images)[0].thresholds.get(node)
    entry = _entry(before.model_dump(mode="json", exclude_unset=True) if before else {}, settings)
    check_settings(entry, on_test=on_test)
    text = with_threshold((run.path / "impulse.yaml").read_text(encoding="utf-8"), node, entry)
    if on_test:
        text = f"# The threshold of {node} was chosen on the test split, by `edgewright threshold --on-test`.\n{text}"
    runs = run.path.resolve().parent
    made = out is None or not out.exists()
    with writing(out or runs):
        folder = new_run_folder(run.record["name"], out, runs)
        (folder / "impulse.yaml").write_text(text, encoding="utf-8")
    origin = {
        "run": str(run.path.resolve()), "id": run.record["id"], "build_id": run.record.get("build_id"),
        "node": node, "threshold": entry, "on_test": on_test,
    }  # fmt: skip
    try:
        with writing(folder):
            _decide(run, folder, origin, options, plugins, listeners)
    except EdgewrightError as error:
        # Nothing was computed but a threshold that could not be had: nothing of it is worth keeping.
        clear_run_folder(folder)
        if made:
            folder.rmdir()
        if isinstance(error, TaskError) and error.task == f"{node}/threshold" and error.exit_code == 2:
            # It names a line of the impulse that is no more.
            _, here, said = error.said.partition(f"{folder / 'impulse.yaml'}:")
            raise UsageError(said.partition(": ")[2] if here else error.said, hint=error.hint) from None
        raise
    if out is None:
        link_latest(runs, folder)
    return Run(folder)


def _decide(
    run: Run,
    folder: Path,
    origin: Mapping[str, Any],
    options: Options,
    plugins: Plugins,
    listeners: Sequence[Listener],
) -> None:
    """Fill the folder of the new run, whose changed impulse is there."""
    from edgewright.store import Store

    base, node = Path(run.record["base"]), origin["node"]
    impulse, processing, learning, deployment = load(folder / "impulse.yaml", base, plugins, run.images)
    head = {
        "name": impulse.name,
        "id": uuid.uuid4().hex,
        "runner": options.runner,
        "base": str(base),
        # Packages hold a threshold too: they are built when they are asked for.
        "nodes": [one for one in run.nodes if one["type"] != "deployment"],
        "versions": {"edgewright": version("edgewright"), "python": platform.python_version()},
        "decided_from": dict(origin),
    }
    store = Store()
    store.add_root(folder)
    recorder = Recorder(folder, head, (*listeners, plugins.run_event))
    session = Session(
        impulse,
        processing,
        chosen_before(learning, run),
        deployment,
        store,
        plugins,
        recorder,
        options,
        str(base),
    )
    session.images, session.suggestions, session.choices = run.images, suggestions_of(run), choices_of(run)
    session.earlier_blocks, session.origin = run.locked_blocks, origin
    with finishing(session, folder):
        kept = list(_kept(run, node))
        session.engine.adopt(kept)
        for task in kept:
            recorder.task(**{**task, "status": "hit", "seconds": 0.0, "why": []})
        session.open_planner()
        session.learn(on_test={node} if origin["on_test"] else ())
        check_device(session, export_nodes(session, needed=False))


def check_settings(entry: Mapping[str, Any], *, on_test: bool) -> None:
    """Refuse settings that don't go with their method, in the words of the command line. Raises UsageError."""
    method = entry.get("method", "held-out")
    if method not in METHODS:
        raise UsageError(f"--method: got {method!r}, must be one of {', '.join(METHODS)}")
    fields = METHOD_FIELDS[method]
    given = set(entry) - {"method", *_AROUND}
    for name in sorted(given - set(fields)):
        goes = ", ".join(other for other, has in METHOD_FIELDS.items() if name in has)
        raise UsageError(f"--{name} doesn't go with method {method}", hint=f"it goes with {goes}")
    for name, needed in fields.items():
        if needed and name not in given:
            raise UsageError(f"method {method} needs --{'set' if name == 'value' else name}")
    if on_test and method not in (*LABELLED_METHODS, "manual"):
        raise UsageError(
            f"--on-test: method {method} reads no labels",
            hint=f"it goes with {', '.join(LABELLED_METHODS)}, and with --set",
        )
    try:
        ThresholdSpec.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise UsageError(
            f"--{'set' if name == 'value' else name}: got {first['input']}: {first['msg'].lower()}"
        ) from None


def with_threshold(text: str, node: str, entry: Mapping[str, Any]) -> str:
    """The text of an impulse with another threshold of one node; comments and all else stay."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    fields = CommentedMap(entry)
    fields.fa.set_flow_style()
    if not document.get("thresholds"):
        document["thresholds"] = CommentedMap()
    document["thresholds"][node] = fields
    stream = StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


def _entry(before: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in settings.items() if value is not None}
    if not given:
        raise UsageError(
            "nothing to change: no method, no value, no aggregate, no smoothing",
            hint="say what to decide by: `--set VALUE`, or `--method held-out`",
        )
    kept = [name for name in before if "method" not in given or name in _AROUND]
    return {**{name: before[name] for name in kept if before[name] is not None}, **given}


def _kept(run: Run, node: str) -> Iterable[Mapping[str, Any]]:
    """Tasks of a run that don't depend on the threshold of a node; packages, which do, are left to `deploy`."""
    redone = {f"{node}/threshold", f"{node}/decide", f"{DECISION}/combine"}
    nodes = {*run.node_ids("processing"), *run.node_ids("learning"), "data", RANKING}
    for task in run.record["tasks"]:
        owner = str(task["id"]).partition("/")[0]
        inner = "/selftest-" in task["id"]
        if task["status"] in ("hit", "ran") and owner in nodes and task["id"] not in redone and not inner:
            yield task
