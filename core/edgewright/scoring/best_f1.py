"""The best F1 that any threshold gives: how well scores could be told apart, whatever threshold a run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright.scoring.arrays import as_scores, as_truth

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def f1_max(scores: ArrayLike, truth: ArrayLike) -> tuple[float, float] | None:
    """Find the best F1, and the lowest score that still counts as abnormal there.

    It is chosen by the very labels that it is measured on, so it says what could be, not what will be.

    Parameters
    ----------
    scores : array-like [shape=(n,)]
    truth : array-like of bool [shape=(n,)]
        True = abnormal.

    Returns
    -------
    f1, score : float
        Or None without an abnormal one.

    Examples
    --------
    >>> f1_max([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
    (0.8, 0.3499999940395355)
    """
    values = as_scores(scores)
    abnormal = as_truth(truth, len(values))
    if not abnormal.any():
        return None
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    found = np.cumsum(abnormal[order])
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # equal scores are decided alike
    f1 = 2 * found[last] / (last + 1 + found[-1])
    best = int(np.argmax(f1))
    return float(f1[best]), float(ordered[last[best]])
