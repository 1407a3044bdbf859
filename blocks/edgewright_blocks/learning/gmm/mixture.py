"""A mixture of normal distributions: learning it, and how unlikely it makes a window."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError
from edgewright_sdk.standardisation import standardisation, standardise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

_ROUNDS = 200
_AT_ONCE = 1 << 17  # values of one component held at a time: a MiB of float64


@dataclass(frozen=True)
class Mixture:
    """A trained model.

    Attributes
    ----------
    mean, scale : np.ndarray [shape=(k,), dtype=float32]
        Standardise a feature: ``z = (x − mean) / scale``. The device has the very same numbers.
    weights : np.ndarray [shape=(components,)]
    means : np.ndarray [shape=(components, k)]
        In standardised units.
    roots : np.ndarray [shape=(components or 1, k, k) or (components, k) or (components,)]
        Of each component's precision (or of the one that all share): symmetric, ``root root`` = inverse covariance; its
        diagonal where it has no more; or one number for all axes.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weights: Float
    means: Float
    roots: Float

    @property
    def offsets(self) -> Float:
        """Logarithm of each component's weight times its density at its mean."""
        axes = self.means.shape[1]
        if self.roots.ndim == 3:
            logs = np.linalg.slogdet(self.roots)[1]
        else:
            logs = np.log(self.roots).sum(axis=1) if self.roots.ndim == 2 else axes * np.log(self.roots)
        offsets: Float = np.log(self.weights) + logs - axes / 2 * np.log(2 * np.pi)
        return offsets


def learn(
    values: NDArray[np.float32], components: int, covariance: str, regularisation: float, seed: int
) -> tuple[Mixture, bool]:
    """Fit a mixture to training features.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Finite; at least `components` different rows.
    components : int ≥ 1
    covariance : {"full", "tied", "diag", "spherical"}
    regularisation : float ≥ 0
        Added to the variance of each standardised feature.
    seed : int

    Returns
    -------
    mixture : Mixture
    settled : bool
        Whether the fit has converged.
    """
    mean, scale = standardisation(values)
    z = standardise(values, mean, scale)
    varying = varies(z, scale)
    if not varying.any():
        shape = {"full": (1, 0, 0), "tied": (1, 0, 0), "diag": (1, 0), "spherical": (1,)}[covariance]
        nothing = np.ones(1), np.zeros((1, 0)), np.ones(shape)
        return Mixture(mean, scale, *_with_constants(*nothing, varying)), True
    fitted = fit(z if varying.all() else z[:, varying], components, covariance, regularisation, seed)
    return _mixture(mean, scale, fitted, varying), bool(fitted.converged_)


def unseen(
    values: NDArray[np.float32],
    mixture: Mixture,
    covariance: str,
    regularisation: float,
    folds: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]],
) -> Float:
    """Negative log-likelihood of training features, each window by a mixture that was fitted without it.

    These mixtures begin as the whole one and move from there. Begun anew, they would settle elsewhere, with more or fewer components: then
    the scores would tell how far two such mixtures lie apart, which is more than a window's being unseen changes.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
    mixture : Mixture
        Of all of them, by :func:`learn` with the same `covariance` and `regularisation`.
    folds : iterable of (learned, held)
        Rows; what none holds is scored by the whole mixture.
    """
    z = standardise(values, mixture.mean, mixture.scale)
    varying = varies(z, mixture.scale)
    scores, _ = unlikelihood(z, mixture)
    if not varying.any():
        return scores
    begin = _beginning(mixture, covariance, varying)
    for learned, held in folds:
        if len(learned) <= len(mixture.weights):
            continue
        fitted = fit(z[learned][:, varying], len(mixture.weights), covariance, regularisation, 0, begin=begin)
        again = _mixture(mixture.mean, mixture.scale, fitted, varying)
        scores[held], _ = unlikelihood(z[held], again)
    return scores


def _mixture(
    mean: NDArray[np.float32], scale: NDArray[np.float32], fitted: Any, varying: NDArray[np.bool_]
) -> Mixture:
    roots = fitted.precisions_cholesky_
    if fitted.covariance_type in ("full", "tied"):
        turn, sizes, _ = np.linalg.svd(roots if fitted.covariance_type == "full" else roots[None])
        roots = (turn * sizes[:, None, :]) @ turn.transpose(0, 2, 1)
    return Mixture(mean, scale, *_with_constants(fitted.weights_, fitted.means_, roots, varying))


