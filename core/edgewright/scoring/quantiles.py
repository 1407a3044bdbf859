"""The threshold that a target false-alarm rate asks of held-out normal scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgewright.errors import UsageError
from edgewright.scoring.arrays import as_scores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

DEFAULT_FPR = 0.01
#: What helps where no normal score is held out.
WITHOUT_HELD_OUT = (
    "give more normal recordings or images, two at least; or set the threshold by `method: manual` with a `value`, or by "
    "labelled calibration data (`method: f1`, `roc` …)"
)


def smallest_rate(n: int) -> float:
    """Return the smallest false-alarm rate that ``n`` held-out scores can promise: ``1/(n + 1)``.

    With the threshold at the largest of them, that is the chance that the next normal score is larger still.
    """
    return 1.0 / (n + 1)


def scores_needed(fpr: float) -> int:
    """How many held-out scores a target false-alarm rate needs.

    Examples
    --------
    >>> scores_needed(0.01), scores_needed(0.001)
    (99, 999)
    """
    return math.ceil(1.0 / fpr - 1.0 - 1e-9)


def target_rate(n: int, fpr: float | None) -> tuple[float, str]:
    """Settle the target of ``n`` held-out scores.

    Parameters
    ----------
    n : int >= 0
    fpr : float in (0, 1), or None
        None is the default 0.01, or the smallest rate that ``n`` allows where that is larger.

    Returns
    -------
    rate : float
    note : str
        Why it isn't 0.01, or the empty string.

    Raises
    ------
    UsageError
        No score at all, a rate outside (0, 1), or an explicit rate below what ``n`` allows.
    """
    if n < 1:
        raise UsageError(
            "threshold: there is no held-out normal score to choose from",
            hint=WITHOUT_HELD_OUT,
        )
    least = smallest_rate(n)
    if fpr is None:
        if least <= DEFAULT_FPR * (1 + 1e-9):
            return DEFAULT_FPR, ""
        return least, (
            f"{n} held-out normal scores allow no false-alarm rate below 1/{n + 1} = {least:.3g}, so that is the "
            f"target; {DEFAULT_FPR:g} needs {scores_needed(DEFAULT_FPR)}"
        )
    if not 0 < fpr < 1:
        raise UsageError(
            f"threshold: got fpr {fpr}, must be above 0 and below 1 (0.01 = one false alarm in 100)"
        )
    if fpr < least * (1 - 1e-9):
        raise UsageError(
            f"threshold: a false-alarm rate of {fpr:g} needs {scores_needed(fpr)} held-out normal scores, there are {n}",
            hint=f"add normal recordings, or ask for fpr {_round_up(least):g} or more",
        )
    return fpr, ""


def upper_quantile(scores: ArrayLike, fpr: float) -> float:
    """Find the threshold above which a share ``fpr`` of unseen normal scores is expected.

    Parameters
    ----------
    scores : array-like [shape=(n,)]
        Held-out normal scores.
    fpr : float in (0, 1)

    Returns
    -------
    float
        The largest score where ``fpr`` is no more than ``1/(n + 1)``, else a point between the two order statistics
        at the median-unbiased rank ``fpr (n + 1/3) + 1/3`` counted from the largest.

    Notes
    -----
    With the threshold at the ``m``-th largest of ``n`` scores, the false-alarm rate on new data is distributed as
    Beta(m, n + 1 − m). Its *mean* is the target for ``m = fpr (n + 1)``, but for the few scores of a tail that
    distribution leans: most data sets then get less than the target (0.69 % for 1 % of 100) and some much more.
    The rank used here puts the *median* on the target, so that half of all data sets lie above and half below.

    Between two order statistics the score runs with the logarithm of the rank, which is exact for an exponential
    tail, and lets one huge straggler pull less than a straight line would.

    References
    ----------
    Hyndman, Fan: Sample quantiles in statistical packages, The American Statistician 50, 1996 (definition 8).
    """
    ordered = as_scores(scores, name="held-out scores").astype(np.float64)[::-1].copy()
    ordered[::-1].sort()
    n = len(ordered)
    if fpr <= smallest_rate(n) * (1 - 1e-9) or n == 1 or math.isclose(fpr, smallest_rate(n)):
        return float(ordered[0])
    rank = min(fpr * (n + 1 / 3) + 1 / 3, float(n))
    below = min(int(rank), n - 1)
    weight = math.log(rank / below) / math.log((below + 1) / below)
    return float(np.float32(ordered[below - 1] * (1 - weight) + ordered[below] * weight))


def _round_up(rate: float) -> float:
    """Two significant digits, upwards, so that the hint is itself accepted."""
    scale = 10.0 ** (1 - math.floor(math.log10(rate)))
    return math.ceil(rate * scale - 1e-9) / scale
