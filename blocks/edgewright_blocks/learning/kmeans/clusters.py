"""The clusters of normal windows: learning them, and the distance beyond their edge."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.distinct import distinct_rows
from edgewright_sdk.standardisation import standardisation, standardise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_AT_ONCE = 1 << 16  # distances held at a time: half a MiB of float64, which stays in a cache
_ROUNDING = 1e-13  # of a squared distance that a matrix product gives, as a share of the squared lengths


@dataclass(frozen=True)
class Clusters:
    """A trained model. Everything is float32, so that a device computes with the very same numbers.

    Attributes
    ----------
    mean, scale : np.ndarray [shape=(k,)]
        Standardise a feature: ``z = (x − mean) / scale``.
    centroids : np.ndarray [shape=(clusters, k)]
        In standardised units.
    radii : np.ndarray [shape=(clusters,)]
        Distance of each cluster's edge from its centroid.
    sizes : np.ndarray [shape=(clusters,)]
        Training windows in each.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    centroids: NDArray[np.float32]
    radii: NDArray[np.float32]
    sizes: NDArray[np.int32]


def learn(
    values: NDArray[np.float32],
    clusters: int,
    percentile: float,
    seed: int,
    *,
    begin: Clusters | None = None,
) -> Clusters:
    """Cluster training features.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Finite; ``n`` ≥ 1.
    clusters : int ≥ 1
        At most this many; there are never more than distinct rows, and empty ones are dropped.
    percentile : float, 0 < percentile ≤ 100
        Of the distances of a cluster's members, for its radius.
    seed : int
    begin : Clusters, optional
        Of nearly the same windows: these centroids move from theirs.
    """
    mean, scale = standardisation(values)
    z = standardise(values, mean, scale)
    count, first = min(clusters, distinct_rows(z, clusters)), None
    if begin is not None and len(begin.centroids) == count:
        first = standardise(begin.centroids * begin.scale + begin.mean, mean, scale)
    centroids, members, distances = settle(z, count, seed, first)
    used = np.unique(members)
    radii = np.array([np.percentile(distances[members == c], percentile) for c in used])
    return Clusters(
        mean=mean,
        scale=scale,
        centroids=centroids[used],
        radii=_rounded_up(radii),
        sizes=np.bincount(members)[used].astype(np.int32),
    )


def unseen(
    values: NDArray[np.float32],
    clusters: Clusters,
    percentile: float,
    folds: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]],
) -> NDArray[np.float64]:
    """Scores of training features, each window by clusters that were learned without it.

    These move from the clusters of all. Begun anew they would settle elsewhere, and the scores would tell how far two
    such sets of clusters lie apart, which is more than a window's being unseen changes.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
    clusters : Clusters
        Of all of them, with the same `percentile`.
    folds : iterable of (learned, held)
        Rows; what none holds is scored by the clusters of all.
    """
    scores, _ = beyond_edge(standardise(values, clusters.mean, clusters.scale), clusters)
    for learned, held in folds:
        others = learn(values[learned], len(clusters.radii), percentile, 0, begin=clusters)
        scores[held], _ = beyond_edge(standardise(values[held], others.mean, others.scale), others)
    return scores


def settle(
    z: NDArray[np.float64], count: int, seed: int, first: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float64]]:
    """Find `count` centroids, from the `first` ones where given; also return the nearest one of each row, and its distance."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    begin: dict[str, Any] = {"n_init": 3} if first is None else {"init": first, "n_init": 1}
    with warnings.catch_warnings():
        if first is not None:  # one may be left without windows, and is dropped
            warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = KMeans(n_clusters=count, algorithm="lloyd", random_state=seed, **begin).fit(z)
    centroids = fitted.cluster_centers_.astype(np.float32)
    near = [piece[:2] for piece in _nearest(z, centroids, np.zeros(count))]
    members, distances = (np.concatenate(parts) for parts in zip(*near, strict=True))
    return centroids, members, distances


def beyond_edge(
    z: NDArray[np.float64], clusters: Clusters
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Score standardised features.

    Parameters
    ----------
    z : np.ndarray [shape=(n, k)]

    Returns
    -------
    scores : np.ndarray [shape=(n,), dtype=float64]
        ``min over clusters (|z − centroid| − radius)``: below 0 inside a cluster.
    contributions : np.ndarray [shape=(n, k), dtype=float32]
        Sum to the score. With d the distance to the cluster that gave the score and r its radius, feature i adds
        ``(z_i − c_i)² / d − r / k``: its share of the distance by squares, less an equal share of the radius.
    """
    scores = np.empty(len(z))
    contributions = np.empty(z.shape, np.float32)
    radii = clusters.radii.astype(np.float64)
    start = 0
    for nearest, distances, squares in _nearest(z, clusters.centroids, radii):
        stop = start + len(nearest)
        scores[start:stop] = distances - radii[nearest]
        squares /= np.where(distances > 0, distances, 1.0)[:, None]
        squares -= radii[nearest, None] / z.shape[1]
        contributions[start:stop] = squares
        start = stop
    return scores, contributions


def _nearest(
    z: NDArray[np.float64], centroids: NDArray[np.float32], radii: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]]:
    """For pieces of the rows: the cluster whose edge is nearest, the distance to its centroid, and that by feature, squared.

    A matrix product finds the cluster fast but rounds according to how many rows come together. So it only chooses: the
    distance is computed from differences, and so is the choice where two clusters are closer than the product can tell.
    """
    wide = centroids.astype(np.float64)
    lengths = np.square(wide).sum(axis=1)
    across = np.ascontiguousarray(-2 * wide.T)
    step = max(_AT_ONCE // max(wide.shape), 1)
    for start in range(0, len(z), step):
        piece = z[start : start + step]
        own = np.square(piece).sum(axis=1)
        edges = piece @ across
        edges += lengths
        edges += own[:, None]
        np.sqrt(np.maximum(edges, 0, out=edges), out=edges)
        edges -= radii
        nearest = edges.argmin(axis=1)
        doubt = 2 * np.sqrt(_ROUNDING * (own + lengths.max()))
        doubt += edges[np.arange(len(piece)), nearest]
        for row in np.flatnonzero(np.count_nonzero(edges <= doubt[:, None], axis=1) > 1):
            exact = np.sqrt(np.square(piece[row] - wide).sum(axis=1)) - radii
            nearest[row] = exact.argmin()
        squares = np.square(piece - wide[nearest])
        yield nearest, np.sqrt(squares.sum(axis=1)), squares


def _rounded_up(radii: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round to float32 without leaving a training window that lies on the edge outside."""
    rounded = radii.astype(np.float32)
    return np.where(rounded < radii, np.nextafter(rounded, np.float32(np.inf)), rounded)
