"""Thresholds from labelled scores: the calibration split, or the test split when the user insists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright.errors import UsageError
from edgewright.scoring.arrays import as_scores, as_truth
from edgewright.scoring.curves import above, candidates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LABELLED_METHODS: Final = ("target-fpr", "target-fnr", "f1", "fbeta", "roc", "pr")


def from_labels(
    method: str,
    scores: ArrayLike,
    truth: ArrayLike,
    *,
    rate: float = 0.0,
    beta: float = 1.0,
    split: str = "calibration",
) -> tuple[float, str]:
    """Choose a threshold by labels.

    Parameters
    ----------
    method : str
        ``target-fpr``: the lowest threshold whose false-alarm rate is at most ``rate``. ``target-fnr``: the highest
        whose share of missed anomalies is at most ``rate``. ``f1``, ``fbeta``: the largest F-score. ``roc``: the
        largest Youden index, recall − FPR. ``pr``: the point of the precision–recall curve nearest to (1, 1).
    scores, truth : array-like [shape=(n,)]
        Scores, and True where abnormal.
    split : {"calibration", "test"}
        Where they are from.

    Returns
    -------
    value : float
    note : str
        How many of each kind it was chosen on.

    Raises
    ------
    UsageError
        Either kind is missing where the method needs it.
    """
    values = as_scores(scores, name=f"{split} scores")
    actual = as_truth(truth, len(values))
    normal, abnormal = int((~actual).sum()), int(actual.sum())
    if (not normal and method != "target-fnr") or (not abnormal and method != "target-fpr"):
        raise UsageError(
            f"threshold: method {method} needs labelled normal and abnormal samples in the {split} split, "
            f"got {normal} normal and {abnormal} abnormal scores",
            hint="record some, or use `method: held-out`, which needs normal samples only",
        )
    limits = candidates(values)
    false_alarms = above(values[~actual], limits)
    hits = above(values[actual], limits)
    fpr = false_alarms / max(normal, 1)
    recall = hits / max(abnormal, 1)
    if method == "target-fpr":
        best = int(np.flatnonzero(fpr <= rate)[0])
    elif method == "target-fnr":
        best = int(np.flatnonzero(1.0 - recall <= rate + 1e-12)[-1])
    else:
        best = _middle_of_best(_objective(method, hits, false_alarms, fpr, recall, abnormal, beta))
    note = f"chosen on {normal} normal and {abnormal} abnormal scores"
    if split == "test":
        note += " of the test split, so the metrics on it are too good"
    return float(limits[best]), note


def _objective(
    method: str, hits: Any, false_alarms: Any, fpr: Any, recall: Any, abnormal: int, beta: float
) -> NDArray[np.float64]:
    """What each candidate is worth; more is better."""
    if method == "roc":
        worth = recall - fpr
    elif method == "pr":
        # Calling nothing anomalous has no false precision: the curve's usual end point (recall 0, precision 1).
        precision = np.where(hits + false_alarms > 0, hits / np.maximum(hits + false_alarms, 1), 1.0)
        worth = -np.hypot(1.0 - precision, 1.0 - recall)
    else:
        weight = 1.0 if method == "f1" else beta * beta
        worth = (1 + weight) * hits / ((1 + weight) * hits + false_alarms + weight * (abnormal - hits))
    result: NDArray[np.float64] = np.asarray(worth, dtype=np.float64)
    return result


def _middle_of_best(worth: NDArray[np.float64]) -> int:
    """Middle of the first run of equally good candidates: as far from both kinds as the data let it be."""
    first = int(np.argmax(worth >= worth.max() - 1e-12))
    last = first
    while last + 1 < len(worth) and worth[last + 1] >= worth.max() - 1e-12:
        last += 1
    return (first + last) // 2
