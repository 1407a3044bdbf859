"""Score recordings that a run has never seen, by the same tasks that scored its test split."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.data.readers.base import BadFileError
from edgewright.errors import DataError, TaskError
from edgewright.planner.features import feature_tasks
from edgewright.planner.models import score_tasks
from edgewright.planner.plan import INDEX, READ
from edgewright.running.overlays import nodes_with_maps, with_overlays
from edgewright.running.record import Recorder
from edgewright.running.session import Options, Session, load
from edgewright.running.suggesting import chosen_before
from edgewright.running.verdicts import verdict_of
from edgewright.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.data import Inventory
    from edgewright.planner.tasks import Task
    from edgewright.plugins import Plugins
    from edgewright.running.run import Run
    from edgewright_specs.impulse import ImpulseSpec

#: Operations that new data are scored by.
MODELS = ("fit", "convert", "describe")


@contextmanager
def scoring_session(
    run: Run, options: Options, plugins: Plugins, *, operations: Container[str] = MODELS
) -> Iterator[Session]:
    """A session over a run's models, or what else these operations made, that records nothing into the run."""
    from edgewright.store import Store

    base = Path(run.record["base"])
    impulse, processing, learning, _ = load(run.path / "impulse.yaml", base, plugins, run.images)
    learning = chosen_before(learning, run)
    with scratch_folder("score") as folder:
        recorder = Recorder(folder, {"name": impulse.name, "id": run.record["id"]})
        session = Session(
            impulse, processing, learning, (), Store(), plugins, recorder, options, f"score {run.path}"
        )
        try:
            session.engine.adopt([task for task in run.record["tasks"] if task["operation"] in operations])
            yield session
        finally:
            session.close()
            recorder.finish("ok")


