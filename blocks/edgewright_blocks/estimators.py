"""The anomaly blocks as scikit-learn estimators, for pipelines, grid searches and notebooks.

Each drives its block's own code in this process, so a fitted estimator holds the model that an impulse would have
learned from the same rows. scikit-learn's signs hold: ``score_samples`` is higher for normal rows, ``predict`` gives 1
or −1; ``anomaly_score(X) = −score_samples(X)`` is the block's score. Values are float32, as everywhere on a device.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.model_selection import KFold
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from edgewright_blocks.learning.gmm.block import GaussianMixtureAnomaly as GmmBlock
from edgewright_blocks.learning.isolation_forest.block import IsolationForestAnomaly as IsolationForestBlock
from edgewright_blocks.learning.kmeans.block import KMeansAnomaly as KMeansBlock
from edgewright_blocks.learning.pca_reconstruction.block import PcaReconstruction as PcaBlock
from edgewright_sdk import BlockError, Context, Features, LearningBlock, Model, Params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

_LEARNING = Path(__file__).parent / "learning"
_LARGEST = float(np.finfo(np.float32).max)


class AnomalyEstimator(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """What the estimators below share; an estimator's parameters are its block's, by underscore name.

    Attributes
    ----------
    model_ : Model
        What the block learned.
    offset_ : float
        ``score_samples`` below it is an outlier: the threshold, with scikit-learn's sign.
    held_out_ : np.ndarray [shape=(n,), dtype=float64]
        Anomaly score of each training row by a model that had not seen it (``cv=None``: by the final model).
    """

    _block: ClassVar[type[LearningBlock]]
    _name: ClassVar[str]
    _fewest_features: ClassVar[int] = 1
    _renamed: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *, fpr: float = 0.01, cv: int | None = None, random_state: Any = 0) -> None:
        self.fpr = fpr
        self.cv = cv
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> AnomalyEstimator:  # noqa: N803, ARG002
        """Learn what is normal, and where the threshold lies.

        Parameters
        ----------
        X : array-like [shape=(n, f)]
            Normal rows, at least two.
        y : ignored

        Raises
        ------
        ValueError
            For rows or parameters that can't work.
        """
        values = self._values(X, reset=True)
        if not 0 < self.fpr < 1:
            raise ValueError(f"fpr is {self.fpr}; allowed: a rate between 0 and 1")
        state = self.random_state
        seed = (
            int(state) if isinstance(state, (int, np.integer)) else check_random_state(state).randint(1 << 31)
        )
        params = {
            self._renamed.get(name, name): value
            for name, value in self.get_params().items()
            if name not in _OURS
        }
        self._params = Params.defaults(_LEARNING / self._name, **params)
        self._labels = [str(name) for name in getattr(self, "feature_names_in_", range(values.shape[1]))]
        self.model_ = self._learn(values, seed)
        self.held_out_ = self._held_out(values, seed)
        self.offset_ = -float(np.quantile(self.held_out_, 1 - self.fpr, method="median_unbiased"))
        return self

    def anomaly_score(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Score rows: unclamped, higher is more anomalous, ``(n,)`` float64."""
        check_is_fitted(self)
        return self._score(self.model_, self._values(X, reset=False))

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Score rows with scikit-learn's sign: higher is more normal, ``(n,)`` float64."""
        return -self.anomaly_score(X)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Say how far rows are within (above 0) or beyond (below 0) the threshold, ``(n,)`` float64."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:  # noqa: N803
        """Give 1 for normal rows and −1 for anomalous ones, ``(n,)`` int64."""
        return np.where(self.decision_function(X) < 0, -1, 1).astype(np.int64)

    def _values(self, rows: ArrayLike, *, reset: bool) -> NDArray[np.float32]:
        values = validate_data(
            self,
            rows,
            reset=reset,
            ensure_min_samples=2 if reset else 1,
            ensure_min_features=self._fewest_features if reset else 1,
            dtype="numeric",
        )
        wide = np.asarray(values, dtype=np.float64)
        if np.abs(wide).max(initial=0.0) > _LARGEST:
            raise ValueError("Input contains infinity or a value too large for dtype('float32').")
        return wide.astype(np.float32)

    def _held_out(self, values: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
        if self.cv is None:
            return self._score(self.model_, values)
        if self.model_.train_scores is not None:  # the block's own, as if unseen
            return np.asarray(self.model_.train_scores, dtype=np.float64)
        scores = np.empty(len(values))
        folds = KFold(min(self.cv, len(values)), shuffle=True, random_state=seed)
        for kept, left in folds.split(values):
            scores[left] = self._score(self._learn(values[kept], seed), values[left])
        return scores

    def _learn(self, values: NDArray[np.float32], seed: int) -> Model:
        context = Context(seed=seed)
        block = self._block(_LEARNING / self._name, context)
        try:
            return block.fit(Features(values, self._labels), None, self._params, context)
        except BlockError as error:
            raise ValueError(str(error)) from error

    def _score(self, model: Model, values: NDArray[np.float32]) -> NDArray[np.float64]:
        block = self._block(_LEARNING / self._name, Context())
        parts = [
            block.score(model, batch, self._params).scores
            for batch in Features(values, self._labels).batches(block.batch_bytes)
        ]
        return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


#: Parameters of the estimator, not of its block.
_OURS = frozenset({"fpr", "cv", "random_state"})


class KMeansAnomaly(AnomalyEstimator):
    """Distance beyond the edge of the nearest cluster of normal rows: the block ``kmeans``.

    Parameters
    ----------
    clusters : int or "auto"
    radius : float or "max"
        Percentile of a cluster's distances where its edge lies.
    fpr : float in (0, 1)
        Share of normal rows that may be called outliers.
    cv : int or None
        None reads the threshold from the scores of the training rows, as scikit-learn's detectors do. With folds (10 is what
        an impulse has) it is read from the scores of rows held out, and so keeps `fpr` on new rows too.
    random_state : int, RandomState or None

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(200, 2))
    >>> KMeansAnomaly(clusters=4).fit(rows).predict([[0.0, 0.0], [9.0, 9.0]]).tolist()
    [1, -1]
    """

    _block = KMeansBlock
    _name = "kmeans"

    def __init__(
        self,
        *,
        clusters: int | str = 32,
        radius: float | str = 99,
        fpr: float = 0.01,
        cv: int | None = None,
        random_state: Any = 0,
    ) -> None:
        super().__init__(fpr=fpr, cv=cv, random_state=random_state)
        self.clusters = clusters
        self.radius = radius


class GMMAnomaly(AnomalyEstimator):
    """How unlikely a row is under a mixture of Gaussians: the block ``gmm``.

    Parameters
    ----------
    components : int or "auto"
    covariance : {"full", "tied", "diag", "spherical"}
    score_as : {"z", "negative-log-likelihood", "absolute-z"}
        The block's parameter `score`; estimators have a method of that name.
    regularisation : float
        Added to the variances of the standardised features.
    fpr, cv, random_state
        As of :class:`KMeansAnomaly`.
    """

    _block = GmmBlock
    _name = "gmm"
    _renamed: ClassVar[Mapping[str, str]] = {"score_as": "score"}

    def __init__(
        self,
        *,
        components: int | str = "auto",
        covariance: str = "full",
        score_as: str = "z",
        regularisation: float = 0.001,
        fpr: float = 0.01,
        cv: int | None = None,
        random_state: Any = 0,
    ) -> None:
        super().__init__(fpr=fpr, cv=cv, random_state=random_state)
        self.components = components
        self.covariance = covariance
        self.score_as = score_as
        self.regularisation = regularisation


class IsolationForestAnomaly(AnomalyEstimator):
    """How few random cuts part a row from the others: the block ``isolation_forest``.

    Parameters
    ----------
    trees : int
    samples : int
        Rows that each tree is grown on.
    fpr, cv, random_state
        As of :class:`KMeansAnomaly`.
    """

    _block = IsolationForestBlock
    _name = "isolation_forest"

    def __init__(
        self,
        *,
        trees: int = 100,
        samples: int = 256,
        fpr: float = 0.01,
        cv: int | None = None,
        random_state: Any = 0,
    ) -> None:
        super().__init__(fpr=fpr, cv=cv, random_state=random_state)
        self.trees = trees
        self.samples = samples


class PCAReconstruction(AnomalyEstimator):
    """What the principal components of normal rows can't rebuild: the block ``pca_reconstruction``.

    Parameters
    ----------
    components : float or "auto"
        Those that stand out from noise, a count, or below 1 the share of variance to explain.
    standardise : bool
    fpr, cv, random_state
        As of :class:`KMeansAnomaly`.
    """

    _block = PcaBlock
    _name = "pca_reconstruction"
    _fewest_features = 2

    def __init__(
        self,
        *,
        components: float | str = "auto",
        standardise: bool = True,
        fpr: float = 0.01,
        cv: int | None = None,
        random_state: Any = 0,
    ) -> None:
        super().__init__(fpr=fpr, cv=cv, random_state=random_state)
        self.components = components
        self.standardise = standardise
