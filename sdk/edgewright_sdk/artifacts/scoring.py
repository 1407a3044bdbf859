"""Models of predictors: what they are made of, and scores, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts import links, network
from edgewright_sdk.artifacts.kernels import Kernel
from edgewright_sdk.artifacts.layers import Layers
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.trees import Trees
from edgewright_sdk.columns import trained_columns
from edgewright_sdk.errors import BlockError
from edgewright_sdk.model import Model
from edgewright_sdk.standardisation import standardise_bounded
from edgewright_sdk.values import Scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.predictor import Predictor
    from edgewright_sdk.values import Features

_KINDS = {Linear: "linear", Kernel: "kernel", Layers: "layers", Trees: "trees"}


def model_of(predictor: Predictor, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
    """Make a model of a predictor.

    Parameters
    ----------
    predictor : Predictor
    meta : mapping
        ``source``, ``mode``, ``features`` (how many the scorer takes); with ``mode: classification`` ``classes``; with a choice
        of columns their ``labels``.
    arrays : mapping
        ``columns`` of a classifier: the class of each value of the link. ``selected``: the columns chosen.
    """
    made = {**predictor.scorer.arrays(), **predictor.extra, **arrays}
    return Model(
        {**meta, "kind": _KINDS[type(predictor.scorer)], "link": predictor.link},
        {name: np.ascontiguousarray(array) for name, array in made.items()},
    )


def score(model: Model, features: Features) -> Scores:
    """Score a batch with a model of :func:`model_of`, or of a network.

    Returns
    -------
    Scores
        Classification: ``probabilities`` in the order of the impulse's classes. Regression: ``scores``, the values.
        Anomaly: ``scores``; visual anomaly: their ``map`` too, whose largest value is the score.
    """
    meta = model.meta
    if "selected" not in model.arrays and features.spec.width != meta["features"]:
        raise BlockError(f"the model takes {meta['features']} features, not {features.spec.width}")
    if meta["kind"] == "network":
        return network.score(model, _inputs(model, features))
    raw = scorer_of(model).raw(_inputs(model, features))
    values = links.apply(meta["link"], raw, model.arrays.get("a"), model.arrays.get("b"))
    if meta["mode"] != "classification":
        return Scores(scores=values[:, 0])
    return Scores(probabilities=spread(values, model.arrays["columns"], len(meta["classes"])))


def scorer_of(model: Model) -> Linear | Kernel | Layers | Trees:
    """What gives a model's raw outputs."""
    arrays = model.arrays
    if model.meta["kind"] == "linear":
        return Linear(arrays["weights"], arrays["bias"])
    if model.meta["kind"] == "kernel":
        return Kernel(arrays["vectors"], arrays["coefficients"], arrays["bias"], float(arrays["gamma"][0]))
    return layers_of(model) if model.meta["kind"] == "layers" else trees_of(model)


def layers_of(model: Model) -> Layers:
    """The small network of a model of that kind."""
    arrays = model.arrays
    return Layers(
        np.asarray(arrays["table"]), np.asarray(arrays["weights"]), np.asarray(arrays["layer_bias"])
    )


def trees_of(model: Model) -> Trees:
    """The trees of a model of that kind."""
    names = ("feature", "threshold", "left", "right", "leaves", "roots", "output", "base")
    return Trees(model.meta["features"], *(np.asarray(model.arrays[name]) for name in names))


def spread(values: NDArray[np.float64], columns: NDArray[np.int32], classes: int) -> NDArray[np.float32]:
    """Put each value into the column of its class; classes that were missing in training get 0."""
    probabilities = np.zeros((len(values), classes), np.float32)
    probabilities[:, columns] = values
    return probabilities


def _inputs(model: Model, features: Features) -> NDArray[Any]:
    values: NDArray[Any] = features.values
    if "selected" in model.arrays:
        values = np.take(values, trained_columns(model, features.labels), axis=1)
    if "mean" in model.arrays:
        values = standardise_bounded(values, model.arrays["mean"], model.arrays["scale"])
    return values