def score(
    run: Run,
    paths: Sequence[Path],
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    warn: Callable[[str], None] = lambda _text: None,
    skipped: Callable[[str], None] | None = None,
    overlays: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """Score files or folders window by window.

    Parameters
    ----------
    run : Run
        A finished run with at least one learning node.
    paths : sequence of Path
        Whatever the run's readers read; labels in them are ignored.
    warn : callable, optional
        Is told of images of other sizes and proportions than were learned from, and of files of another part of the data
        than ``data.where`` names.
    skipped : callable, optional
        Is told of images of a folder that can't be read, and why; else ``warn`` is.
    overlays : Path, optional
        Folder for pictures of images with the scores of their places.

    Yields
    ------
    dict
        ``sample``, ``file``, ``time`` (seconds into the recording), ``decision`` of all nodes together
        (:func:`edgewright.scoring.combine`), and ``nodes``: per anomaly node ``score``, ``p``, ``anomalous``,
        ``threshold`` and ``contributions`` (the largest three, as ``[label, value]``); per classification node ``class``,
        ``probability``, ``probabilities``; per regression node ``value``.
        With ``overlays`` the path of each node's picture, by node.
    """
    from edgewright.plugins import make_plugins

    plugins = plugins or make_plugins()
    if overlays is not None:
        nodes_with_maps(run)  # or say that there are none, before anything is scored
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise DataError(
            f"{missing[0]}: there is no such file or folder",
            hint="name recordings, or their folder" if not run.of_images else "name images, or their folder",
        )
    drawn: set[Path] = set()
    for path in paths:
        with scored(run, path, options=options, plugins=plugins, warn=warn, skipped=skipped) as fresh:
            results = _verdicts(run, fresh, path if path.is_dir() else path.parent)
            if overlays is not None:
                results = with_overlays(run, fresh, results, overlays, drawn)
            yield from results


@dataclass(frozen=True)
class Fresh:
    """New recordings cut into windows, with the scores of a run's learning nodes; lives as long as its session.

    ``samples`` as in ``samples.json``, ``index`` and ``signal`` as in a run's data, ``scores`` and ``contributions`` by node;
    the scores of a classification node are its probabilities.
    """

    session: Session
    samples: list[dict[str, Any]]
    index: NDArray[Any]
    signal: NDArray[np.float32]
    scores: Mapping[str, NDArray[Any]]
    contributions: Mapping[str, NDArray[Any] | None]

    @property
    def frequency(self) -> float:
        """Rows of the signal in a second."""
        return float(self.session.planner.samples.window.get("frequency", 1.0))

    @property
    def length(self) -> int:
        """Rows of a window."""
        return self.session.planner.samples.length

    def times(self) -> list[float]:
        """Where each window starts, in seconds into its recording."""
        return [
            round((int(row["start"]) - self.samples[int(row["sample"])]["offset"]) / self.frequency, 6)
            for row in self.index
        ]

    def maps(self, run: Run, node: str) -> NDArray[np.float32]:
        """Scores by cell of every image, ``(n, rows, columns)``, by a node that gives them; NaN outside of a region."""
        import numpy as np

        from edgewright.scoring import region_maps

        chunks = range(len(self.session.planner.samples.chunks("training")))
        tasks = [f"{run.regions.get(node, node)}/score/new-{number}" for number in chunks]
        maps = np.concatenate([np.load(self.session.engine.path(task, "map")) for task in tasks])
        return region_maps(maps, run.params(node)) if node in run.regions else maps

    def features(self, node: str) -> NDArray[np.float32]:
        """Features of every window at a processing node."""
        import numpy as np

        tasks = [task for task in feature_tasks(self.session.planner) if task.node == node]
        paths = [self.session.engine.path(task.id, "features") for task in tasks]
        return np.concatenate([np.load(path) for path in paths])


@contextmanager
def scored(
    run: Run,
    path: Path,
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    warn: Callable[[str], None] = lambda _text: None,
    skipped: Callable[[str], None] | None = None,
) -> Iterator[Fresh]:
    """Score one file or folder, all windows at once. `warn` and `skipped` as of :func:`score`.

    Raises
    ------
    DataError
        It can't be read, has no windows, or has images of a size that ``strict-size`` refuses.
    """
    import numpy as np

    from edgewright.data import inventory
    from edgewright.data.narrowing import narrowed_new
    from edgewright.plugins import make_plugins

    plugins = plugins or make_plugins()
    with scoring_session(run, options or Options(), plugins) as session:
        asked = session.impulse.data.where
        session.impulse = _unlabelled(_windowed_as(run, session.impulse), path)
        new = inventory(session.impulse.data, Path.cwd(), plugins)
        if asked:
            new, lines = narrowed_new(new, session.impulse.data.model_copy(update={"where": asked}))
            for line in lines:
                warn(line)
        _read(session, new, path)
        planner, engine = session.planner, session.engine
        if run.of_images:
            read = json.loads(engine.path(READ, "recordings").read_text(encoding="utf-8"))
            for file, reason in read["skipped"]:
                skipped(f"{file}: {reason}") if skipped else warn(f"skipped {file}: {reason}")
            for text in (*read.get("remarks", ()), *_other_sizes(run, session)):
                warn(text)
        engine.run(feature_tasks(planner))
        tasks: list[Task] = []
        for node in session.learning:
            tasks += score_tasks(node, planner, "training", name="new")
        engine.run(tasks)
        by_node: dict[str, list[str]] = {node: [] for node in run.deciding_nodes}
        for task in tasks:
            if task.node in by_node:
                by_node[task.node].append(task.id)
        outputs = {
            node: _outputs(session, ids, verdict_of(run, node).output) for node, ids in by_node.items()
        }
        yield Fresh(
            session,
            json.loads(engine.path(INDEX, "samples").read_text(encoding="utf-8")),
            np.load(engine.path(INDEX, "index")),
            np.load(engine.path(READ, "signal"), mmap_mode="r"),
            {node: scores for node, (scores, _) in outputs.items()},
            {node: parts for node, (_, parts) in outputs.items()},
        )


def _read(session: Session, new: Inventory, path: Path) -> None:
    """Read the new files; the remedy for a bad one is not the impulse's, which is the run's and done."""
    try:
        session.data(new)
    except TaskError as error:
        if error.__cause__ is not None and isinstance(error.__cause__.__cause__, BadFileError):
            error.hint = f"mend or remove the file; `edgewright data show {path}` lists all such files"
        raise


def _other_sizes(run: Run, session: Session) -> list[str]:
    from edgewright.data.image_checks import other_sizes

    size = run.windows_info["width"], run.windows_info["height"]
    learned = [sample for sample in run.samples if sample["split"] == "training"]
    samples = json.loads(session.engine.path(INDEX, "samples").read_text(encoding="utf-8"))
    return other_sizes(samples, learned, size, strict=session.impulse.input.strict_size)


def _windowed_as(run: Run, impulse: ImpulseSpec) -> ImpulseSpec:
    """The impulse with the rate and length that its run's data had, where it left them to its data."""
    if impulse.input.kind != "time-series":
        return impulse
    info = run.windows_info
    known: dict[str, float] = {"frequency": info["frequency"]}
    if impulse.input.whole:
        known["max_length_ms"] = 1000 * info["length"] / info["frequency"]
    return impulse.model_copy(update={"input": impulse.input.model_copy(update=known)})


def _unlabelled(impulse: Any, path: Path) -> Any:
    from edgewright.data.listing import FOLDER_OPTIONS

    # How files are to be read holds for new ones too, which folder they lie in does not.
    options = {name: value for name, value in impulse.data.options.items() if name not in FOLDER_OPTIONS}
    data = impulse.data.model_copy(
        update={
            "path": str(path.resolve()), "normal": None, "abnormal": None, "split": "none", "options": options,
            "where": {}, "per": None, "skip_bad": impulse.data.skip_bad or (impulse.input.kind == "image" and path.is_dir()),
        }
    )  # fmt: skip
    return impulse.model_copy(update={"data": data})


def _verdicts(run: Run, fresh: Fresh, root: Path) -> Iterator[dict[str, Any]]:
    from edgewright.scoring import combine

    verdicts = {node: verdict_of(run, node) for node in fresh.scores}
    times = fresh.times()
    for number, row in enumerate(fresh.index):
        nodes = {
            name: verdicts[name].of(scores[number], None if parts is None else parts[number])
            for (name, scores), parts in zip(fresh.scores.items(), fresh.contributions.values(), strict=True)
        }
        sample = fresh.samples[int(row["sample"])]
        yield {
            "sample": sample["name"],
            "file": str(root / sample["file"]),
            "time": times[number],
            "decision": combine(nodes),
            "nodes": nodes,
        }


def _outputs(session: Session, tasks: Sequence[str], name: str) -> tuple[Any, Any]:
    import numpy as np

    scores = np.concatenate([np.load(session.engine.path(task, name)) for task in tasks])
    if not all(session.engine.has(task, "contributions") for task in tasks):
        return scores, None
    return scores, np.concatenate([np.load(session.engine.path(task, "contributions")) for task in tasks])
