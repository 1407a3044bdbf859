"""The four algorithms, each as one fitted estimator of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Params

#: Algorithms that compare features with each other, and so learn from standardised ones.
STANDARDISED: Final = ("ridge", "svr")


def fitted(values: NDArray[Any], targets: NDArray[np.float64], params: Params, context: Context) -> Any:
    """Fit the algorithm that the parameters name.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Standardised for algorithms of :data:`STANDARDISED`.
    targets : np.ndarray [shape=(n,)]
        Standardised: what ``epsilon`` is, and what a forest's float32 leaves can hold, doesn't depend on their unit.
    params : Params
    context : Context
        ``seed``.
    """
    return _MAKERS[params.algorithm](params, context.seed).fit(values, targets)


def _ridge(params: Params, seed: int) -> Any:  # noqa: ARG001
    from sklearn.linear_model import LinearRegression, Ridge

    # Least squares by way of Ridge fails where features depend on each other; LinearRegression takes the smallest weights.
    return LinearRegression() if params.alpha == 0 else Ridge(params.alpha)


def _forest(params: Params, seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(
        params.trees,
        max_depth=params.depth,
        min_samples_leaf=params.leaf_windows,
        max_features=1 / 3,  # Breiman's for numbers; with all features the trees are much alike
        random_state=seed,
    )


def _machine(params: Params, seed: int) -> Any:  # noqa: ARG001
    from sklearn.svm import SVR

    return SVR(C=params.svr_c, kernel=params.kernel, gamma=params.gamma, epsilon=params.epsilon)


def _boosting(params: Params, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        learning_rate=params.learning_rate,
        max_iter=params.stages,
        max_leaf_nodes=params.leaves,
        min_samples_leaf=params.boosted_leaf_windows,
        early_stopping=False,  # it would keep windows back without heeding their groups
        random_state=seed,
    )


_MAKERS = {
    "ridge": _ridge,
    "random-forest": _forest,
    "svr": _machine,
    "gradient-boosting": _boosting,
}
