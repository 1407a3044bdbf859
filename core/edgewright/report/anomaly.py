"""The anomaly explorer: what is known as normal, and where the windows of a chosen test sample lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.features import separation
from edgewright.report.sampling import packed, recording, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Run

MAX_SAMPLES = 200
MAX_WINDOWS = 4000
MAX_KNOWN = 1500
MAX_DIMENSIONS = 160
MAX_VALUES = 400
TOP = 3


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Clusters, known windows, and test samples with windows, scores, decisions, reasons and signals."""
    decisions = run.decisions(node)
    split = str(decisions["split"])
    recordings = decisions["recordings"]
    if not recordings:
        return None
    owner = np.asarray(decisions["windows"]["sample"], dtype=np.int64)
    chosen = _choose(recordings, owner)
    space = _space(run, node)
    known = _values(run, node, space["labels"], "training")
    known = (known - space["mean"]) / space["scale"]
    tested = (_values(run, node, space["labels"], split) - space["mean"]) / space["scale"]
    member = np.isin(owner, [row["sample"] for row in chosen])
    target = np.concatenate((np.zeros(len(known), np.intp), np.ones(int(member.sum()), np.intp)))
    worth = separation(np.concatenate((known, tested[member])), target)
    kept = np.argsort(-worth, kind="stable")[:MAX_DIMENSIONS]
    kept.sort()
    thin = spread(len(known), MAX_KNOWN)
    contributions = run.contributions(node, split)
    frequency = float(run.windows_info.get("frequency") or 1.0)
    columns = decisions["windows"]
    return {
        "node": node,
        "split": split,
        "dimensions": [space["labels"][i] for i in kept],
        "dimensions_total": len(space["labels"]),
        "begin": [int(i) for i in np.argsort(-worth[kept], kind="stable")[:2]],
        "balls": packed(space["centers"][:, kept]),
        "radii": packed(space["radii"]),
        "sizes": space["sizes"],
        "known": packed(known[thin][:, kept].T),
        "known_total": len(known),
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
                **_windows(
                    np.flatnonzero(owner == row["sample"]), columns, tested[:, kept], contributions, frequency
                ),
                "signal": recording(run, row["sample"], MAX_VALUES),
            }
            for row in chosen
        ],
    }


def _choose(recordings: Sequence[dict[str, Any]], owner: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Which recordings the page holds: spread over the ranking by score, within the budget of windows."""
    count = min(len(recordings), MAX_SAMPLES)
    sizes = np.bincount(owner)
    while count > 1:
        rows = [recordings[i] for i in spread(len(recordings), count)]
        if sum(int(sizes[row["sample"]]) for row in rows) <= MAX_WINDOWS:
            return rows
        count = count * 2 // 3
    return [recordings[0]]


def _windows(
    rows: NDArray[np.intp],
    columns: dict[str, Any],
    placed: NDArray[np.float64],
    contributions: Any,
    frequency: float,
) -> dict[str, Any]:
    """Columns of one sample's windows; a long recording is thinned, its most anomalous window always kept."""
    if len(rows) > MAX_WINDOWS:
        peak = rows[int(np.argmax([columns["score"][i] for i in rows]))]
        rows = np.unique(np.append(rows[spread(len(rows), MAX_WINDOWS - 1)], peak))
    found: dict[str, Any] = {
        "start": [round(columns["start"][i] / frequency, 4) for i in rows],
        "scores": [columns["score"][i] for i in rows],
        "p": [round(columns["p"][i], 6) for i in rows],
        "flags": [int(columns["anomalous"][i]) for i in rows],
        "places": packed(placed[rows].T),
        "reasons": [],
    }
    if contributions is not None and len(contributions.labels):
        values = np.asarray(contributions.values)[rows]
        for line in values:
            best = np.argsort(-line, kind="stable")[:TOP]
            found["reasons"].append([[str(contributions.labels[i]), float(line[i])] for i in best])
    return found


def _space(run: Run, node: str) -> dict[str, Any]:
    """The standardised space with its clusters that the block drew, or its plain input features without any."""
    for plot in run.plots(node):
        if plot.get("kind") == "space" and plot.get("dimensions"):
            labels = [str(label) for label in plot["dimensions"]]
            scale = np.asarray(plot["scale"], dtype=np.float64)
            balls = plot.get("balls") or []
            return {
                "labels": labels,
                "mean": np.asarray(plot["mean"], dtype=np.float64),
                "scale": np.where(scale > 0, scale, 1.0),
                "centers": np.array([ball["center"] for ball in balls], dtype=np.float64).reshape(
                    -1, len(labels)
                ),
                "radii": np.array([ball["radius"] for ball in balls], dtype=np.float64),
                "sizes": [int(ball.get("size", 0)) for ball in balls],
            }
    labels = [label for name in run.inputs_of(node) for label in run.features(name, "training").labels]
    values = _values(run, node, labels, "training")
    scale = values.std(axis=0)
    empty = np.zeros((0, len(labels)))
    return {
        "labels": labels,
        "mean": values.mean(axis=0) if len(values) else np.zeros(len(labels)),
        "scale": np.where(scale > 0, scale, 1.0) if len(values) else np.ones(len(labels)),
        "centers": empty,
        "radii": np.zeros(0),
        "sizes": [],
    }


def _values(run: Run, node: str, labels: Sequence[str], split: str) -> NDArray[np.float64]:
    """The named columns of a node's concatenated inputs."""
    parts = [run.features(name, split) for name in run.inputs_of(node)]
    names = [label for part in parts for label in part.labels]
    values = np.concatenate([np.asarray(part.values) for part in parts], axis=1)
    place = {label: column for column, label in reversed(list(enumerate(names)))}
    chosen: NDArray[np.float64] = values[:, [place[label] for label in labels]].astype(np.float64)
    return chosen
