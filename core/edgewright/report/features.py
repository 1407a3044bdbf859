"""The feature explorer: every window as a point, on axes the reader chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import EdgewrightError
from edgewright.report.sampling import packed, split_of_rows, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Run

MAX_WINDOWS = 5000
MAX_NUMBERS = 600_000  # 3.2 MB of the page
MAX_FEATURES = 150
MAX_READ = 2_000_000  # numbers looked at: principal components of more take seconds


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Features of a thinned set of windows, principal components first, and which axes to begin with."""
    codes, names = split_of_rows(run)
    if not len(codes):
        return None
    labels = list(run.description(node)["labels"])
    count = max(200, min(MAX_WINDOWS, MAX_NUMBERS // max(1, min(len(labels), MAX_FEATURES))))
    most = max(200, min(count, MAX_READ // max(1, len(labels))))
    document = run.map(node)
    rows = spread(len(codes), most) if document is None else np.array(document["rows"], np.int64)
    kept_rows = spread(len(rows), most)  # of a map too
    rows = rows[kept_rows]
    values = _rows(run, node, names, rows)
    owner = np.asarray(run.index["sample"])[rows]
    classes, target = np.unique([str(run.samples[sample]["label"]) for sample in owner], return_inverse=True)
    worth = separation(values, target)
    kept = np.sort(np.argsort(-worth, kind="stable")[:MAX_FEATURES])
    components, share = principal(values)
    names_of_components = [f"PC {i + 1} ({part:.0%} of variance)" for i, part in enumerate(share)]
    best = np.argsort(-worth[kept], kind="stable")[:3]
    laid = [layout for layout in (document or {}).get("layouts", ()) if layout["name"] == "PaCMAP"]
    columns = [values[:, kept], components, *(np.array(one["places"]).T[kept_rows] for one in laid)]
    names_of_components += [axis for layout in laid for axis in layout["axes"]]
    if laid and len(classes) < 2:  # nothing to tell apart: begin with the map
        best = np.array([len(kept) + components.shape[1], len(kept) + components.shape[1] + 1, best[0]])
    offset = np.array([sample["offset"] for sample in run.samples], dtype=np.int64)
    frequency = float(run.windows_info.get("frequency") or 1.0)
    return {
        "features": [*(str(labels[i]) for i in kept), *names_of_components],
        "values": packed(np.concatenate(columns, axis=1).T),
        "begin": [int(i) for i in best],
        "classes": [str(name) for name in classes],
        "class": target.tolist(),
        "splits": list(names),
        "split": codes[rows].tolist(),
        "sample": owner.tolist(),
        "names": {int(i): str(run.samples[i]["name"]) for i in np.unique(owner)},
        "normal": [run.samples[i].get("normal") for i in owner],
        "start": ((np.asarray(run.index["start"])[rows] - offset[owner]) / frequency).round(4).tolist(),
        "decision": _decisions(run, node, names, rows),
        "windows": len(codes),
        "all_features": len(labels),
    }


def _rows(run: Run, node: str, splits: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Features of the given windows, in their order."""
    parts = []
    for split in splits:
        first, last = run.rows(split)
        chosen = rows[(rows >= first) & (rows < last)] - first
        parts.append(np.asarray(run.features(node, split).values[chosen], dtype=np.float64))
    return np.concatenate(parts)


def _decisions(run: Run, node: str, splits: Sequence[str], rows: NDArray[np.int64]) -> dict[str, list[int]]:
    """For each anomaly node that reads this one: 1 anomalous, 0 not, for every window shown."""
    found: dict[str, list[int]] = {}
    for learner in run.node_ids("learning"):
        try:
            if node not in run.inputs_of(learner) or run.description(learner)["kind"] != "anomaly":
                continue
            limit = np.float32(run.threshold(learner)["value"])
        except EdgewrightError:  # the run failed before it had one: the points still show
            continue
        parts = []
        for split in splits:
            first, last = run.rows(split)
            chosen = rows[(rows >= first) & (rows < last)] - first
            parts.append(np.asarray(run.scores(learner, split))[chosen].astype(np.float32) > limit)
        found[learner] = np.concatenate(parts).astype(int).tolist()
    return found


def separation(values: NDArray[np.float64], target: NDArray[np.intp]) -> NDArray[np.float64]:
    """How well each feature tells the classes apart: variance between class means over variance within.

    A feature that doesn't vary is worth 0; with one class the variance of the standardised feature ranks instead.

    Parameters
    ----------
    values : np.ndarray [shape=(n, f)]
    target : np.ndarray of int [shape=(n,)]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        spread_ = values.var(axis=0)
        between = np.zeros(values.shape[1])
        for code in np.unique(target):
            member = values[target == code]
            between += len(member) / len(values) * (member.mean(axis=0) - values.mean(axis=0)) ** 2
        within = spread_ - between
        ratio = between / np.maximum(within, 1e-12 * np.maximum(spread_, 1e-300))
    usable = np.isfinite(ratio) & (spread_ > 0)
    if len(np.unique(target)) < 2:
        return np.where(usable, 1.0, 0.0)
    return np.where(usable, ratio, 0.0)


def principal(values: NDArray[np.float64], count: int = 3) -> tuple[NDArray[np.float64], list[float]]:
    """First principal components of the standardised features, and the share of variance of each."""
    scale = values.std(axis=0)
    moving = np.isfinite(scale) & (scale > 0)
    if len(values) < 3 or not moving.any():
        return np.zeros((len(values), 0)), []
    z = (values[:, moving] - values[:, moving].mean(axis=0)) / scale[moving]
    left, singular, right = np.linalg.svd(z, full_matrices=False)
    count = min(count, len(singular))
    # The sign of a component is free: the largest loading is made positive, so that two runs draw alike.
    signs = np.sign(right[np.arange(count), np.abs(right[:count]).argmax(axis=1)])
    energy = singular**2
    return left[:, :count] * singular[:count] * signs, [float(part) for part in energy[:count] / energy.sum()]
