"""Choose the score above which a window is called anomalous.

A method reads one of three things: scores of normal windows by models that hadn't seen them (``held-out``,
``percentile``, ``sigma``), scores of the training windows by the model that learned from them (``max-of-training``,
the rule that Edge Impulse applies), or the calibration split, whose labels say what is abnormal (``target-fpr``,
``target-fnr``, ``f1``, ``fbeta``, ``roc``, ``pr``). A window is anomalous when its score, as float32, is *above* the
threshold.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from edgewright.errors import UsageError
from edgewright.scoring.arrays import as_scores
from edgewright.scoring.labelled import LABELLED_METHODS, from_labels
from edgewright.scoring.quantiles import DEFAULT_FPR, WITHOUT_HELD_OUT, target_rate, upper_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Method = Literal[
    "held-out", "percentile", "max-of-training", "sigma", "manual", "target-fpr", "target-fnr", "f1", "fbeta", "roc", "pr"
]  # fmt: skip
METHODS: Final[tuple[str, ...]] = (
    "held-out",
    "percentile",
    "max-of-training",
    "sigma",
    "manual",
    *LABELLED_METHODS,
)

_WHY_BOUNDED = (
    "the largest training score of this block is bounded by construction (a cluster's radius reaches its outermost "
    "training point, so none lies outside), and says nothing about new data"
)


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it comes from.

    ``target_fpr`` is the false-alarm rate that was asked for, None for methods without one; ``held_out_fpr`` the
    share of the ``held_out_n`` held-out normal scores above ``value``, None when there are none.
    """

    value: float
    method: str
    target_fpr: float | None = None
    held_out_fpr: float | None = None
    held_out_n: int = 0
    note: str = ""
    options: dict[str, float] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Give the JSON form: the head of ``threshold.json``, and ``threshold`` in ``deployment.json``."""
        return {
            "value": self.value,
            "method": self.method,
            "target_fpr": self.target_fpr,
            "held_out_fpr": self.held_out_fpr,
            "held_out_n": self.held_out_n,
            "note": self.note,
            "options": dict(self.options),
        }


def choose(
    method: str = "held-out",
    *,
    held_out: ArrayLike = (),
    training: ArrayLike = (),
    labelled: ArrayLike = (),
    truth: ArrayLike = (),
    split: str = "calibration",
    fpr: float | None = None,
    fnr: float | None = None,
    percentile: float | None = None,
    sigma: float | None = None,
    beta: float | None = None,
    value: float | None = None,
    bounded_in_sample: bool = False,
) -> Threshold:
    """Choose a threshold.

    Parameters
    ----------
    method : str
        One of :data:`METHODS`.
    held_out : array-like [shape=(n,)]
        Scores of normal windows by models not fitted on them.
    training : array-like [shape=(t,)]
        Scores of the training windows by the final model.
    labelled, truth : array-like [shape=(c,)]
        Scores of the split whose labels choose, and True where abnormal.
    split : {"calibration", "test"}
        Which split that is.
    fpr : float in (0, 1), optional
        Target false-alarm rate of ``held-out`` and ``target-fpr``; the default is 0.01, for ``held-out`` the
        smallest rate that n allows where that is larger.
    fnr : float in (0, 1), optional
        Target share of missed anomalies of ``target-fnr``, default 0.05.
    percentile : float in (0, 100), optional
        Of the held-out scores, default 99.
    sigma : float > 0, optional
        Standard deviations above the mean of the held-out scores, default 3.
    beta : float > 0, optional
        Of ``fbeta``, default 2: recall counts more than precision.
    value : float
        The threshold itself, for ``manual``.
    bounded_in_sample : bool
        From the learning node's description; refuses ``max-of-training``.

    Raises
    ------
    UsageError
        An unknown method, an option out of range, or too few scores for what is asked.

    Examples
    --------
    >>> choose("held-out", held_out=range(50)).value
    49.0
    >>> choose("held-out", held_out=range(999), fpr=0.01).value > 985
    True
    """
    scores = as_scores(held_out, name="held-out scores")
    target: float | None = None
    options: dict[str, float] = {}
    note = ""
    if method == "held-out":
        target, note = target_rate(len(scores), fpr)
        result = upper_quantile(scores, target)
    elif method == "percentile":
        options["percentile"] = _option("percentile", percentile, 99.0, upper=100.0)
        result = float(np.percentile(_some(scores, method).astype(np.float64), options["percentile"]))
    elif method == "sigma":
        options["sigma"] = _option("sigma", sigma, 3.0)
        wide = _some(scores, method).astype(np.float64)
        result = float(wide.mean() + options["sigma"] * wide.std())
    elif method == "max-of-training":
        result = _largest(training, bounded_in_sample)
    elif method == "manual":
        if value is None or not np.isfinite(value):
            raise UsageError(f"threshold: method manual needs a finite `value`, got {value}")
        result = float(value)
    elif method in LABELLED_METHODS:
        if method == "target-fpr":
            target = _option("fpr", fpr, DEFAULT_FPR, upper=1.0)
        elif method == "target-fnr":
            options["fnr"] = _option("fnr", fnr, 0.05, upper=1.0)
        elif method == "fbeta":
            options["beta"] = _option("beta", beta, 2.0)
        rate = target if target is not None else options.get("fnr", 0.0)
        result, note = from_labels(
            method, labelled, truth, rate=rate, beta=options.get("beta", 1.0), split=split
        )
    else:
        close = difflib.get_close_matches(str(method), METHODS, n=1)
        raise UsageError(
            f"threshold: got method {method!r}, must be one of {', '.join(METHODS)}",
            hint=f"did you mean {close[0]!r}?" if close else None,
        )
    # A manual value stays as the user wrote it; it is rounded where scores are compared with it.
    kept = result if method == "manual" else float(np.float32(result))
    return Threshold(kept, method, target, false_alarm_rate(scores, kept), len(scores), note, options)


def decide(scores: ArrayLike, threshold: float) -> NDArray[np.bool_]:
    """True where a score is above the threshold, compared as float32, the way a device does.

    Examples
    --------
    >>> decide([0.0, 1.0, 1.5], 1.0).tolist()
    [False, False, True]
    """
    decided: NDArray[np.bool_] = as_scores(scores) > np.float32(threshold)
    return decided


def false_alarm_rate(held_out: ArrayLike, threshold: float) -> float | None:
    """Share of held-out normal scores above a threshold; None when there are none."""
    decided = decide(held_out, threshold)
    return float(decided.mean()) if len(decided) else None


def rules_table(
    chosen: Threshold,
    *,
    held_out: ArrayLike,
    training: ArrayLike,
    bounded_in_sample: bool = False,
) -> list[dict[str, Any]]:
    """Tell what each common rule would give on the same scores, with the false-alarm rate that each really has.

    Returns
    -------
    list of dict
        ``rule``, ``value``, ``held_out_fpr``, ``chosen``, ``note``; the chosen rule first. Rules that the scores
        don't allow are left out. ``max-of-training`` is always shown, refused or not: it is what Edge Impulse does.
    """
    scores = as_scores(held_out, name="held-out scores")
    rows = [_row(chosen.method, chosen.value, scores, chosen.note, chosen=True)]
    for method, label in (
        ("held-out", "held-out"),
        ("percentile", "percentile 99"),
        ("sigma", "mean + 3 sigma"),
    ):
        if len(scores) and method != chosen.method:
            other = choose(method, held_out=scores)
            rows.append(_row(label, other.value, scores, other.note))
    inside = as_scores(training, name="training scores")
    if len(inside) and chosen.method != "max-of-training":
        note = "Edge Impulse's rule: the largest score of the data that the model learned from"
        if bounded_in_sample:
            note += "; bounded by construction here, so it says nothing about new data"
        rows.append(_row("max-of-training", float(inside.max()), scores, note))
    return rows


def _row(rule: str, value: float, held_out: Any, note: str, *, chosen: bool = False) -> dict[str, Any]:
    rate = false_alarm_rate(held_out, value)
    return {"rule": rule, "value": value, "held_out_fpr": rate, "chosen": chosen, "note": note}


def _largest(training: ArrayLike, bounded_in_sample: bool) -> float:
    if bounded_in_sample:
        raise UsageError(
            f"threshold: method max-of-training can't be used here: {_WHY_BOUNDED}",
            hint="use `method: held-out`, which scores normal windows that the model hasn't seen",
        )
    inside = as_scores(training, name="training scores")
    if not len(inside):
        raise UsageError("threshold: method max-of-training has no training score to read")
    return float(inside.max())


def _some(scores: Any, method: str) -> Any:
    if not len(scores):
        raise UsageError(
            f"threshold: method {method} has no held-out normal score to read",
            hint=WITHOUT_HELD_OUT,
        )
    return scores


def _option(name: str, given: float | None, default: float, *, upper: float = float("inf")) -> float:
    """Check an option: strictly between 0 and ``upper``."""
    value = default if given is None else float(given)
    if not 0 < value < upper:
        limit = "above 0" if upper == float("inf") else f"above 0 and below {upper:g}"
        raise UsageError(f"threshold: got {name} {value:g}, must be {limit}")
    return value
