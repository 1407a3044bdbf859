"""The clusters of normal windows: learning them, and the distance beyond their edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.standardisation import standardisation, standardise

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 1 << 20  # differences held at a time: 8 MiB of float64


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


def learn(values: NDArray[np.float32], clusters: int, percentile: float, seed: int) -> Clusters:
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
    """
    from sklearn.cluster import KMeans

    mean, scale = standardisation(values)
    z = standardise(values, mean, scale)
    count = min(clusters, len(np.unique(z, axis=0)))
    fitted = KMeans(n_clusters=count, init="k-means++", n_init=3, algorithm="lloyd", random_state=seed).fit(z)
    centroids = fitted.cluster_centers_.astype(np.float32)
    members, distances = _nearest(z, centroids)
    used = np.unique(members)
    radii = np.array([np.percentile(distances[members == c], percentile) for c in used])
    return Clusters(
        mean=mean,
        scale=scale,
        centroids=centroids[used],
        radii=_rounded_up(radii),
        sizes=np.array([np.count_nonzero(members == c) for c in used], dtype=np.int32),
    )


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
    for start, stop in _pieces(len(z), clusters.centroids.size):
        squares = _squares(z[start:stop], clusters.centroids)
        distances = np.sqrt(squares.sum(axis=-1))
        edges = distances - radii
        nearest = edges.argmin(axis=1)
        rows = np.arange(len(nearest))
        scores[start:stop] = edges[rows, nearest]
        distance = distances[rows, nearest][:, None]
        shares = squares[rows, nearest] / np.where(distance > 0, distance, 1.0)
        contributions[start:stop] = shares - radii[nearest][:, None] / z.shape[1]
    return scores, contributions


def _nearest(
    z: NDArray[np.float64], centroids: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    members = np.empty(len(z), dtype=np.intp)
    distances = np.empty(len(z))
    for start, stop in _pieces(len(z), centroids.size):
        found = np.sqrt(_squares(z[start:stop], centroids).sum(axis=-1))
        members[start:stop] = found.argmin(axis=1)
        distances[start:stop] = found.min(axis=1)
    return members, distances


def _squares(z: NDArray[np.float64], centroids: NDArray[np.float32]) -> NDArray[np.float64]:
    difference = z[:, None, :] - centroids.astype(np.float64)[None, :, :]
    return np.square(difference, out=difference)


def _pieces(rows: int, values_each: int) -> list[tuple[int, int]]:
    step = max(_AT_ONCE // max(values_each, 1), 1)
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]


def _rounded_up(radii: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round to float32 without leaving a training window that lies on the edge outside."""
    rounded = radii.astype(np.float32)
    return np.where(rounded < radii, np.nextafter(rounded, np.float32(np.inf)), rounded)
