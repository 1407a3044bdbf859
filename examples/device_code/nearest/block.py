"""Nearest example: how far a window is from the training windows that were kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgewright_sdk import (
    Context,
    Export,
    Features,
    FeatureSpec,
    LearningBlock,
    LearningDescription,
    Model,
    Params,
    Scores,
)

SMALLEST_DEVIATION = 1e-6


class Nearest(LearningBlock):
    """Euclidean distance, in standardised features, to the nearest kept example."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:  # noqa: ARG002
        """Say which outputs `score` gives."""
        return LearningDescription("anomaly", ["scores", "contributions"], contributions=features.labels)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Keep examples that lie far apart: each the one farthest from those kept before (k-center greedy)."""
        values = train.values.astype(np.float64)
        mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), SMALLEST_DEVIATION)
        points = (values - mean) / deviation
        chosen = [int(np.square(points).sum(axis=1).argmin())]
        distance = _squares(points, points[chosen[0]])
        while len(chosen) < min(params.examples, len(points)) and distance.max() > 0:
            chosen.append(int(distance.argmax()))
            distance = np.minimum(distance, _squares(points, points[chosen[-1]]))
            context.progress(len(chosen), params.examples)
        return Model({}, {"mean": mean, "deviation": deviation, "examples": points[chosen]})

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score rows of shape (n, f); the contributions of a row add up to its score."""
        points = (features.values - model.arrays["mean"]) / model.arrays["deviation"]
        examples = model.arrays["examples"]
        nearest = np.stack([_squares(points, example) for example in examples], axis=1).argmin(axis=1)
        squares = np.square(points - examples[nearest])
        total = squares.sum(axis=1)
        score = np.sqrt(total)
        share = np.divide(score, total, out=np.zeros_like(score), where=total > 0)
        return Scores(score, (squares * share[:, None]).astype(np.float32))

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node: standardisation and examples are tables."""
        examples = model.arrays["examples"].astype(np.float32)
        width = features.width
        return Export(
            symbol="nearest",
            header="nearest.h",
            sources=["nearest.cpp"],
            modules=["vector"],  # of the runtime: ew_squared_distance
            tables={
                "features": np.int32(width),
                "examples": np.int32(len(examples)),
                "mean": model.arrays["mean"].astype(np.float32),
                "inverse": (1 / model.arrays["deviation"]).astype(np.float32),
                "points": examples,
            },
            scratch_bytes=4 * width + 16,
            inputs=[{"dtype": "float32", "shape": [width]}],
            outputs=[
                {"name": "scores", "dtype": "float32", "shape": [1]},
                {"name": "contributions", "dtype": "float32", "shape": [width]},
            ],
            tolerance={"absolute": 1e-3, "relative": 1e-3},
        )


def _squares(points: NDArray[np.float64], example: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.square(points - example).sum(axis=1)
