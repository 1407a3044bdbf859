"""Two classifiers on the same windows: where they name another class, and how often each is right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.comparing.figures import pearson
from edgewright.comparing.page import class_drawings
from edgewright.comparing.runs import seconds_of
from edgewright.comparing.sides import Answer
from edgewright.comparing.telling import told_side
from edgewright.errors import DataError
from edgewright.scoring import classification_metrics
from edgewright.trees import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.comparing.sides import Question


def compare_classes(question: Question, answer: Answer, most: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put the classes of both sides together.

    Returns
    -------
    document, panels : dict
        As of :class:`edgewright.comparing.Comparison`.

    Raises
    ------
    DataError
        The other side tells no classes, or none for a window of the run.
    """
    run, fresh, node = question.run, question.fresh, question.node
    if not answer.classes:
        raise DataError(
            f"{answer.name}: tells no classes, as node {node!r} of the run does", hint="choose --node"
        )
    own = [str(name) for name in run.description(node)["classes"]]
    theirs = list(answer.classes)
    first = np.asarray(fresh.scores[node], np.float64)
    second = np.column_stack([np.asarray(answer.classes[name], np.float64) for name in theirs])
    both = np.flatnonzero(np.isfinite(second).all(axis=1))
    if not len(both):
        raise DataError(f"{answer.name}: tells no class for any window of {question.data}")
    said = (
        [own[place] for place in first.argmax(axis=1)],
        [
            theirs[place] if np.isfinite(second[row]).all() else ""
            for row, place in enumerate(second.argmax(axis=1))
        ],
    )
    shared = [name for name in own if name in theirs]
    notes = list(answer.notes)
    if set(own) != set(theirs):
        notes.append(f"classes of the run: {', '.join(own)}; of the other side: {', '.join(theirs)}")
    side = Answer(
        "run", str(run.path), first[:, 0], seconds=seconds_of(fresh, node), size=measure(run.model(node).resolve())[0],
        timed="computing, with the start of the blocks", sized="model files",
    )  # fmt: skip
    differ = [int(row) for row in both if said[0][row] != said[1][row]]
    # The surest of both first: a quarrel between two who hardly know is none.
    differ.sort(key=lambda row: -min(first[row].max(), second[row].max()))
    shown = differ[:most]
    owner = np.asarray(fresh.index["sample"], np.int64)[both]
    judged = [
        classification_metrics(values[both], owner, fresh.samples, names)
        for values, names in ((first, own), (second, theirs))
    ]
    document: dict[str, Any] = {
        "kind": "classification",
        "data": str(question.data),
        "node": node,
        "first": told_side(side, float("nan"), ""),
        "second": told_side(answer, float("nan"), ""),
        "windows": {
            "n": len(both),
            "first_only": len(first) - len(both),
            "agree": len(both) - len(differ),
            "differ": len(differ),
            "pearson": _correlation(first[both], own, second[both], theirs, shared),
            "classes": shared,
            **_accuracies(judged, "windows"),
        },
        "recordings": _recordings(first[both], own, second[both], theirs, owner)
        | _accuracies(judged, "recordings"),
        "pairs": _pairs(said, differ),
        "differing": [_window(question, row, said, (first, second)) for row in shown],
        "notes": notes,
    }
    winner = first.argmax(axis=1)
    opposite = np.array(
        [
            second[row, theirs.index(own[place])] if own[place] in theirs else np.nan
            for row, place in enumerate(winner)
        ]
    )
    return document, class_drawings(question, first.max(axis=1), opposite, shown)


def _correlation(
    first: NDArray[np.float64],
    own: Sequence[str],
    second: NDArray[np.float64],
    theirs: Sequence[str],
    shared: Sequence[str],
) -> float | None:
    """Pearson correlation over the shares of all classes that both have."""
    if not shared:
        return None
    columns = [own.index(name) for name in shared], [theirs.index(name) for name in shared]
    return pearson(first[:, columns[0]].ravel(), second[:, columns[1]].ravel())


def _accuracies(judged: Sequence[dict[str, Any]], table: str) -> dict[str, Any]:
    """How often each side is right where a label is known."""
    found: dict[str, Any] = {"labelled": judged[0][table]["n"] if judged[0][table] else 0}
    for name, metrics in zip(("first", "second"), judged, strict=True):
        known = metrics[table]
        found[name] = {key: known[key] if known else None for key in ("accuracy", "macro_f1", "log_loss")}
    return found


def _recordings(
    first: NDArray[np.float64],
    own: Sequence[str],
    second: NDArray[np.float64],
    theirs: Sequence[str],
    owner: NDArray[np.int64],
) -> dict[str, Any]:
    """Whether both name the same class for a recording, by the mean of its windows."""
    from edgewright.scoring.classification import recording_means

    ids, mine, _ = recording_means(first, owner)
    _, other, _ = recording_means(second, owner)
    agree = sum(own[a] == theirs[b] for a, b in zip(mine.argmax(axis=1), other.argmax(axis=1), strict=True))
    return {"n": len(ids), "agree": agree, "differ": len(ids) - agree}


def _pairs(said: tuple[Sequence[str], Sequence[str]], differ: Sequence[int]) -> list[dict[str, Any]]:
    """Which class of the one is which of the other, where they differ, the most frequent first."""
    counted = Counter((said[0][row], said[1][row]) for row in differ)
    return [{"first": a, "second": b, "windows": count} for (a, b), count in counted.most_common(20)]


def _window(
    question: Question,
    row: int,
    said: tuple[Sequence[str], Sequence[str]],
    shares: tuple[NDArray[np.float64], ...],
) -> dict[str, Any]:
    fresh = question.fresh
    place = fresh.index[row]
    sample = fresh.samples[int(place["sample"])]
    verdicts = {
        name: {"class": said[number][row], "probability": float(shares[number][row].max()), "right": None if sample["label"] is None else said[number][row] == sample["label"]}
        for number, name in enumerate(("first", "second"))
    }  # fmt: skip
    time = round((int(place["start"]) - sample["offset"]) / fresh.frequency, 6)
    return {"sample": sample["name"], "label": sample["label"], "time": time, **verdicts}
