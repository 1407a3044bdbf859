"""Classical classifiers of scikit-learn: learned in the task, kept and scored as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, LearningBlock, LearningDescription
from edgewright_sdk.artifacts import score
from edgewright_sdk.artifacts.device import node, table_bytes
from edgewright_sdk.artifacts.trained import classifier_model, standard_of
from edgewright_sdk.columns import choose_columns, training_values

from .estimators import STANDARDISED, fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Export, Features, FeatureSpec, Model, Params, Scores


class Classifier(LearningBlock):
    """Tells the labels of the training windows apart."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features that aren't there and labels that can't be told apart."""
        choose_columns(features.labels, params.features)
        classes = list(self.context.classes)
        if len(classes) == 1:
            raise _one_class(classes[0])
        return LearningDescription(kind="classification", outputs=["probabilities"], classes=classes)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Learn the labels of the training windows."""
        if context.targets is None:
            raise BlockError("a classifier learns labels, and no targets were given with the features")
        targets = np.asarray(context.targets, np.int32)
        present = np.unique(targets)
        if len(present) == 1:
            raise _one_class(context.classes[present[0]])
        missing = [name for number, name in enumerate(context.classes) if number not in present]
        if missing:
            context.warn(
                f"no training window is labelled {', '.join(missing)}: such classes get probability 0"
            )
        columns = choose_columns(train.labels, params.features)
        values, standard = training_values(train, columns), None
        taught: NDArray[Any] = values
        if params.algorithm in STANDARDISED:
            standard, taught = standard_of(values)
        estimator = fitted(taught, targets, params, context)
        model = classifier_model(estimator, train.labels, columns, context.classes, standard)
        context.metric("device table bytes", table_bytes(model, train.spec))
        return model

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Give the probability of each class."""
        return score(model, features)

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        return node(model, features)


def _one_class(name: str) -> BlockError:
    return BlockError(
        f"every training window is labelled {name!r}; a classifier needs two labels at least: "
        "record others, or take an anomaly block, which learns one label"
    )
