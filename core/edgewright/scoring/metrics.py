"""Metrics of decisions and of scores against truth. Positive = abnormal.

Ratios without a denominator (the recall where nothing is abnormal) are None, never 0: a metric that can't be known
must not look like a bad one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import DataError
from edgewright.scoring.arrays import as_scores, as_truth
from edgewright.scoring.best_f1 import f1_max

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Confusion:
    """Counts of a two-class decision; positive = abnormal."""

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int

    @property
    def normal(self) -> int:
        return self.true_negative + self.false_positive

    @property
    def abnormal(self) -> int:
        return self.true_positive + self.false_negative

    def to_document(self) -> dict[str, int]:
        return {
            "true_positive": self.true_positive,
            "false_positive": self.false_positive,
            "true_negative": self.true_negative,
            "false_negative": self.false_negative,
        }


def confusion(decisions: ArrayLike, truth: ArrayLike) -> Confusion:
    """Count decisions against truth.

    Parameters
    ----------
    decisions, truth : array-like of bool [shape=(n,)]
        True = anomalous and True = abnormal.
    """
    decided = np.asarray(decisions)
    actual = as_truth(truth, len(decided))
    decided = as_truth(decided, len(decided))
    return Confusion(
        int(np.sum(decided & actual)),
        int(np.sum(decided & ~actual)),
        int(np.sum(~decided & ~actual)),
        int(np.sum(~decided & actual)),
    )


def rates(counts: Confusion) -> dict[str, float | None]:
    """Accuracy, precision, recall, specificity, FPR, FNR and F1 of a confusion; None where undefined."""
    tp, fp, tn, fn = counts.true_positive, counts.false_positive, counts.true_negative, counts.false_negative
    return {
        "accuracy": _ratio(tp + tn, tp + fp + tn + fn),
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "specificity": _ratio(tn, tn + fp),
        "fpr": _ratio(fp, tn + fp),
        "fnr": _ratio(fn, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn) if tp + fn else None,
    }


def auroc(scores: ArrayLike, truth: ArrayLike) -> float | None:
    """Area under the ROC curve: how often an abnormal score exceeds a normal one, ties counting half.

    None without both classes.
    """
    values, actual = _pair(scores, truth)
    positives = int(actual.sum())
    negatives = len(actual) - positives
    if not positives or not negatives:
        return None
    _, inverse, repeats = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(repeats)
    rank = last - (repeats - 1) / 2.0  # mid-rank of each distinct score
    return float((rank[inverse][actual].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def average_precision(scores: ArrayLike, truth: ArrayLike) -> float | None:
    """Average precision: precision at each recall step, weighted by the step; None without an abnormal score."""
    values, actual = _pair(scores, truth)
    positives = int(actual.sum())
    if not positives:
        return None
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(actual[order])
    # Equal scores can't be told apart: only the last of each run is a point of the curve.
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    precision = hits[ends] / (ends + 1.0)
    recall = hits[ends] / positives
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def clopper_pearson(hits: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Exact binomial confidence interval.

    Parameters
    ----------
    hits, trials : int, 0 <= hits <= trials
    confidence : float in (0, 1)

    Returns
    -------
    tuple of float
        ``(0.0, 1.0)`` for no trials. It takes the trials as independent, which windows of one recording are not:
        over windows it is too narrow, over recordings it holds.

    References
    ----------
    Clopper, Pearson: The use of confidence or fiducial limits, Biometrika 26, 1934.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 100)
    >>> low, round(high, 4)
    (0.0, 0.0362)
    """
    from scipy.special import betaincinv

    if not 0 <= hits <= trials or not 0 < confidence < 1:
        raise DataError(
            f"interval: got {hits} of {trials} at confidence {confidence}; must be 0 ≤ hits ≤ trials, 0…1"
        )
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(hits, trials - hits + 1, tail))
    high = 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, 1.0 - tail))
    return low, high


def evaluate(scores: ArrayLike, truth: ArrayLike, threshold: float) -> dict[str, Any]:
    """All metrics of one table (windows or recordings), JSON-able.

    Returns
    -------
    dict
        ``n``, ``normal``, ``abnormal``, ``confusion``, the rates of :func:`rates`, ``fpr_interval`` (95 %
        Clopper–Pearson, None without normal scores), ``auroc``, ``average_precision``, ``f1_max``.
    """
    values, actual = _pair(scores, truth)
    counts = confusion(values > np.float32(threshold), actual)
    interval = list(clopper_pearson(counts.false_positive, counts.normal)) if counts.normal else None
    return {
        "n": len(values),
        "normal": counts.normal,
        "abnormal": counts.abnormal,
        "confusion": counts.to_document(),
        **rates(counts),
        "fpr_interval": interval,
        "auroc": auroc(values, actual),
        "average_precision": average_precision(values, actual),
        "f1_max": best[0] if (best := f1_max(values, actual)) is not None else None,
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _pair(scores: ArrayLike, truth: ArrayLike) -> tuple[Any, Any]:
    values = as_scores(scores)
    return values, as_truth(truth, len(values))
