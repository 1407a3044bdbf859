"""The other side is a run: it cuts and scores the same recordings in its own way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.comparing.sides import Answer
from edgewright.errors import UsageError
from edgewright.running.fresh import Fresh, scored
from edgewright.running.run import Run
from edgewright.trees import measure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.comparing.sides import Question


#: Kinds of learning nodes that can be compared, the one that is taken first where nothing is said.
KINDS = ("anomaly", "classification")


def chosen_node(run: Run, wished: str | None, option: str, kind: str | None = None) -> str:
    """The learning node that is wished for, or the only one of its kind. Raises UsageError."""
    of_kind: dict[str, list[str]] = {each: [] for each in ((kind,) if kind else KINDS)}
    for node in run.deciding_nodes:
        of_kind.get(run.description(node)["kind"], []).append(node)
    nodes = [node for found in of_kind.values() for node in found]
    if wished is not None and wished not in nodes:
        raise UsageError(
            f"{option} {wished}: {run.path} has no such {kind or 'anomaly or classification'} node",
            hint=f"it has: {', '.join(nodes) or 'none'}",
        )
    if wished is not None:
        return wished
    first = next((found for found in of_kind.values() if found), [])
    if len(first) != 1:
        raise UsageError(
            f"{run.path} has {len(first)} {kind or 'anomaly'} nodes"
            + (f" ({', '.join(first)})" if first else "; scores of anomaly nodes and classes are compared"),
            hint=f"choose one by {option}" if first else "compare a run that has one",
        )
    return first[0]


def seconds_of(fresh: Fresh, node: str) -> float | None:
    """Seconds that one window took: features and scores, each task with the start of its block."""
    tasks = [
        task
        for task in fresh.session.recorder.tasks
        if task["operation"] == "transform" or (task["operation"] == "score" and task["node"] == node)
    ]
    total = sum(float(task.get("ran_seconds") or task.get("seconds") or 0.0) for task in tasks)
    return total / len(fresh.index) if len(fresh.index) and total else None


def recording_scores(run: Run, node: str, fresh: Fresh) -> NDArray[np.float64]:
    """One score a sample, as the run's impulse reduces windows; NaN for samples without windows."""
    return reduce_windows(run, node, np.asarray(fresh.scores[node], np.float64), fresh)


def reduce_windows(
    run: Run, node: str, scores: NDArray[np.float64], fresh: Fresh, threshold: float | None = None
) -> NDArray[np.float64]:
    """Reduce window scores to one a sample by the run's rule; NaN where one of a sample's windows has none."""
    from edgewright.scoring import aggregate

    rule = run.decisions(node)["aggregate"]
    limit = float(run.threshold(node)["value"]) if threshold is None else threshold
    found = np.full(len(fresh.samples), np.nan)
    owner = np.asarray(fresh.index["sample"], dtype=np.int64)
    broken = np.unique(owner[~np.isfinite(scores)])
    whole = ~np.isin(owner, broken)
    if whole.any():
        ids, values = aggregate(
            scores[whole],
            owner[whole],
            method=rule["method"],
            top_k=int(rule.get("top_k") or 3),
            threshold=limit,
        )
        found[ids] = values
    return found


def answer_of_run(path: Path, question: Question) -> Answer:
    """Score the recordings by another run, and match its windows by recording and time."""
    run = Run(path)
    node = chosen_node(run, question.wishes.other_node, "--other-node", question.kind)
    with scored(run, question.data, options=question.options, plugins=question.plugins) as fresh:
        by_file = {(s["file"], s["name"]): number for number, s in enumerate(question.fresh.samples)}
        number_of = [by_file.get((s["file"], s["name"]), -1) for s in fresh.samples]
        places = Places(question.fresh)
        rows = zip(fresh.index, fresh.times(), strict=True)
        found = [places.find(number_of[int(row["sample"])], time) for row, time in rows]
        missing = question.count - len({at for at in found if at is not None})
        note = f"{missing} of {question.count} windows have no window of the other run at the same time"
        answer = Answer(
            "run", str(path), np.full(question.count, np.nan), seconds=seconds_of(fresh, node),
            size=measure(run.model(node).resolve())[0], notes=(f"{note}: it cuts the recordings otherwise",) if missing else (),
            timed="computing, with the start of the blocks", sized="model files",
        )  # fmt: skip
        if question.classifies:
            shares = np.asarray(fresh.scores[node], np.float64)
            names = run.description(node)["classes"]
            return replace(
                answer,
                classes={
                    str(name): moved(shares[:, number], found, question.count)
                    for number, name in enumerate(names)
                },
            )
        recordings = np.full(len(question.fresh.samples), np.nan)
        for number, value in zip(number_of, recording_scores(run, node, fresh), strict=True):
            if number >= 0:
                recordings[number] = value
        return replace(
            answer, scores=moved(fresh.scores[node], found, question.count), recordings=recordings,
            threshold=float(run.threshold(node)["value"]), recording_limit=float(run.decisions(node)["aggregate"]["limit"]),
        )  # fmt: skip


def moved(values: NDArray[Any], places: Sequence[int | None], count: int) -> NDArray[np.float64]:
    """Values at the windows where they belong, NaN at all others."""
    result = np.full(count, np.nan)
    for value, at in zip(values, places, strict=True):
        if at is not None:
            result[at] = float(value)
    return result


class Places:
    """Windows by sample and time."""

    def __init__(self, fresh: Fresh) -> None:
        self._tolerance = max(0.5 / fresh.frequency, 6e-4)
        self._times = np.asarray(fresh.times())
        self._first: dict[int, int] = {}
        self._count: dict[int, int] = {}
        for row, sample in enumerate(fresh.index["sample"]):
            self._first.setdefault(int(sample), row)
            self._count[int(sample)] = self._count.get(int(sample), 0) + 1

    def count(self, sample: int) -> int:
        """How many windows a sample has."""
        return self._count.get(sample, 0)

    def all(self, sample: int) -> range:
        """Rows of a sample's windows, in time order."""
        first = self._first.get(sample, 0)
        return range(first, first + self.count(sample))

    def find(self, sample: int, time: float) -> int | None:
        """The window of a sample that starts at `time`, give or take half a row of the signal."""
        if sample not in self._first:
            return None
        rows = self.all(sample)
        times = self._times[rows.start : rows.stop]
        near = int(np.argmin(np.abs(times - time)))
        return rows[near] if abs(times[near] - time) <= self._tolerance else None
