"""Cells scored by a small mixture of normal distributions: a few kilobytes instead of a memory bank."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import BlockError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

#: Components and projected channels, by capacity.
CAPACITIES = {"low": (4, 8), "medium": (8, 16), "high": (16, 32)}
POOL, STRIDE = 3, 2
_MOST = 20_000  # cells that teach
_REGULARISATION = 1e-3
_ROUNDS = 200


@dataclass(frozen=True)
class CellMixture:
    """A trained model.

    Attributes
    ----------
    projection : np.ndarray [shape=(channels, k)]
        Random, orthogonal directions.
    scale, offset : np.ndarray [shape=(k,)]
        Standardise what is projected and pooled: ``x / scale + offset``.
    weights : np.ndarray [shape=(components,)]
    means : np.ndarray [shape=(components, k)]
    roots : np.ndarray [shape=(components, k, k)]
        Symmetric roots of the precisions: ``|root (z − mean)|²`` is the square Mahalanobis distance.
    level, spread : float
        Mean and standard deviation of the negative log-likelihood over the training cells: a score counts from the former in
        units of the latter.
    """

    projection: Values
    scale: Values
    offset: Values
    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    roots: NDArray[np.float64]
    level: float
    spread: float

    def scores(self, cells: Values) -> Values:
        """Score cells ``(n, rows, columns, channels)``: ``(n, g, g')``, ``g = ⌊(rows − 3) / 2⌋ + 1``."""
        return self.scores_of(pooled(cells @ self.projection))

    def scores_of(self, maps: Values) -> Values:
        """Score maps ``(n, g, g', k)`` of cells that were projected and pooled."""
        z = maps / self.scale + self.offset
        surprise = self.surprise(z.reshape(-1, z.shape[-1]).astype(np.float64))
        return ((surprise - self.level) / self.spread).reshape(z.shape[:3]).astype(np.float32)

    def surprise(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Negative logarithm of the likelihood of standardised rows."""
        terms = np.empty((len(z), len(self.weights)))
        heights = constants(self.weights, self.roots)
        for place, (mean, root) in enumerate(zip(self.means, self.roots, strict=True)):
            terms[:, place] = heights[place] - np.square((z - mean) @ root).sum(axis=1) / 2
        top = terms.max(axis=1)
        found: NDArray[np.float64] = -(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))
        return found


def constants(weights: NDArray[np.float64], roots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of each component's weight times its density at its mean."""
    made: NDArray[np.float64] = (
        np.log(weights) + np.linalg.slogdet(roots)[1] - roots.shape[-1] / 2 * np.log(2 * np.pi)
    )
    return made


def pooled(maps: Values) -> Values:
    """Mean over 3 x 3 cells, every second one, no padding: ``(n, rows, columns, k)`` float32."""
    across = map_size(*maps.shape[1:3])
    total = np.zeros((len(maps), *across, maps.shape[3]), np.float32)
    for down in range(POOL):
        for right in range(POOL):
            total += maps[
                :,
                down : down + STRIDE * across[0] - 1 : STRIDE,
                right : right + STRIDE * across[1] - 1 : STRIDE,
            ]
    return total / np.float32(POOL * POOL)


def map_size(rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns of the map over a grid of cells."""
    return (rows - POOL) // STRIDE + 1, (columns - POOL) // STRIDE + 1


def random_basis(channels: int, capacity: str, seed: int) -> Values:
    """Orthogonal directions, ``(channels, k)``, that cells are projected onto."""
    width = min(CAPACITIES[capacity][1], channels)
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((channels, width)))[0]
    return basis.astype(np.float32)


def learn(maps: Values, basis: Values, capacity: str, seed: int) -> CellMixture:
    """Fit a mixture to the cells of normal images.

    Parameters
    ----------
    maps : np.ndarray [shape=(n, g, g', k)]
        Cells that were projected onto `basis` and pooled.
    basis : np.ndarray [shape=(channels, k)]
    capacity : {"low", "medium", "high"}
    seed : int
    """
    z = maps.reshape(-1, maps.shape[-1]).astype(np.float64)
    mean, scale = z.mean(axis=0), z.std(axis=0)
    scale[scale < 1e-6 * np.maximum(np.abs(mean), 1e-6)] = 1
    z = (z - mean) / scale
    random = np.random.default_rng(seed)
    few = z if len(z) <= _MOST else z[np.sort(random.choice(len(z), _MOST, replace=False))]
    parts = _fit(few, min(CAPACITIES[capacity][0], len(np.unique(few, axis=0))), seed)
    known = basis, scale.astype(np.float32), (-mean / scale).astype(np.float32), *parts
    surprise = CellMixture(*known, 0.0, 1.0).surprise(z)
    spread = float(surprise.std())
    level, spread = float(surprise.mean()), spread if spread > 1e-9 else 1.0
    return CellMixture(*known, level, spread)


def _fit(
    z: NDArray[np.float64], components: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    if len(z) < 2:
        raise BlockError(
            f"{len(z)} cell of training images is too little for a mixture; it needs two at least"
        )
    model = GaussianMixture(components, reg_covar=_REGULARISATION, max_iter=_ROUNDS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(z)
    turn, sizes, _ = np.linalg.svd(model.precisions_cholesky_)
    return model.weights_, model.means_, (turn * sizes[:, None, :]) @ turn.transpose(0, 2, 1)
