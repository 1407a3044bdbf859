"""The subspace that normal windows vary in, and how far a window lies from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from edgewright_sdk.standardisation import constant_columns, standardisation, standardise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_AT_ONCE = 1 << 21  # float64 values held at a time: 16 MiB
#: Variance below this share of the largest component's is rounding of float32 features.
_NOISE = 1e-12
#: Of the variance; ``auto`` keeps no more components than explain it.
_AUTO_SHARE = 0.95


@dataclass(frozen=True)
class Subspace:
    """A trained model. What scores is float32, so that a device computes with the very same numbers.

    Attributes
    ----------
    mean, scale : np.ndarray [shape=(k,), dtype=float32]
        ``z = (x − mean) / scale``.
    components : np.ndarray [shape=(c, k), dtype=float32]
        Orthonormal rows, by falling variance; the largest weight of each is positive. None of them: a single point.
    variances : np.ndarray [shape=(m,), dtype=float64]
        Variance along each possible component, the largest first; ``m = min(n, k)``.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    components: NDArray[np.float32]
    variances: NDArray[np.float64]

    @property
    def explained(self) -> float:
        """Share of the training windows' variance that the components hold; 1 where there is none."""
        total = float(self.variances.sum())
        return float(self.variances[: len(self.components)].sum()) / total if total > 0 else 1.0

    def score(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Square what the reconstruction leaves of windows.

        Parameters
        ----------
        x : np.ndarray [shape=(n, k)]

        Returns
        -------
        scores : np.ndarray [shape=(n,), dtype=float64]
            The sum of the errors.
        errors : np.ndarray [shape=(n, k), dtype=float32]
            ``(z − ẑ)²`` of each feature.
        """
        scores, errors = np.empty(len(x)), np.empty(x.shape, np.float32)
        step = max(_AT_ONCE // x.shape[1], 1)
        for start in range(0, len(x), step):
            rows = slice(start, start + step)
            z = standardise(x[rows], self.mean, self.scale)
            z -= self._projected(z)
            np.square(z, out=z)
            scores[rows], errors[rows] = z.sum(axis=1), z
        return scores, errors

    def reconstruct(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Windows as the components alone would have them, in the features' own units, ``(n, k)``."""
        z = self._projected(standardise(x, self.mean, self.scale))
        return z * self.scale.astype(np.float64) + self.mean

    def _projected(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        wide = self.components.astype(np.float64)
        projected: NDArray[np.float64] = (z @ wide.T) @ wide
        return projected


def learn(values: NDArray[np.float32], components: float | Literal["auto"], *, scaled: bool) -> Subspace:
    """Find the subspace of training features.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Finite; ``n`` ≥ 1, ``k`` ≥ 2.
    components : float > 0 or "auto"
        A share of the variance below 1, a number from 1; or those that stand out from noise. Never more than there is
        variance for, nor so many that nothing could be left over (``k − 1``).
    scaled : bool
        Whether to divide by the standard deviation.
    """
    rows, width = values.shape
    mean, scale = standardisation(values)
    if not scaled:
        scale = np.ones_like(scale)
    # Products over the longer side: a matrix of windows or of features, whichever are fewer.
    shorter = min(rows, width)
    products = np.zeros((shorter, shorter))
    for z in _pieces(values, mean, scale):
        products += z.T @ z
    squares, found = _directions(products, components, rows, width)
    if width > rows:  # weights of windows, of which those of features are made
        found = np.concatenate([z @ found for z in _pieces(values, mean, scale)])
    return Subspace(mean, scale, _signed(found).T.astype(np.float32), squares / rows)


def unseen(
    values: NDArray[np.float32],
    subspace: Subspace,
    components: float,
    folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    *,
    scaled: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Score training features, each window by the subspace of others.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
    subspace : Subspace
        Of all of them.
    components, scaled
        As of :func:`learn`.
    folds : sequence of (learned, held)
        Rows; what one learns from is what the others hold. A window that none holds is scored by the subspace of all.

    Returns
    -------
    scores, errors
        As of :meth:`Subspace.score`.
    """
    scores, errors = subspace.score(values)
    rows, width = values.shape
    parts = [Sums.of(values[held], subspace) for _, held in folds] if width <= rows else []
    for number, (learned, held) in enumerate(folds):
        if parts:
            others = _from_sums(parts, number, subspace, components, scaled=scaled)
        else:
            others = learn(values[learned], components, scaled=scaled)
        scores[held], errors[held] = others.score(values[held])
    return scores, errors


@dataclass(frozen=True)
class Sums:
    """What a covariance is made of, of some windows in units of a subspace: number, sums, products, least and largest values."""

    count: int
    sums: NDArray[np.float64]
    products: NDArray[np.float64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @classmethod
    def of(cls, values: NDArray[np.float32], subspace: Subspace) -> Sums:
        """Take them of features ``(n, k)``."""
        width = values.shape[1]
        sums, products = np.zeros(width), np.zeros((width, width))
        step = max(_AT_ONCE // width, 1)
        for start in range(0, len(values), step):
            z = standardise(values[start : start + step], subspace.mean, subspace.scale)
            sums += z.sum(axis=0)
            products += z.T @ z
        return cls(len(values), sums, products, values.min(axis=0), values.max(axis=0))


def _from_sums(
    parts: Sequence[Sums], without: int, subspace: Subspace, components: float, *, scaled: bool
) -> Subspace:
    """What :func:`learn` finds in the windows of all parts but one, without another look at them."""
    kept = [part for number, part in enumerate(parts) if number != without]
    rows = sum(part.count for part in kept)
    centre = np.sum([part.sums for part in kept], axis=0) / rows
    # One part taken from all would lose digits; the others summed lose none.
    covariance = np.sum([part.products for part in kept], axis=0) / rows - np.outer(centre, centre)
    mean = (subspace.mean + centre * subspace.scale).astype(np.float32)
    scale = np.ones_like(mean)
    if scaled:
        limits = np.stack(
            [np.min([part.low for part in kept], axis=0), np.max([part.high for part in kept], axis=0)]
        )
        deviation = np.sqrt(np.maximum(np.diag(covariance), 0)) * subspace.scale
        scale = np.where(constant_columns(limits), 1, deviation).astype(np.float32)
    units = subspace.scale.astype(np.float64) / scale
    squares, found = _directions(rows * covariance * np.outer(units, units), components, rows, len(mean))
    return Subspace(mean, scale, _signed(found).T.astype(np.float32), squares / rows)


def _directions(
    products: NDArray[np.float64], components: float | Literal["auto"], rows: int, width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The squared singular values of features, the largest first, and the vectors of as many as were asked for."""
    squares, vectors = np.linalg.eigh(products)
    squares, vectors = np.maximum(squares[::-1], 0.0), vectors[:, ::-1]
    distinct = int(np.sum(squares > _NOISE * squares[0]))
    return squares, vectors[:, : min(_count(squares, components, rows, width), distinct, width - 1)]


def _pieces(
    values: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> Iterator[NDArray[np.float64]]:
    """Standardised features, cut along the longer side, which comes first: windows, or else features."""
    rows, width = values.shape
    step = max(_AT_ONCE // min(rows, width), 1)
    for start in range(0, max(rows, width), step):
        part = slice(start, start + step)
        if width <= rows:
            yield standardise(values[part], mean, scale)
        else:
            yield standardise(values[:, part], mean[part], scale[part]).T


def _count(squares: NDArray[np.float64], components: float | str, rows: int, width: int) -> int:
    """How many components were asked for; one at least."""
    if components == "auto":
        # Singular values above 0.56β³ − 0.95β² + 1.82β + 1.43 times the median stand out from even noise of unknown size
        # (Gavish and Donoho 2014, the hard threshold of the least squared error). Of uneven noise, the larger parts do too.
        beta = min(rows, width) / max(rows, width)
        factor = 0.56 * beta**3 - 0.95 * beta**2 + 1.82 * beta + 1.43
        singular = np.sqrt(squares)
        clear = int(np.sum(singular > factor * np.median(singular)))
        return max(min(clear, _explaining(squares, _AUTO_SHARE)), 1)
    wanted = float(components)
    return int(wanted) if wanted >= 1 else _explaining(squares, wanted)


def _explaining(squares: NDArray[np.float64], share: float) -> int:
    """The fewest components that explain a share of the variance."""
    reached = np.cumsum(squares) >= (share - 1e-12) * squares.sum()
    return int(np.argmax(reached)) + 1


def _signed(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal columns, each turned so that its largest weight is positive: a decomposition leaves the sign open."""
    if not vectors.shape[1]:
        return vectors
    orthonormal, _ = np.linalg.qr(vectors)
    largest = np.abs(orthonormal).argmax(axis=0)
    signs = np.sign(orthonormal[largest, np.arange(orthonormal.shape[1])])
    return np.asarray(orthonormal * signs)
