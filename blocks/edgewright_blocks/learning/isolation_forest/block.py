"""Isolation Forest anomaly detection: how few random cuts set a window apart from the training windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import BlockError, Export, LearningBlock, LearningDescription, Model, Scores
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.columns import choose_columns, trained_columns, training_values

from .forest import Forest, grow
from .fragment import onnx_fragment
from .unseen import unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Features, FeatureSpec, Params

_MOST_FEATURES = 32767


class IsolationForestAnomaly(LearningBlock):
    """Random trees over the chosen features of normal windows."""

    batch_bytes = 4 << 20

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features that aren't there."""
        labels = [features.labels[column] for column in choose_columns(features.labels, params.features)]
        return LearningDescription(kind="anomaly", outputs=["scores", "contributions"], contributions=labels)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Grow the forest on the training windows."""
        columns = choose_columns(train.labels, params.features)
        labels = [train.labels[column] for column in columns]
        values = training_values(train, columns)
        _check(values)
        forest, fitted = grow(values, int(params.trees), int(params.samples), context.seed)
        context.metric("tests", len(forest.feature))
        names = ("feature", "threshold", "left", "right", "roots", "expected", "lengths")
        arrays = {"selected": np.array(columns, dtype=np.int32)}
        held = None
        if context.folds is not None:
            scores, _ = forest.score(values)
            held = np.where(context.folds >= 0, unseen(fitted, values, context.folds), scores)
        return Model(
            {"labels": labels, "average": forest.average},
            arrays | {name: getattr(forest, name) for name in names},
            train_scores=held,
        )

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score windows: above ½ they are set apart sooner than windows of a uniform cloud would be."""
        columns = trained_columns(model, features.labels)
        scores, contributions = _forest(model).score(np.take(features.values, columns, axis=1))
        return Scores(scores=scores, contributions=contributions)

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        columns = trained_columns(model, features.labels)
        forest, used = _forest(model), len(columns)
        if used > _MOST_FEATURES:
            raise BlockError(f"{used} features can't be deployed; allowed: up to {_MOST_FEATURES}")
        return Export(
            symbol="ew_isolation_forest",
            header="isolation_forest.h",
            sources=["isolation_forest.cpp"],
            modules=["trees"],
            tables={
                "inputs": features.width,
                "features": used,
                "selected": np.array(columns, dtype=np.int32),
                "tests": len(forest.feature),
                "feature": forest.feature.astype(np.int16),
                "threshold": forest.threshold,
                "left": forest.left,
                "right": forest.right,
                # Less the average, so that sums over the trees stay small and float32 holds them well.
                "expected": (forest.expected - forest.average).astype(np.float32),
                "leaves": len(forest.lengths),
                "lengths": (forest.lengths - forest.average).astype(np.float32),
                "trees": len(forest.roots),
                "roots": forest.roots,
                "whole": np.float32(len(forest.roots) * forest.average),
            },
            inputs=[{"dtype": "float32", "shape": [features.width]}],
            outputs=[
                {"name": "scores", "dtype": "float32", "shape": [1]},
                {"name": "contributions", "dtype": "float32", "shape": [used]},
            ],
            scratch_bytes=scratch_bytes(used),
            tolerance={"absolute": 1e-5, "relative": 1e-4},
            onnx=onnx_fragment(model, features, forest),
        )


def _check(values: NDArray[np.float32]) -> None:
    """Refuse windows that no cut can tell apart: all would score the same."""
    if (values == values[0]).all():
        alike = (
            "is one training window" if len(values) == 1 else f"are {len(values)} training windows, all equal"
        )
        raise BlockError(
            f"there {alike} in the chosen features, so no cut tells them apart; give more recordings or take kmeans"
        )


def _forest(model: Model) -> Forest:
    names = ("feature", "threshold", "left", "right", "roots", "expected", "lengths")
    return Forest(**{name: model.arrays[name] for name in names}, average=float(model.meta["average"]))
