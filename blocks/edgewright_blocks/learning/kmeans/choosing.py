"""Choosing the number of clusters: how little space holds normal windows that the clusters have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import Context
from edgewright_sdk.cross_fitting import FOLDS, cross_fits
from edgewright_sdk.distinct import distinct_rows
from edgewright_sdk.standardisation import standardise

from .clusters import beyond_edge, learn

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNTS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
#: More clusters than a tenth of the windows learn single windows by heart.
WINDOWS_EACH = 10
QUANTILES = (0.90, 0.95, 0.99)

_MOST_WINDOWS = 3000
_AS_GOOD = 0.05  # a smaller count wins where its size is at most this share larger than the best
_SMALLEST = 1e-9  # a ball of less holds equal windows; it has this radius, so that its logarithm is finite


@dataclass(frozen=True)
class Choice:
    """The count that was chosen, and the curve that it was chosen by.

    Attributes
    ----------
    count : int
    counts : np.ndarray [shape=(m,), dtype=int32]
        What was tried; empty where there was nothing to choose from.
    sizes : np.ndarray [shape=(m, quantiles)]
        Radius of one ball as large as all that must be taken for normal to hold each of ``QUANTILES`` of unseen windows.
    """

    count: int
    counts: NDArray[np.int32]
    sizes: NDArray[np.float64]


def given(count: int) -> Choice:
    """A count that nobody had to choose."""
    return Choice(count, np.zeros(0, np.int32), np.zeros((0, len(QUANTILES))))


def choose_count(
    values: NDArray[np.float32],
    percentile: float,
    context: Context,
) -> Choice:
    """Choose how many clusters to make.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Training features, in the order of the data.
    percentile : float
        Of the radius.
    context : Context
        Its seed, and its folds; without them 5 pieces of windows that follow one another.
    """
    step = -(-len(values) // _MOST_WINDOWS)
    values = values[::step]
    distinct = distinct_rows(values, COUNTS[-1] + 1)
    counts = [count for count in COUNTS if count * WINDOWS_EACH <= len(values) and count < distinct]
    if len(counts) < 2:
        return given(min(COUNTS[0], distinct))
    folds = None if context.folds is None else _few(context.folds[::step])
    parts = list(cross_fits(Context(folds=folds), len(values)))
    sizes = np.zeros((len(counts), len(QUANTILES)))
    for row, count in enumerate(counts):
        found = [_sizes(values[fit], values[held], count, percentile, context.seed) for fit, held in parts]
        sizes[row] = np.exp(np.mean(found, axis=0))
        context.progress(row + 1, len(counts))
    mean = np.log(sizes).mean(axis=1)
    best = int(np.flatnonzero(mean <= mean.min() + np.log1p(_AS_GOOD))[0])
    return Choice(counts[best], np.array(counts, np.int32), sizes)


def _few(folds: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """At most 5 folds, each of whole ones; None where there are no two."""
    names, codes = np.unique(folds, return_inverse=True)
    if np.count_nonzero(names >= 0) < 2:
        return None
    merged: NDArray[np.int32] = np.where(folds >= 0, codes.ravel() % FOLDS, -1).astype(np.int32)
    return merged


def _sizes(
    fit: NDArray[np.float32], held: NDArray[np.float32], count: int, percentile: float, seed: int
) -> NDArray[np.float64]:
    """Logarithm of the size that holds each of ``QUANTILES`` of windows that were not clustered."""
    clusters = learn(fit, count, percentile, seed)
    z = standardise(held, clusters.mean, clusters.scale)
    scores, _ = beyond_edge(z, clusters)
    varying = max(np.count_nonzero(np.ptp(fit, axis=0)), 1)
    thresholds = np.quantile(scores, QUANTILES)
    radii = np.maximum(clusters.radii + thresholds[:, None], _SMALLEST)
    sizes: NDArray[np.float64] = np.logaddexp.reduce(varying * np.log(radii), axis=1) / varying
    return sizes
