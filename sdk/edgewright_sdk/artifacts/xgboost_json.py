"""``model.json`` as XGBoost writes it (``save_model``, versions 1.0 to 3.x).

Format: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. Tests are ``x < threshold`` in float32;
missing values don't occur, since windows are finite, so default directions don't matter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.trees import Builder, Trees, below
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_CLASSIFIERS = {
    "binary:logistic": "sigmoid-pair",
    "binary:logitraw": "sigmoid-pair",
    "binary:hinge": "sign",
    "multi:softprob": "softmax",
    "multi:softmax": "softmax",
}
_REGRESSORS = {
    "reg:squarederror": "identity",
    "reg:linear": "identity",
    "reg:squaredlogerror": "identity",
    "reg:pseudohubererror": "identity",
    "reg:absoluteerror": "identity",
    "reg:quantileerror": "identity",
    "reg:logistic": "sigmoid",
    "reg:gamma": "exp",
    "reg:tweedie": "exp",
    "count:poisson": "exp",
}
#: Objectives whose base score is stored as a probability or a mean, not as what the trees add to.
_LOGIT = ("binary:logistic", "reg:logistic", "binary:logitraw")


def read_xgboost(path: Path) -> Predictor:
    """Read a model file.

    Raises
    ------
    BlockError
        It is something else, damaged, or uses what is not supported, which is named.
    """
    try:
        learner = json.loads(path.read_bytes())["learner"]
        return _read(learner, path.name)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise BlockError(
            f'{path.name} is no XGBoost model that can be read ({type(error).__name__}: {error}); write it by save_model("model.json")'
        ) from None


def _read(learner: dict[str, Any], name: str) -> Predictor:
    objective = str(learner["objective"]["name"])
    source = f"{name} (XGBoost, {objective})"
    link = _CLASSIFIERS.get(objective) or _REGRESSORS.get(objective)
    if link is None:
        known = ", ".join([*_CLASSIFIERS, *_REGRESSORS])
        raise BlockError(f"{source}: this objective is not supported; allowed: {known}")
    settings = learner["learner_model_param"]
    features, classes = int(settings["num_feature"]), int(settings.get("num_class", 0))
    if int(settings.get("num_target", 1)) > 1:
        raise BlockError(f"{source} has {settings['num_target']} targets; allowed: 1")
    outputs = max(classes, 1)
    base = _base(str(settings["base_score"]), objective, link)
    booster = learner["gradient_booster"]
    scorer: Trees | Linear
    if booster["name"] == "gblinear":
        table = np.array(booster["model"]["weights"], np.float64).reshape(features + 1, outputs)
        scorer = Linear(table[:-1].T.copy(), table[-1] + base[0])  # it reads the first, also of a list
    else:
        drops = [1.0]
        if booster["name"] == "dart":
            drops, booster = booster["weight_drop"], booster["gbtree"]
        scorer = _trees(learner, booster["model"], Builder(source, features, outputs), drops, base)
    labels: list[object] | None = None
    if objective in _CLASSIFIERS:
        labels = list(range(2 if link in ("sigmoid-pair", "sign") else outputs))
    return Predictor(source, scorer, link, labels)


def _base(text: str, objective: str, link: str) -> NDArray[np.float64]:
    """What the trees add to; version 3 writes a list, one an output."""
    score = np.array(json.loads(text) if text.startswith("[") else [float(text)], np.float64)
    if objective in _LOGIT:
        return np.asarray(np.log(score / (1 - score)))
    return np.asarray(np.log(score)) if link == "exp" else score


def _trees(
    learner: dict[str, Any],
    model: dict[str, Any],
    builder: Builder,
    drops: list[float],
    base: NDArray[np.float64],
) -> Trees:
    trees, belongs = model["trees"], model["tree_info"]
    for number, tree in enumerate(trees[: _rounds(learner, model, len(trees), builder.outputs)]):
        if any(int(kind) for kind in tree.get("split_type", [])):
            raise BlockError(
                f"{builder.source}: tree {number} has a categorical split, which is not supported; encode categories as numbers"
            )
        if int(tree.get("tree_param", {}).get("size_leaf_vector", 1)) > 1:
            raise BlockError(
                f"{builder.source} has leaves with several values (multi_strategy), which are not supported; use one_output_per_tree"
            )
        values = np.array(tree["split_conditions"], np.float32)
        builder.add(
            feature=tree["split_indices"],
            threshold=below(values),
            left=tree["left_children"],
            right=tree["right_children"],
            leaves=values * np.float32(drops[number % len(drops)]),
            output=int(belongs[number]),
        )
    return builder.done(base)


def _rounds(learner: dict[str, Any], model: dict[str, Any], trees: int, outputs: int) -> int:
    """How many trees predict: scikit-learn's face of XGBoost stops at the best round, its own does not."""
    notes = learner.get("attributes", {})
    if "scikit_learn" not in notes or "best_iteration" not in notes:
        return trees
    each = outputs * max(int(model.get("gbtree_model_param", {}).get("num_parallel_tree", 1)), 1)
    return min((int(notes["best_iteration"]) + 1) * each, trees)
