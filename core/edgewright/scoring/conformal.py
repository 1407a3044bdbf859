"""Conformal p-values: what share of held-out normal scores is at least as extreme.

``p(s) = (k + 1)/(n + 1)``, with ``k`` of ``n`` held-out normal scores at least ``s``. When a new normal score is
exchangeable with them, ``P(p <= a) <= a`` for every ``a``. A device keeps at most 256 pairs of it.

References
----------
Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005. Bates, Candès, Lei, Romano, Sesia: Testing
for outliers with conformal p-values, Annals of Statistics 51, 2023.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import DataError
from edgewright.scoring.arrays import as_scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

MAX_PAIRS = 256


@dataclass(frozen=True)
class PTable:
    """The distribution of ``n`` held-out normal scores in at most 256 pairs.

    ``values`` ascend; ``counts[j]`` is how many of the scores exceed ``values[j - 1]`` (all ``n`` for ``j = 0``).
    """

    n: int
    values: NDArray[np.float32]
    counts: NDArray[np.int64]

    def to_document(self) -> dict[str, Any]:
        """Give the JSON form, ``quantiles`` of ``threshold.json`` and ``deployment.json``."""
        return {
            "n": self.n,
            "values": [float(v) for v in self.values],
            "counts": [int(c) for c in self.counts],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> PTable:
        """Read :meth:`to_document` back."""
        values = as_scores(document["values"], name="quantiles")
        counts = np.asarray(document["counts"], dtype=np.int64)
        if counts.shape != values.shape or np.any(np.diff(values) <= 0) or np.any(np.diff(counts) >= 0):
            raise DataError("quantiles: values must ascend and counts descend, one count a value")
        return cls(int(document["n"]), values, counts)


def table(held_out: ArrayLike) -> PTable:
    """Build the p-value table of held-out normal scores.

    Parameters
    ----------
    held_out : array-like [shape=(n,)]
        Scores of normal windows not used for fitting.

    Returns
    -------
    PTable
        Exact while there are at most 256 different scores. Beyond, values are kept at ranks that grow
        geometrically from the largest score down, so that small p-values stay exact and the others are upper
        bounds that are off by a few per cent of themselves.

    Examples
    --------
    >>> table([0.5, 0.25, 0.5, 1.0]).to_document()
    {'n': 4, 'values': [0.25, 0.5, 1.0], 'counts': [4, 3, 1]}
    """
    scores = as_scores(held_out, name="held-out scores")
    unique, repeats = np.unique(scores, return_counts=True)
    at_least = np.cumsum(repeats[::-1])[::-1]  # how many scores are >= unique[i]
    if len(unique) <= MAX_PAIRS:
        return PTable(len(scores), unique, at_least.astype(np.int64))
    kept = len(unique) - np.array(_ranks(len(unique), MAX_PAIRS))[::-1]
    values = unique[kept]
    above = np.searchsorted(unique, values[:-1], side="right")
    counts = np.concatenate(([len(scores)], at_least[above]))
    return PTable(len(scores), values, counts.astype(np.int64))


def p_values(scores: ArrayLike, quantiles: PTable) -> NDArray[np.float64]:
    """Give each score its p-value, in ``[1/(n + 1), 1]``; small = unlike the normal data.

    Parameters
    ----------
    scores : array-like [shape=(m,)]
    quantiles : PTable
        From :func:`table`.

    Examples
    --------
    >>> p_values([0.0, 0.5, 0.75, 2.0], table([0.5, 0.25, 0.5, 1.0]))
    array([1. , 0.8, 0.4, 0.2])
    """
    queries = as_scores(scores)
    padded = np.concatenate((quantiles.counts, [0]))
    k = padded[np.searchsorted(quantiles.values, queries, side="left")]
    result: NDArray[np.float64] = (k + 1.0) / (quantiles.n + 1.0)
    return result


def _ranks(total: int, pairs: int) -> list[int]:
    """``pairs`` ranks from 1 to ``total``: one by one at first, then as near to a geometric row as integers go."""
    ranks = [1]
    for left in range(pairs - 1, 0, -1):
        step = ranks[-1] * (total / ranks[-1]) ** (1.0 / left)
        ranks.append(min(total, max(ranks[-1] + 1, math.ceil(step - 1e-9))))
    return ranks
