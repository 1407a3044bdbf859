"""Feature importance outside of a run: of features in hand, or of one node of an impulse."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError, UsageError
from edgewright.planner.describing import describe_processing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.face import BlockFeatures
    from edgewright.plugins import Plugins
    from edgewright.running.record import Listener
    from edgewright.running.session import Options


def rank_features(
    features: BlockFeatures,
    labels: Sequence[str | None],
    *,
    runner: str = "auto",
    plugins: Plugins | None = None,
) -> dict[str, Any]:
    """Rank features by how well they tell the labels of their windows apart.

    Parameters
    ----------
    features : BlockFeatures
    labels : sequence of str or None
        One a window; windows without one (None, or empty) are left out.
    runner : str
        ``auto`` is a plain process, since the block that ranks is built in.
    plugins : Plugins, optional

    Returns
    -------
    dict
        ``importance.json``: ``features`` (``label``, ``importance``, ``by_label``) in descending order, ``classes``, ``windows``,
        ``suggested``, ``share``, ``note``.

    Raises
    ------
    DataError
        Another number of labels than windows, fewer than two that differ, or more than 500.
    """
    import numpy as np

    from edgewright.data.names import sorted_labels
    from edgewright.plugins import make_plugins
    from edgewright.request_folder import put_array, put_features, put_request
    from edgewright.runners.choose import Chooser
    from edgewright.running.importance_steps import MOST_CLASSES, ranker_node, read_ranking
    from edgewright.single import run_once, workspace

    if len(labels) != len(features.values):
        raise DataError(f"{len(labels)} labels for {len(features.values)} windows", hint="give one a window")
    classes = sorted_labels({label for label in labels if label})
    if len(classes) < 2:
        raise DataError(
            f"labels that differ: {', '.join(classes) or 'none'}", hint="it takes two labels to tell apart"
        )
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"{len(classes)} labels are too many to tell apart", hint=f"allowed: {MOST_CLASSES} at most"
        )
    kept = np.array([bool(label) for label in labels])
    codes = np.array([classes.index(label) for label in labels if label], np.int32)
    loaded = plugins if plugins is not None else make_plugins()
    ranker = ranker_node(loaded)
    chooser = Chooser(list(loaded.runners().values()), "process" if runner == "auto" else runner)
    with closing(chooser), workspace() as folder:
        chosen = chooser.choose(ranker.block)
        prepared = chosen.prepare(ranker.block, lambda _message: None)
        asked = folder / "in"
        asked.mkdir()
        rows = np.ascontiguousarray(features.values[kept])
        inputs = {
            "features": put_features(asked, "features", rows, features.labels, features.shape),
            "targets": put_array(asked, "targets", codes),
        }
        put_request(asked, "fit", ranker.params, inputs=inputs, classes=classes)
        finished = run_once(chosen, prepared, asked, folder, operation="fit")
        return read_ranking(finished.outputs["model"])


def rank_impulse(
    path: Path,
    name: str,
    *,
    options: Options,
    plugins: Plugins | None = None,
    listeners: Sequence[Listener] = (),
) -> dict[str, Any]:
    """Rank the features that a processing node of an impulse gives, or those that a learning node reads.

    By the labels of the training windows, as a run would; what the store holds of a run isn't computed again.

    Returns
    -------
    dict
        As :func:`rank_features`; without features where ``note`` says why.

    Raises
    ------
    UsageError
        The impulse has no such node.
    """
    from edgewright.data import inventory
    from edgewright.plugins import make_plugins
    from edgewright.running.cancel import on_interrupt
    from edgewright.running.record import Recorder
    from edgewright.running.session import Session, load
    from edgewright.running.suggesting import rank
    from edgewright.store import Store

    loaded = plugins if plugins is not None else make_plugins()
    base = path.resolve().parent
    impulse, processing, learning, _ = load(path, base, loaded)
    nodes = [node for node in (*processing, *learning) if node.id == name]
    if not nodes:
        known = ", ".join(node.id for node in (*processing, *learning))
        raise UsageError(f"{path}: has no node {name!r}", hint=f"its nodes: {known}")
    files = inventory(impulse.data, base, loaded)
    with tempfile.TemporaryDirectory(prefix="edgewright-rank-") as folder:
        recorder = Recorder(Path(folder), {"name": impulse.name, "id": "ranking"}, tuple(listeners))
        session = Session(impulse, processing, learning, (), Store(), loaded, recorder, options, str(base))
        try:
            with on_interrupt(session.engine.cancel):
                session.data(files)
                session.engine.run(describe_processing(session.planner))
                return rank(session, nodes)[name]
        finally:
            session.close()
            recorder.finish("ok")
