"""Windows on a plane: by principal components, by PaCMAP; and their clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .pacmap import lay_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Of wide features PaCMAP and K-means see this many principal components, which hold what distances are made of.
MOST_COMPONENTS = 100
#: Fewer windows have no neighbourhoods that a layout could keep.
FEWEST = 12


def prepared(values: NDArray[np.float32], *, standardise: bool) -> NDArray[np.float64]:
    """Centred features, by at most 100 coordinates a window that keep the distances between windows as far as they can.

    Parameters
    ----------
    values : np.ndarray [shape=(n, f)]
    standardise : bool
        Whether each feature that varies is divided by its standard deviation.

    Returns
    -------
    np.ndarray [shape=(n, c)]
        Principal components, the strongest first; the largest weight of each is positive.
    """
    z = values.astype(np.float64)
    z -= z.mean(axis=0)
    if standardise:
        scale = z.std(axis=0)
        z /= np.where(scale > 1e-12 * max(float(scale.max(initial=0.0)), 1e-300), scale, np.inf)
    left, singular, right = np.linalg.svd(z, full_matrices=False)
    kept = min(MOST_COMPONENTS, len(singular))
    largest = np.abs(right[:kept]).argmax(axis=1)
    signs = np.where(right[np.arange(kept), largest] < 0, -1.0, 1.0)
    coordinates: NDArray[np.float64] = left[:, :kept] * (singular[:kept] * signs)
    return coordinates


def principal(z: NDArray[np.float64]) -> tuple[NDArray[np.float32], list[float]]:
    """The first two coordinates ``(n, 2)``, and the share of the variance that each holds."""
    plane = np.zeros((len(z), 2), np.float32)
    plane[:, : min(2, z.shape[1])] = z[:, :2]
    total = float(np.square(z).sum())
    return plane, [float(np.square(column).sum() / total) if total else 0.0 for column in z[:, :2].T]


def pacmap(z: NDArray[np.float64], neighbours: int, seed: int) -> tuple[NDArray[np.float32] | None, str]:
    """Lay windows out by PaCMAP, ``(n, 2)``; or say why not."""
    if _distinct(z) < FEWEST:
        return None, f"fewer than {FEWEST} windows differ, too few for PaCMAP"
    return lay_out(z, min(neighbours, len(z) // 3), seed), ""


def cluster(z: NDArray[np.float64], count: int, seed: int) -> NDArray[np.int32]:
    """Cluster of each window by K-means, the largest cluster 0; no more clusters than windows that differ."""
    from sklearn.cluster import KMeans

    count = min(count, _distinct(z))
    found = KMeans(count, n_init=10, random_state=seed).fit_predict(z)
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    ranked: NDArray[np.int32] = np.argsort(order)[found].astype(np.int32)
    return ranked


def _distinct(z: NDArray[np.float64]) -> int:
    """How many windows differ by more than the rounding of their coordinates."""
    size = float(np.abs(z).max(initial=0.0))
    return len(np.unique(np.round(z / size, 7), axis=0)) if size else min(1, len(z))
