"""Classical regressors of scikit-learn: learned in the task, kept and scored as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, LearningBlock, LearningDescription
from edgewright_sdk.artifacts import score
from edgewright_sdk.artifacts.device import node, table_bytes
from edgewright_sdk.artifacts.trained import regressor_model, standard_of
from edgewright_sdk.columns import choose_columns, training_values

from .estimators import STANDARDISED, fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Export, Features, FeatureSpec, Model, Params, Scores


class Regressor(LearningBlock):
    """Tells the number that a window's label is."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features that aren't there."""
        choose_columns(features.labels, params.features)
        return LearningDescription(kind="regression", outputs=["scores"])

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Learn the numbers of the training windows."""
        if context.targets is None:
            raise BlockError("a regressor learns numbers, and no targets were given with the features")
        targets = np.asarray(context.targets, np.float64)
        shift, slope = float(targets.mean()), float(targets.std())
        if np.ptp(targets) == 0:
            context.warn(f"every training window has the number {shift:g}: so will every other")
            shift, slope = float(targets[0]), 1.0
        columns = choose_columns(train.labels, params.features)
        values, standard = training_values(train, columns), None
        taught: NDArray[Any] = values
        if params.algorithm in STANDARDISED:
            standard, taught = standard_of(values)
        estimator = fitted(taught, (targets - shift) / slope, params, context)
        model = regressor_model(estimator, train.labels, columns, standard, slope=slope, shift=shift)
        context.metric("device table bytes", table_bytes(model, train.spec))
        return model

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Give the number of each window."""
        return score(model, features)

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        return node(model, features)
