"""Template block: how far a window's features lie from the mean of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright_sdk import (
    Context,
    Features,
    FeatureSpec,
    LearningBlock,
    LearningDescription,
    Model,
    Params,
    Scores,
)

# [device
from edgewright_sdk.export import Export

# device]


class TemplateBlock(LearningBlock):
    """Root mean square of the standardised features: about 1 for normal windows, more the stranger they are."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:  # noqa: ARG002
        """Say which outputs `score` gives."""
        return LearningDescription("anomaly", ["scores", "contributions"], contributions=features.labels)

    def fit(
        self,
        train: Features,
        validation: Features | None,  # noqa: ARG002
        params: Params,
        context: Context,  # noqa: ARG002
    ) -> Model:
        """Learn mean and deviation of each feature."""
        values = train.values.astype(np.float64)
        deviation = np.maximum(values.std(axis=0), params.smallest_deviation)
        return Model({}, {"mean": values.mean(axis=0), "deviation": deviation})

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score rows of shape (n, f); the contributions of a row add up to its score."""
        standard = (features.values - model.arrays["mean"]) / model.arrays["deviation"]
        squares = standard**2
        scores = np.sqrt(squares.mean(axis=1))
        total = np.maximum(squares.sum(axis=1), np.finfo(np.float64).tiny)
        return Scores(scores, (squares * (scores / total)[:, None]).astype(np.float32))

    def plot(self, model: Model, features: Features | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Draw the mean of each feature."""
        mean = model.arrays["mean"].tolist()
        place = {"label": "feature", "values": list(range(len(mean)))}
        line = {"name": "mean", "values": mean}
        return [{"kind": "lines", "title": "Means", "x": place, "y": {"label": "value"}, "series": [line]}]

    # [device

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device: its tables are data, its code lies in device/."""
        width = features.width
        return Export(
            symbol="template_block",
            header="template_block.h",
            sources=["template_block.cpp"],
            modules=[],
            tables={
                "features": np.int32(width),
                "mean": model.arrays["mean"].astype(np.float32),
                "inverse": (1 / model.arrays["deviation"]).astype(np.float32),
            },
            inputs=[{"dtype": "float32", "shape": [width]}],
            outputs=[
                {"name": "scores", "dtype": "float32", "shape": [1]},
                {"name": "contributions", "dtype": "float32", "shape": [width]},
            ],
            tolerance={"absolute": 1e-3, "relative": 1e-3},
        )

    # device]
