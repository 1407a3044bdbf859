"""Scores of converted models, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.artifacts import links, network
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.trees import Trees
from edgewright_sdk.errors import BlockError
from edgewright_sdk.values import Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.model import Model
    from edgewright_sdk.values import Features


def score(model: Model, features: Features) -> Scores:
    """Score a batch with what :func:`~edgewright_sdk.artifacts.convert` made.

    Returns
    -------
    Scores
        Classification: ``probabilities`` in the order of the impulse's classes. Regression: ``scores``, the values.
        Anomaly: ``scores``; visual anomaly: their ``map`` too, whose largest value is the score.
    """
    meta = model.meta
    if features.spec.width != meta["features"]:
        raise BlockError(f"the model takes {meta['features']} features, not {features.spec.width}")
    if meta["kind"] == "network":
        return network.score(model, features.values)
    raw = scorer_of(model).raw(features.values)
    values = links.apply(meta["link"], raw, model.arrays.get("a"), model.arrays.get("b"))
    if meta["mode"] != "classification":
        return Scores(scores=values[:, 0])
    return Scores(probabilities=spread(values, model.arrays["columns"], len(meta["classes"])))


def scorer_of(model: Model) -> Linear | Trees:
    """What gives a model's raw outputs."""
    arrays = model.arrays
    if model.meta["kind"] == "linear":
        return Linear(arrays["weights"], arrays["bias"])
    names = ("feature", "threshold", "left", "right", "leaves", "roots", "output", "base")
    return Trees(model.meta["features"], *(np.asarray(arrays[name]) for name in names))


def spread(values: NDArray[np.float64], columns: NDArray[np.int32], classes: int) -> NDArray[np.float32]:
    """Put each value into the column of its class; classes that were missing in training get 0."""
    probabilities = np.zeros((len(values), classes), np.float32)
    probabilities[:, columns] = values
    return probabilities
