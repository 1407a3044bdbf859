"""From the importance of features to those that are suggested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

#: Suggested features reach this share of the importance, within these counts.
SHARE = 0.5
FEWEST, MOST = 2, 8
#: Sums are rounded: what misses the half by a smaller share of it has reached it.
_ROUNDING = 1e-9


def suggested_count(importance: ArrayLike) -> int:
    """How many of the most important features reach half of the importance: 2 at least (or all), 8 at most.

    Parameters
    ----------
    importance : array [shape=(f,)]
        In descending order; all 0 where no feature tells anything.

    Returns
    -------
    int
        0 where there is nothing to choose by.

    Examples
    --------
    >>> suggested_count([0.3, 0.25, 0.25, 0.2]), suggested_count([0.9, 0.1, 0.0]), suggested_count([0.0, 0.0])
    (2, 2, 0)
    """
    import numpy as np

    values = np.asarray(importance, np.float64)
    if not values.sum() > 0:
        return 0
    reached = int(np.searchsorted(np.cumsum(values), SHARE * values.sum() * (1 - _ROUNDING))) + 1
    return min(max(reached, FEWEST), MOST, len(values))


def importance_document(
    labels: Sequence[str],
    importance: ArrayLike,
    by_label: ArrayLike | None,
    classes: Sequence[str],
    windows: int,
) -> dict[str, Any]:
    """``importance.json``: features in descending order, and how many of them are suggested.

    Parameters
    ----------
    labels : sequence of str
        Of the features.
    importance : array [shape=(f,)]
    by_label : array [shape=(classes, f)] or None
        What part of it tells each class from the others.
    classes : sequence of str
    windows : int
        How many windows it was learned from.
    """
    import numpy as np

    values = np.asarray(importance, np.float64)
    order = np.argsort(-values, kind="stable")
    parts = None if by_label is None else np.asarray(by_label, np.float64)
    count = suggested_count(values[order])
    return {
        "features": [
            {"label": labels[column], "importance": float(values[column])}
            | ({} if parts is None else {"by_label": parts[:, column].tolist()})
            for column in order
        ],
        "classes": list(classes),
        "windows": windows,
        "suggested": [labels[column] for column in order[:count]],
        "share": float(values[order[:count]].sum()),
        "note": "" if count else "no feature tells the labels of the training windows apart",
    }
