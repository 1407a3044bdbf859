"""Score recordings that a run has never seen, by the same tasks that scored its test split."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError
from edgewright.planner.plan import INDEX
from edgewright.running.record import Recorder
from edgewright.running.session import Options, Session, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from edgewright.planner.tasks import BlockTask
    from edgewright.plugins import Plugins
    from edgewright.running.run import Run

TOP = 3


@contextmanager
def scoring_session(run: Run, options: Options, plugins: Plugins) -> Iterator[Session]:
    """A session over a run's models that records nothing into the run."""
    from edgewright.store import Store

    base = Path(run.record["base"])
    impulse, processing, learning, _ = load(run.path / "impulse.yaml", base, plugins)
    with tempfile.TemporaryDirectory(prefix="edgewright-score-") as folder:
        recorder = Recorder(Path(folder), {"name": impulse.name, "id": run.record["id"]})
        session = Session(
            impulse, processing, learning, (), Store(), plugins, recorder, options, f"score {run.path}"
        )
        try:
            session.engine.adopt(
                [task for task in run.record["tasks"] if task["operation"] in ("fit", "describe")]
            )
            yield session
        finally:
            session.close()
            recorder.finish("ok")


def score(
    run: Run, paths: Sequence[Path], *, options: Options | None = None, plugins: Plugins | None = None
) -> Iterator[dict[str, Any]]:
    """Score files or folders window by window.

    Parameters
    ----------
    run : Run
        A finished run with at least one anomaly node.
    paths : sequence of Path
        Whatever the run's readers read; labels in them are ignored.

    Yields
    ------
    dict
        ``sample``, ``time`` (seconds into the recording), and ``nodes``: per anomaly node ``score``, ``p``, ``anomalous``,
        ``threshold`` and ``contributions`` (the largest three, as ``[label, value]``).
    """
    from edgewright.data import inventory
    from edgewright.plugins import make_plugins

    plugins = plugins or make_plugins()
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise DataError(
            f"{missing[0]}: there is no such file or folder", hint="name recordings, or their folder"
        )
    for path in paths:
        with scoring_session(run, options or Options(), plugins) as session:
            session.impulse = _unlabelled(session.impulse, path)
            session.data(inventory(session.impulse.data, Path.cwd(), plugins))
            yield from _score_windows(run, session)


def _unlabelled(impulse: Any, path: Path) -> Any:
    from edgewright.data.listing import FOLDER_OPTIONS

    # How files are to be read holds for new ones too, which folder they lie in does not.
    options = {name: value for name, value in impulse.data.options.items() if name not in FOLDER_OPTIONS}
    data = impulse.data.model_copy(
        update={
            "path": str(path.resolve()), "normal": None, "abnormal": None, "split": "none", "options": options,
        }
    )  # fmt: skip
    return impulse.model_copy(update={"data": data})


def _score_windows(run: Run, session: Session) -> Iterator[dict[str, Any]]:
    import numpy as np

    planner = session.planner
    session.engine.run(planner.features())
    nodes = [node for node in session.learning if node.id in run.anomaly_nodes]
    tasks: list[BlockTask] = []
    for node in nodes:
        tasks += planner.score(node, "training", name="new")
    session.engine.run(tasks)
    rows = np.load(session.engine.path(INDEX, "index"))
    samples = json.loads(session.engine.path(INDEX, "samples").read_text(encoding="utf-8"))
    scored = {
        node.id: _outputs(session, [task.id for task in tasks if task.node == node.id]) for node in nodes
    }
    frequency = planner.samples.window["frequency"]
    verdicts = {node.id: Verdict(run, node.id) for node in nodes}
    for number, row in enumerate(rows):
        sample = samples[int(row["sample"])]
        yield {
            "sample": sample["name"],
            "time": round((int(row["start"]) - sample["offset"]) / frequency, 6),
            "nodes": {
                name: verdicts[name].of(scores[number], None if parts is None else parts[number])
                for name, (scores, parts) in scored.items()
            },
        }


def _outputs(session: Session, tasks: Sequence[str]) -> tuple[Any, Any]:
    import numpy as np

    scores = np.concatenate([np.load(session.engine.path(task, "scores")) for task in tasks])
    if not all(session.engine.has(task, "contributions") for task in tasks):
        return scores, None
    return scores, np.concatenate([np.load(session.engine.path(task, "contributions")) for task in tasks])


class Verdict:
    """What a score of one anomaly node means: p-value, decision, the features that made it."""

    def __init__(self, run: Run, node: str) -> None:
        from edgewright.scoring import PTable

        threshold = run.threshold(node)
        self.threshold = float(threshold["value"])
        self._table = PTable.from_document(threshold["quantiles"])
        self._labels: Sequence[str] = run.description(node).get("contributions", [])

    def of(self, score: float, contributions: Any = None) -> Mapping[str, Any]:
        """The result document of one window's score."""
        from edgewright.scoring import decide, p_values

        top: list[list[Any]] = []
        if contributions is not None:
            order = (-contributions).argsort(kind="stable")[:TOP]
            top = [[self._labels[column], float(contributions[column])] for column in order]
        return {
            "score": float(score),
            "p": float(p_values([score], self._table)[0]),
            "anomalous": bool(decide([score], self.threshold)[0]),
            "threshold": self.threshold,
            "contributions": top,
        }
