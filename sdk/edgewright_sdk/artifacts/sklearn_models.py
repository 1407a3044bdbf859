"""Pickled scikit-learn estimators, read by their fitted attributes.

Which class an estimator is decides, not its module: modules moved between versions.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts import sklearn_trees, support_vectors
from edgewright_sdk.artifacts.labels import labels_of
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.pickles import Shell, read_pickle, read_pickled
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.scaling import Scaling, scaling_of, through
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_LINEAR_REGRESSORS = (
    "LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "BayesianRidge",
    "ARDRegression", "HuberRegressor", "LinearSVR", "SGDRegressor", "TheilSenRegressor", "Lars", "LassoLars",
)  # fmt: skip
_ARGMAX = ("RidgeClassifier", "RidgeClassifierCV", "LinearSVC", "Perceptron", "PassiveAggressiveClassifier")


def read_sklearn(path: Path) -> Predictor:
    """Read a pickled estimator, or a pipeline of scalers and an estimator.

    Raises
    ------
    BlockError
        It can't be read, is not fitted, or is not one of those supported, which are named.
    """
    return _read(read_pickle(path), path.name)


def predictor_of(estimator: object) -> Predictor:
    """Read a fitted estimator of scikit-learn as its pickle would be read: one way from estimators to tables.

    Raises
    ------
    BlockError
        As :func:`read_sklearn`.
    """
    name = type(estimator).__name__
    return _read(read_pickled(pickle.dumps(estimator), name), name)


def _read(estimator: Any, name: str) -> Predictor:
    scalings: list[Scaling] = []
    while isinstance(estimator, Shell) and estimator.name in (
        "Pipeline",
        "GridSearchCV",
        "RandomizedSearchCV",
    ):
        if estimator.name != "Pipeline":
            estimator = estimator.get("best_estimator_")
            continue
        *before, (_, last) = estimator.get("steps")
        scalings += [scaling_of(step, name) for _, step in before if step not in (None, "passthrough")]
        estimator = last
    if not isinstance(estimator, Shell) or not estimator.module.startswith("sklearn"):
        raise BlockError(f"{name} holds no scikit-learn estimator but a {type(estimator).__name__}")
    source = name if name == estimator.name else f"{name} ({estimator.name})"
    reader = _READERS.get(estimator.name)
    if reader is None:
        raise BlockError(f"{source}: this estimator is not supported; allowed: {', '.join(sorted(_READERS))}")
    try:
        read = reader(estimator, source)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise BlockError(
            f"{source} can't be read ({type(error).__name__}: {error}); is it fitted? scikit-learn wrote version {estimator.get('_sklearn_version')}"
        ) from None
    return through(scalings, read)


def _linear(estimator: Shell) -> Linear:
    if "coef_" not in estimator.state:
        raise KeyError("coef_")
    weights = np.atleast_2d(np.asarray(estimator.get("coef_"), np.float64))
    bias = np.broadcast_to(np.asarray(estimator.get("intercept_", default=0.0), np.float64), len(weights))
    return Linear(weights, bias.copy())


def _regressor(estimator: Shell, source: str) -> Predictor:
    linear = _linear(estimator)
    if linear.outputs != 1:
        raise BlockError(f"{source} gives {linear.outputs} values; allowed: 1")
    return Predictor(source, linear, "identity")


def _classifier(link: str) -> Callable[[Shell, str], Predictor]:
    """Read a linear classifier whose probabilities are those of ``link`` for three classes or more."""

    def read(estimator: Shell, source: str) -> Predictor:
        linear = _linear(estimator)
        two = {"argmax": "sign", "sigmoid-shares": "sigmoid-pair", "softmax": "sigmoid-pair"}
        return Predictor(source, linear, two[link] if linear.outputs == 1 else link, labels_of(estimator))

    return read


def _logistic(estimator: Shell, source: str) -> Predictor:
    linear, multi = _linear(estimator), estimator.get("multi_class", default="auto")
    if linear.outputs > 1:
        each = multi in ("ovr", "warn") or (
            multi in ("auto", "deprecated") and estimator.get("solver") == "liblinear"
        )
        return Predictor(source, linear, "sigmoid-shares" if each else "softmax", labels_of(estimator))
    if multi == "multinomial":  # two classes: a softmax over the output and its negative
        linear = Linear(2 * linear.weights, 2 * linear.bias)
    return Predictor(source, linear, "sigmoid-pair", labels_of(estimator))


def _sgd(estimator: Shell, source: str) -> Predictor:
    link = "sigmoid-shares" if estimator.get("loss") in ("log_loss", "log") else "argmax"
    return _classifier(link)(estimator, source)


_READERS: dict[str, Callable[[Shell, str], Predictor]] = {
    **dict.fromkeys(_LINEAR_REGRESSORS, _regressor),
    **{name: _classifier("argmax") for name in _ARGMAX},
    "LogisticRegression": _logistic,
    "LogisticRegressionCV": _logistic,
    "LinearDiscriminantAnalysis": _classifier("softmax"),
    "SGDClassifier": _sgd,
    **support_vectors.READERS,
    **sklearn_trees.READERS,
}
