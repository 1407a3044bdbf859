"""The anomaly explorer: what is known as normal, and where the windows of a chosen test sample lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.planner.tasks import NOT_USED
from edgewright.report.features import separation
from edgewright.report.sampling import packed, recording, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Labelled, Run

MAX_SAMPLES = 200
MAX_WINDOWS = 4000
MAX_KNOWN = 1500
MAX_DIMENSIONS = 160
MAX_VALUES = 400
MAX_READ = 4_000_000  # numbers held at a time, 32 MB
TOP = 3


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Clusters, known windows, and test samples with windows, scores, decisions, reasons and signals."""
    decisions = run.decisions(node)
    split = str(decisions["split"])
    recordings = decisions["recordings"]
    # What reads windows, or the map of what does, has no space of features.
    if not recordings or run.inputs_of(node) == ["input"] or node in run.regions:
        return None
    space = _space(run, node)
    most = max(300, min(MAX_WINDOWS, MAX_READ // max(1, len(space["labels"]))))
    owner = np.asarray(decisions["windows"]["sample"], dtype=np.int64)
    chosen = _choose(recordings, owner, most)
    rows = [
        _thinned(np.flatnonzero(owner == row["sample"]), decisions["windows"]["score"], most)
        for row in chosen
    ]
    learned = _learned(run, node)
    known = _place(run, node, space, "training", learned[spread(len(learned), min(MAX_KNOWN, most))])
    tested = _place(run, node, space, split, np.concatenate(rows))
    target = np.concatenate((np.zeros(len(known), np.intp), np.ones(len(tested), np.intp)))
    worth = separation(np.concatenate((known, tested)), target)
    kept = np.sort(np.argsort(-worth, kind="stable")[:MAX_DIMENSIONS])
    contributions = run.contributions(node, split)
    frequency = float(run.windows_info.get("frequency") or 1.0)
    ends = np.cumsum([len(part) for part in rows])
    return {
        "node": node,
        "split": split,
        "dimensions": [space["labels"][i] for i in kept],
        "dimensions_total": len(space["labels"]),
        "begin": [int(i) for i in np.argsort(-worth[kept], kind="stable")[:2]],
        "balls": packed(space["centers"][:, kept]),
        "radii": packed(space["radii"]),
        "sizes": space["sizes"],
        "known": packed(known[:, kept].T),
        "known_total": len(learned),
        "has_edge": bool(len(space["radii"])),
        "threshold": float(decisions["threshold"]),
        "axes": [str(axis) for axis in run.windows_info["axes"]][:12],
        "window_seconds": run.windows_info["length"] / frequency,
        "samples_total": len(recordings),
        "samples": [
            {
                "name": str(row["name"]),
                "label": str(row["label"]),
                "normal": row["normal"],
                "score": row["score"],
                "anomalous": row["anomalous"],
                "file": str(run.samples[row["sample"]].get("file") or ""),
                **_windows(part, decisions["windows"], contributions, frequency),
                "places": packed(tested[end - len(part) : end][:, kept].T),
                "signal": recording(run, row["sample"], MAX_VALUES),
            }
            for row, part, end in zip(chosen, rows, ends, strict=True)
        ],
    }


def _choose(
    recordings: Sequence[dict[str, Any]], owner: NDArray[np.int64], most: int
) -> list[dict[str, Any]]:
    """Which recordings the page holds: spread over the ranking by score, with at most ``most`` windows in all."""
    count = min(len(recordings), MAX_SAMPLES)
    sizes = np.bincount(owner)
    while count > 1:
        rows = [recordings[i] for i in spread(len(recordings), count)]
        if sum(int(sizes[row["sample"]]) for row in rows) <= most:
            return rows
        count = count * 2 // 3
    return [recordings[0]]


def _thinned(rows: NDArray[np.intp], scores: Sequence[float], most: int) -> NDArray[np.int64]:
    """At most ``most`` windows of one recording, its most anomalous one always among them."""
    if len(rows) <= most:
        return rows.astype(np.int64)
    peak = rows[int(np.argmax([scores[i] for i in rows]))]
    kept: NDArray[np.int64] = np.unique(np.append(rows[spread(len(rows), most - 1)], peak)).astype(np.int64)
    return kept


def _windows(
    rows: NDArray[np.int64], columns: dict[str, Any], contributions: Labelled | None, frequency: float
) -> dict[str, Any]:
    """Columns of one sample's windows: when, score, p, decision and what stands out."""
    reasons: list[list[list[Any]]] = []
    if contributions is not None and len(contributions.labels):
        for line in np.asarray(contributions.values[rows]):
            best = np.argsort(-line, kind="stable")[:TOP]
            reasons.append([[str(contributions.labels[i]), float(line[i])] for i in best])
    return {
        "start": [round(columns["start"][i] / frequency, 4) for i in rows],
        "scores": [columns["score"][i] for i in rows],
        "p": [round(columns["p"][i], 6) for i in rows],
        "flags": [int(columns["anomalous"][i]) for i in rows],
        "reasons": reasons,
    }


def _learned(run: Run, node: str) -> NDArray[np.int64]:
    """Rows of the training split that the node learned from."""
    first, last = run.rows("training")
    path = run.path / "outputs" / node / "assignment.npy"
    if not path.is_file():
        return np.arange(last - first, dtype=np.int64)
    return np.flatnonzero(np.load(path, allow_pickle=False) != NOT_USED)


def _space(run: Run, node: str) -> dict[str, Any]:
    """The standardised space with its clusters that the block drew, or its plain input features without any."""
    labels = [label for name in run.inputs_of(node) for label in run.features(name, "training").labels]
    for plot in run.plots(node):
        space = _drawn(plot, labels)
        if space is not None:
            return space
    learned = _learned(run, node)
    plain = {"labels": labels, "mean": np.zeros(len(labels)), "scale": np.ones(len(labels))}
    values = _place(run, node, plain, "training", learned[spread(len(learned), MAX_KNOWN)])
    scale = values.std(axis=0) if len(values) else np.ones(len(labels))
    return {
        "labels": labels,
        "mean": values.mean(axis=0) if len(values) else np.zeros(len(labels)),
        "scale": np.where(scale > 0, scale, 1.0),
        "centers": np.zeros((0, len(labels))),
        "radii": np.zeros(0),
        "sizes": [],
    }


def _drawn(plot: Any, available: Sequence[str]) -> dict[str, Any] | None:
    """A ``space`` plot as arrays; None for another plot, or one that doesn't fit the features."""
    if not isinstance(plot, dict) or plot.get("kind") != "space":
        return None
    try:
        labels = [str(label) for label in plot["dimensions"]]
        balls = list(plot["balls"])
        space: dict[str, Any] = {
            "labels": labels,
            "mean": np.array(plot["mean"], dtype=np.float64).reshape(len(labels)),
            "scale": np.array(plot["scale"], dtype=np.float64).reshape(len(labels)),
            "centers": np.array([ball["center"] for ball in balls], dtype=np.float64).reshape(
                len(balls), len(labels)
            ),
            "radii": np.array([ball["radius"] for ball in balls], dtype=np.float64).reshape(len(balls)),
            "sizes": [int(ball.get("size", 0)) for ball in balls],
        }
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    space["scale"] = np.where(space["scale"] > 0, space["scale"], 1.0)
    fits = labels and not set(labels) - set(available)
    return (
        space
        if fits and all(np.isfinite(space[name]).all() for name in ("mean", "centers", "radii"))
        else None
    )


def _place(
    run: Run, node: str, space: dict[str, Any], split: str, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Where windows lie in the standardised space, ``(len(rows), dimensions)``."""
    parts = [run.features(name, split) for name in run.inputs_of(node)]
    names = [label for part in parts for label in part.labels]
    values = np.concatenate([np.asarray(part.values[rows], dtype=np.float64) for part in parts], axis=1)
    placed: NDArray[np.float64] = (values[:, _columns(space["labels"], names)] - space["mean"]) / space[
        "scale"
    ]
    return placed


def _columns(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    """Columns of labels; the second of equal labels is the second column of that name."""
    places: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        places.setdefault(name, []).append(column)
    return [places[label].pop(0) if len(places[label]) > 1 else places[label][0] for label in wanted]
