"""Trees, forests and boosting of scikit-learn. Tests are ``x <= threshold``: float32 features, float64 thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.artifacts.labels import labels_of
from edgewright_sdk.artifacts.pickles import Shell
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.trees import Builder, at_most
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _forest(estimator: Shell, source: str) -> Predictor:
    """Mean over the trees of each leaf's class shares, or value."""
    members = [estimator] if "tree_" in estimator.state else list(estimator.state["estimators_"])
    classifier = estimator.name.endswith("Classifier")
    if int(estimator.get("n_outputs_", default=1)) != 1:
        raise BlockError(f"{source} gives {estimator.get('n_outputs_')} values; allowed: 1")
    labels = labels_of(estimator) if classifier else None
    builder = Builder(source, _features(members[0]), len(labels) if labels else 1)
    for member in members:
        values = np.asarray(member.get("tree_").get("values"), np.float64)[:, 0, :]
        if classifier:  # counts before version 1.3, shares since
            total = values.sum(axis=1, keepdims=True)
            values = values / np.where(total > 0, total, 1.0)
        _add(builder, member, values / len(members))
    return Predictor(source, builder.done(0.0), "identity", labels)


def _boosting(estimator: Shell, source: str) -> Predictor:
    """``base + learning_rate · Σ trees``, one tree a class and stage."""
    stages = np.asarray(estimator.state["estimators_"], dtype=object)
    rate, loss = float(estimator.get("learning_rate")), estimator.get("loss")
    labels = labels_of(estimator) if estimator.name.endswith("Classifier") else None
    slope = 2.0 if loss == "exponential" else 1.0
    builder = Builder(source, _features(stages[0, 0]), stages.shape[1])
    for stage in stages:
        for output, member in enumerate(stage):
            values = np.asarray(member.get("tree_").get("values"), np.float64)[:, 0, :]
            _add(builder, member, slope * rate * values, output)
    base = slope * _start(estimator, loss, source)
    link = "identity" if labels is None else "softmax" if stages.shape[1] > 1 else "sigmoid-pair"
    return Predictor(source, builder.done(base), link, labels)


def _start(estimator: Shell, loss: str, source: str) -> NDArray[np.float64]:
    """What boosting begins with: the prior of the classes, or a constant."""
    first = estimator.get("init_")
    if first is None or first == "zero":
        return np.zeros(1)
    name = first.name if isinstance(first, Shell) else type(first).__name__
    if name == "DummyRegressor":
        return np.asarray(first.get("constant_"), np.float64).ravel()
    if name != "DummyClassifier":
        raise BlockError(f"{source} starts from init={name}, which is not supported; allowed: None, 'zero'")
    tiny = float(np.finfo(np.float32).eps)
    prior = np.clip(np.asarray(first.get("class_prior_"), np.float64), tiny, 1 - tiny)
    if len(prior) > 2:
        return np.log(prior)
    logit = np.log(prior[1:] / (1 - prior[1:]))
    return np.asarray(0.5 * logit if loss == "exponential" else logit)


def _histogram(estimator: Shell, source: str) -> Predictor:
    """Histogram boosting: as boosting, with tables of its own."""
    stages = estimator.state["_predictors"]
    labels = labels_of(estimator) if estimator.name.endswith("Classifier") else None
    loss = estimator.get("loss")
    if estimator.get("is_categorical_") is not None:
        raise BlockError(
            f"{source} has categorical features, which are not supported; encode them as numbers"
        )
    builder = Builder(source, int(estimator.state["_n_features"]), len(stages[0]))
    for stage in stages:
        for output, member in enumerate(stage):
            nodes = np.asarray(member.get("nodes"))
            if nodes["is_categorical"].any():
                raise BlockError(
                    f"{source} has a categorical split, which is not supported; encode them as numbers"
                )
            leaf = nodes["is_leaf"].astype(bool)
            builder.add(
                feature=nodes["feature_idx"],
                threshold=at_most(np.where(leaf, 0.0, nodes["num_threshold"])),
                left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
                right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
                leaves=nodes["value"],
                output=output,
            )
    base = np.asarray(estimator.state["_baseline_prediction"], np.float64).ravel()
    exp = "exp" if loss in ("poisson", "gamma") else "identity"
    link = exp if labels is None else "softmax" if len(stages[0]) > 1 else "sigmoid-pair"
    return Predictor(source, builder.done(base), link, labels)


def _add(builder: Builder, member: Shell, values: NDArray[np.float64], output: int = 0) -> None:
    nodes = np.asarray(member.get("tree_").state["nodes"])
    leaf = nodes["left_child"] < 0
    builder.add(
        feature=nodes["feature"],
        threshold=at_most(np.where(leaf, 0.0, nodes["threshold"])),
        left=np.where(leaf, -1, nodes["left_child"]),
        right=np.where(leaf, -1, nodes["right_child"]),
        leaves=values,
        output=output,
    )


def _features(member: Shell) -> int:
    """Number of features: the first argument that the tree's table was made with."""
    return int(member.state["tree_"].args[0])


READERS: dict[str, Callable[[Shell, str], Predictor]] = {
    **dict.fromkeys(
        (
            "DecisionTreeClassifier",
            "DecisionTreeRegressor",
            "ExtraTreeClassifier",
            "ExtraTreeRegressor",
            "RandomForestClassifier",
            "RandomForestRegressor",
            "ExtraTreesClassifier",
            "ExtraTreesRegressor",
        ),
        _forest,
    ),
    "GradientBoostingClassifier": _boosting,
    "GradientBoostingRegressor": _boosting,
    "HistGradientBoostingClassifier": _histogram,
    "HistGradientBoostingRegressor": _histogram,
}
