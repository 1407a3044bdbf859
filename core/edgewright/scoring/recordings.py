"""From windows to recordings: aggregate scores, and intervals that resample what is independent.

A user asks "was this recording anomalous?"; a block scores windows. Windows overlap, so no interval may resample
them: recordings are resampled, or the groups (person, machine) that the data name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from edgewright.errors import UsageError
from edgewright.scoring.arrays import as_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

Aggregate = Literal["max", "mean", "top-k", "share-over-threshold"]
AGGREGATES: Final[tuple[Aggregate, ...]] = ("max", "mean", "top-k", "share-over-threshold")


def aggregate(
    scores: ArrayLike,
    recordings: ArrayLike,
    *,
    method: Aggregate = "max",
    top_k: int = 3,
    threshold: float | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Reduce window scores to one a recording.

    Parameters
    ----------
    scores : array-like [shape=(n,)]
    recordings : array-like of int [shape=(n,)]
        The recording (index into ``samples.json``) of each window.
    method : {"max", "mean", "top-k", "share-over-threshold"}
        ``top-k`` is the mean of the ``top_k`` largest (of all, when there are fewer);
        ``share-over-threshold`` the share of windows above ``threshold``.

    Returns
    -------
    ids : np.ndarray [shape=(r,), int64]
        The recordings that have windows, ascending.
    values : np.ndarray [shape=(r,), float32]

    Raises
    ------
    UsageError
        An unknown method, ``top_k`` below 1, or no threshold where one is needed.

    Examples
    --------
    >>> ids, values = aggregate([1.0, 4.0, 2.0], [7, 7, 3], method="max")
    >>> ids.tolist(), values.tolist()
    ([3, 7], [2.0, 4.0])
    """
    if method not in AGGREGATES:
        raise UsageError(f"aggregate: got {method!r}, must be one of {', '.join(AGGREGATES)}")
    if method == "top-k" and top_k < 1:
        raise UsageError(f"aggregate: top-k with k = {top_k}, must be at least 1")
    if method == "share-over-threshold" and threshold is None:
        raise UsageError("aggregate: share-over-threshold needs a threshold")
    values = as_scores(scores)
    ids, inverse, sizes = np.unique(
        np.asarray(recordings, dtype=np.int64), return_inverse=True, return_counts=True
    )
    if not len(ids):
        return ids, np.empty(0, dtype=np.float32)
    order = np.lexsort((values, inverse))  # by recording, scores ascending
    ends = np.cumsum(sizes)
    starts = ends - sizes
    ranked = values[order].astype(np.float64)
    if method == "max":
        result = ranked[ends - 1]
    elif method == "mean":
        result = np.add.reduceat(ranked, starts) / sizes
    elif method == "top-k":
        kept = np.minimum(sizes, top_k)
        total = np.concatenate(([0.0], np.cumsum(ranked)))
        result = (total[ends] - total[ends - kept]) / kept
    else:
        over = (values[order] > np.float32(threshold or 0.0)).astype(np.float64)
        result = np.add.reduceat(over, starts) / sizes
    return ids, result.astype(np.float32)


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float | None],
    groups: Sequence[str],
    *,
    confidence: float = 0.95,
    rounds: int = 1000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile interval of a statistic by resampling groups with replacement.

    Parameters
    ----------
    statistic : callable(rows) -> float or None
        Of the rows that were drawn (with repeats). Draws where it is None (one class only) are left out.
    groups : sequence of str [length=n]
        What each row belongs to; rows of one group are drawn together.
    rounds : int >= 1
    seed : int

    Returns
    -------
    tuple of float, or None
        None with fewer than two groups, or when more than half of the draws were undefined.
    """
    names, inverse = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if len(names) < 2:
        return None
    rows = [np.flatnonzero(inverse == group) for group in range(len(names))]
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(rounds):
        chosen = random.integers(len(names), size=len(names))
        value = statistic(np.concatenate([rows[group] for group in chosen]))
        if value is not None:
            drawn.append(value)
    if len(drawn) * 2 < rounds:
        return None
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(drawn, (tail, 1.0 - tail))
    return float(low), float(high)