def _beginning(mixture: Mixture, covariance: str, varying: NDArray[np.bool_]) -> dict[str, Float]:
    """What scikit-learn's mixture can begin as, over the features that vary."""
    roots = mixture.roots
    if roots.ndim == 3:
        roots = roots[:, varying][:, :, varying]
        precisions = roots @ roots.transpose(0, 2, 1)
        precisions = (precisions + precisions.transpose(0, 2, 1)) / 2
    else:
        precisions = np.square(roots if roots.ndim == 1 else roots[:, varying])
    return {
        "weights_init": mixture.weights / mixture.weights.sum(),
        "means_init": mixture.means[:, varying],
        "precisions_init": precisions[0] if covariance == "tied" else precisions,
    }


def varies(z: Float, scale: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which standardised features vary: constant ones have scale 1, and no standard deviation of 1."""
    found: NDArray[np.bool_] = (scale != 1) | (np.abs(z.std(axis=0) - 1) < 1e-3)
    return found


def fit(
    z: Float,
    components: int,
    covariance: str,
    regularisation: float,
    seed: int,
    *,
    begin: Mapping[str, Float] | None = None,
) -> Any:
    """Fit scikit-learn's mixture, from where it shall `begin`; its warnings are in ``converged_``."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        components, covariance_type=covariance, reg_covar=regularisation, max_iter=_ROUNDS, random_state=seed, **(begin or {})
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            return model.fit(np.ascontiguousarray(z))  # chosen columns come in another order: slower
        except ValueError as error:
            if "ill-defined" not in str(error):
                raise
    raise BlockError(
        f"{components} components with {covariance} covariance have no width somewhere in {len(z)} training windows; "
        f"regularisation is {regularisation:g}: take more of it (0.001), fewer components, or diag or spherical covariance"
    )


def _with_constants(
    weights: Float, means: Float, roots: Float, varying: NDArray[np.bool_]
) -> tuple[Float, Float, Float]:
    """Put constant features back, around 0 with variance 1 in their own units (spherical: that of all axes)."""
    axes = len(varying)
    wide = np.zeros((len(means), axes))
    wide[:, varying] = means
    if roots.ndim == 1:
        return weights, wide, roots
    if roots.ndim == 2:
        diagonals = np.ones((len(roots), axes))
        diagonals[:, varying] = roots
        return weights, wide, diagonals
    triangles = np.repeat(np.eye(axes)[None], len(roots), axis=0)
    triangles[np.ix_(np.arange(len(roots)), varying, varying)] = roots
    return weights, wide, triangles


def unlikelihood(z: Float, mixture: Mixture) -> tuple[Float, Float]:
    """Negative logarithm of the likelihood of standardised features, and what each of them adds to it.

    Parameters
    ----------
    z : np.ndarray [shape=(n, k)]

    Returns
    -------
    total : np.ndarray [shape=(n,)]
        ``−log Σ weight · density``.
    contributions : np.ndarray [shape=(n, k)]
        Sum to the total. With ``y`` the way from the likeliest component's mean in units of its spread (``Σ^(−½) δ``),
        feature i adds ``y_i² / 2``, its share of half the squared Mahalanobis distance, and an equal share of the rest.
    """
    total, contributions = np.empty(len(z)), np.empty(z.shape)
    step = max(_AT_ONCE // z.shape[1], 1)
    offsets = mixture.offsets
    for start in range(0, len(z), step):
        piece = z[start : start + step]
        terms = np.stack([_shares(piece, mixture, k).sum(axis=1) for k in range(len(offsets))], axis=1)
        terms *= -0.5
        terms += offsets
        likeliest = terms.argmax(axis=1)
        top = terms[np.arange(len(piece)), likeliest]
        found = -(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))
        total[start : start + step] = found
        halves = contributions[start : start + step]
        for k in np.unique(likeliest):
            chosen = likeliest == k
            halves[chosen] = _shares(piece[chosen], mixture, k)
        halves /= 2
        halves += (found - halves.sum(axis=1))[:, None] / z.shape[1]
    return total, contributions


def _shares(z: Float, mixture: Mixture, k: int) -> Float:
    """The squared Mahalanobis distance from component `k` by axis."""
    root = mixture.roots[k if len(mixture.roots) > 1 else 0]
    away = z - mixture.means[k]
    whitened = away @ root if root.ndim == 2 else np.multiply(away, root, out=away)
    shares: Float = np.square(whitened, out=whitened)
    return shares
