"""Models that were trained elsewhere: converted from their files, scored, and exported for the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from edgewright_sdk import BlockError, LearningBlock, LearningDescription
from edgewright_sdk.artifacts import convert, score
from edgewright_sdk.artifacts.device import node

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import Context, Export, Features, FeatureSpec, Model, Params, Scores

_OUTPUTS = {
    "classification": ("classification", ["probabilities"]),
    "regression": ("regression", ["scores"]),
    "anomaly": ("anomaly", ["scores"]),
    "visual-anomaly": ("anomaly", ["scores", "map"]),
}


class ConvertedModel(LearningBlock):
    """A model made of artifacts: it doesn't learn."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:  # noqa: ARG002
        """Say what ``score`` gives: the mode decides."""
        kind, outputs = _OUTPUTS[str(params.mode)]
        classes = list(self.context.classes) if kind == "classification" else []
        return LearningDescription(kind=kind, outputs=outputs, classes=classes)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> NoReturn:  # noqa: ARG002
        """Refuse: there is nothing to learn with."""
        raise BlockError(
            "this block learns nothing: it converts what another block has trained (operation convert)"
        )

    def convert(self, artifacts: Path, features: FeatureSpec, params: Params, context: Context) -> Model:
        """Make a model of the best artifact."""
        return convert(
            artifacts,
            features,
            context,
            artifact=str(params.artifact),
            mode=str(params.mode),
            scaling=str(params.image_input_scaling),
        )

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score windows."""
        return score(model, features)

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        return node(model, features)
