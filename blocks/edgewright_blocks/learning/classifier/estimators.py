"""The four algorithms, each as one fitted estimator of scikit-learn that gives probabilities."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .folds import calibration_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Params

#: Algorithms that compare features with each other, and so learn from standardised ones.
STANDARDISED: Final = ("logistic-regression", "svm")
_MOST_STEPS = 1000


def fitted(values: NDArray[Any], targets: NDArray[np.int32], params: Params, context: Context) -> Any:
    """Fit the algorithm that the parameters name.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Standardised for algorithms of :data:`STANDARDISED`.
    targets : np.ndarray [shape=(n,)]
        At least two different ones.
    params : Params
    context : Context
        ``seed`` and ``groups``; hears of what is odd.
    """
    estimator = _MAKERS[params.algorithm](params, context, targets)
    weights = _weights(targets) if params.class_weights == "balanced" else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(values, targets, sample_weight=weights)
    if any(warning.category.__name__ == "ConvergenceWarning" for warning in caught):
        context.warn(
            f"{params.algorithm} stopped after {_MOST_STEPS} steps before it settled; try a smaller C"
        )
    return estimator


def _logistic(params: Params, context: Context, targets: NDArray[np.int32]) -> Any:  # noqa: ARG001
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=params.logistic_c, max_iter=_MOST_STEPS)


def _forest(params: Params, context: Context, targets: NDArray[np.int32]) -> Any:  # noqa: ARG001
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        params.trees,
        max_depth=params.depth,
        min_samples_leaf=params.leaf_windows,
        random_state=context.seed,
    )


def _machine(params: Params, context: Context, targets: NDArray[np.int32]) -> Any:
    """One machine a class against all others, each behind a sigmoid that was fitted to windows it had not seen."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import SVC

    # The weights of windows don't pass through OneVsRestClassifier: they reach the sigmoids, and the machines weigh their classes.
    balanced = "balanced" if params.class_weights == "balanced" else None
    machine = SVC(C=params.svm_c, kernel=params.kernel, gamma=params.gamma, class_weight=balanced)
    folds = calibration_folds(targets, context)
    return CalibratedClassifierCV(OneVsRestClassifier(machine), method="sigmoid", cv=folds, ensemble=False)


def _boosting(params: Params, context: Context, targets: NDArray[np.int32]) -> Any:  # noqa: ARG001
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=params.learning_rate,
        max_iter=params.stages,
        max_leaf_nodes=params.leaves,
        min_samples_leaf=params.boosted_leaf_windows,
        early_stopping=False,  # it would keep windows back without heeding their groups
        random_state=context.seed,
    )


def _weights(targets: NDArray[np.int32]) -> NDArray[np.float64]:
    """Weight of each window such that every class weighs the same, and a window 1 on average."""
    _, codes, counts = np.unique(targets, return_inverse=True, return_counts=True)
    shares: NDArray[np.float64] = len(targets) / (len(counts) * counts)
    return shares[codes]


_MAKERS = {
    "logistic-regression": _logistic,
    "random-forest": _forest,
    "svm": _machine,
    "gradient-boosting": _boosting,
}
