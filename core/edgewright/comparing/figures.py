"""Figures of two score lists over the same things: how they go together, where they decide otherwise, how well each does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.scoring import auroc, decide

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Pair:
    """Scores of both sides. ``truth``: 1 abnormal, 0 normal, −1 unknown."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    truth: NDArray[np.int8]

    @property
    def both(self) -> NDArray[np.bool_]:
        """Where both sides have a score."""
        both: NDArray[np.bool_] = np.isfinite(self.first) & np.isfinite(self.second)
        return both


def matched_threshold(pair: Pair, threshold: float) -> float:
    """The threshold of the second side at which it calls as many things anomalous as the first.

    Half-way between two scores, so that none sits on it.
    """
    both = pair.both
    count = int(decide(pair.first[both], threshold).sum())
    ranked = np.sort(pair.second[both].astype(np.float32).astype(np.float64))[::-1]
    if count >= len(ranked):
        return float(np.nextafter(np.float32(ranked[-1]), np.float32(-np.inf)))
    if count == 0:
        return float(ranked[0])
    return float((ranked[count - 1] + ranked[count]) / 2)


def figures(pair: Pair, first_threshold: float, second_threshold: float) -> dict[str, Any]:
    """What can be told of both lists.

    Returns
    -------
    dict
        ``n`` (both have a score), ``first_only``, ``second_only``, ``pearson``, ``spearman`` (None where a list is
        constant or has fewer than three), ``agree``, ``differ``, ``decisions`` (counts: both, first only, second only,
        neither call it anomalous), ``normal``, ``abnormal``, and ``first`` and ``second`` with ``anomalous``, ``auroc``,
        ``fpr`` and ``recall`` over what is labelled (None where nothing is).
    """
    both = pair.both
    a, b, truth = pair.first[both], pair.second[both], pair.truth[both]
    decided = decide(a, first_threshold), decide(b, second_threshold)
    labelled = truth >= 0
    return {
        "n": len(a),
        "first_only": int((np.isfinite(pair.first) & ~both).sum()),
        "second_only": int((np.isfinite(pair.second) & ~both).sum()),
        "pearson": pearson(a, b),
        "spearman": pearson(_ranks(a), _ranks(b)),
        "agree": int((decided[0] == decided[1]).sum()),
        "differ": int((decided[0] != decided[1]).sum()),
        "decisions": {
            "both": int((decided[0] & decided[1]).sum()),
            "first": int((decided[0] & ~decided[1]).sum()),
            "second": int((~decided[0] & decided[1]).sum()),
            "neither": int((~decided[0] & ~decided[1]).sum()),
        },
        "normal": int((truth == 0).sum()),
        "abnormal": int((truth == 1).sum()),
        "first": _side(a, decided[0], truth, labelled),
        "second": _side(b, decided[1], truth, labelled),
    }


def differing(pair: Pair, first_threshold: float, second_threshold: float, most: int) -> list[int]:
    """Places where the sides decide otherwise, the plainest first: by how far both are from their thresholds, in ranks."""
    both = np.flatnonzero(pair.both)
    a, b = pair.first[both], pair.second[both]
    differ = decide(a, first_threshold) != decide(b, second_threshold)
    gap = np.abs(_ranks(a) - _ranks(b))
    order = np.argsort(-gap[differ], kind="stable")
    return [int(place) for place in both[differ][order][:most]]


def pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Correlation of two lists; None where one is constant or there are fewer than three values."""
    if len(a) < 3:
        return None
    x, y = a - a.mean(), b - b.mean()
    # Scaled first: squares of scores near 1e200 would be infinite.
    largest = float(np.abs(x).max()), float(np.abs(y).max())
    if not all(size > 0 for size in largest):
        return None
    x, y = x / largest[0], y / largest[1]
    size = float(np.sqrt((x @ x) * (y @ y)))
    return max(-1.0, min(1.0, float(x @ y) / size)) if size > 0 else None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0, equal values sharing the middle one."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2.0
    ranks: NDArray[np.float64] = middle[inverse.ravel()]
    return ranks


def _side(
    scores: NDArray[np.float64],
    decided: NDArray[np.bool_],
    truth: NDArray[np.int8],
    labelled: NDArray[np.bool_],
) -> dict[str, Any]:
    normal, abnormal = truth == 0, truth == 1
    return {
        "anomalous": int(decided.sum()),
        "auroc": auroc(scores[labelled], truth[labelled] == 1) if labelled.any() else None,
        "fpr": float(decided[normal].mean()) if normal.any() else None,
        "recall": float(decided[abnormal].mean()) if abnormal.any() else None,
    }
