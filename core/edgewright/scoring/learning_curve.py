"""How many samples are enough: what unseen scores become as more of them are learned from, and when that stops helping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.scoring.metrics import auroc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

#: Of unseen normal scores.
QUANTILES = (0.1, 0.5, 0.9)
#: What counts as help: AUROC higher by this, or the 90 % quantile lower by this share of the way from the 10 % quantile to it.
BETTER_AUROC, BETTER_SHARE = 0.01, 0.1


def curve_point(
    samples: int, windows: int, scores: ArrayLike, normal: Sequence[bool | None]
) -> dict[str, Any]:
    """One point: what a model of so many samples makes of unseen windows.

    Parameters
    ----------
    samples, windows : int
        What it has learned from.
    scores : array-like [shape=(n,)]
    normal : sequence of bool or None [length=n]
        What the windows are; None where nobody knows.

    Returns
    -------
    dict
        ``samples``, ``windows``, ``auroc`` (None without both kinds), ``quantiles`` of the normal ones (None without any).
    """
    values = np.asarray(scores, np.float64)
    known = np.array([kind is not None for kind in normal], bool)
    odd = np.array([kind is False for kind in normal], bool)
    calm = values[known & ~odd]
    return {
        "samples": samples,
        "windows": windows,
        "auroc": auroc(values[known], odd[known]),
        "quantiles": [float(value) for value in np.quantile(calm, QUANTILES)] if len(calm) else None,
    }


def enough(points: Sequence[Mapping[str, Any]]) -> int | None:
    """From which point on no larger number of samples improves on a smaller one; None where the last still does.

    By AUROC where all points have it, else by the scores of normal windows: a model that knows more of what is normal gives them
    lower ones.
    """
    last = len(points) - 1
    found = last
    while found > 0 and not any(_better(later, points[found - 1], points) for later in points[found:]):
        found -= 1
    return None if found == last else found


def curve_text(points: Sequence[Mapping[str, Any]], unit: str) -> str:
    """Say when more ``unit`` (``images``, ``recordings``) stopped helping, and by what rule."""
    last, found = points[-1], enough(points)
    if _judged(points):
        rule = f"raise AUROC by {BETTER_AUROC:g} or more"
        told = ", ".join(f"{point['auroc']:.3f} with {point['samples']}" for point in _two(points, found))
    else:
        rule = f"lower the score that 90 % of unseen normal {unit} stay below by a tenth of its distance from the 10 % score"
        told = ", ".join(
            f"{point['quantiles'][-1]:.4g} with {point['samples']}" for point in _two(points, found)
        )
    if found is None:
        return f"More {unit} were still helping: {told}. Going from {points[-2]['samples']} to {last['samples']} did {rule}."
    return f"{points[found]['samples']} {unit} were enough: from there on more did not {rule} ({told})."


def _two(points: Sequence[Mapping[str, Any]], found: int | None) -> list[Mapping[str, Any]]:
    return [points[-2 if found is None else found], points[-1]]


def _judged(points: Sequence[Mapping[str, Any]]) -> bool:
    return all(point["auroc"] is not None for point in points)


def _better(later: Mapping[str, Any], point: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> bool:
    if _judged(points):
        return bool(later["auroc"] - point["auroc"] >= BETTER_AUROC)
    low, _, high = points[-1]["quantiles"]
    return bool(point["quantiles"][-1] - later["quantiles"][-1] >= BETTER_SHARE * max(high - low, 1e-12))
