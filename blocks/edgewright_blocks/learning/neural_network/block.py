"""A small neural network: dense layers, or convolutions over time; taught by torch, scored and deployed as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, LearningBlock, LearningDescription
from edgewright_sdk.artifacts import score
from edgewright_sdk.artifacts.device import node, table_bytes
from edgewright_sdk.artifacts.network_int8 import calibrated, score_int8
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.scoring import model_of
from edgewright_sdk.artifacts.trained import turned_back
from edgewright_sdk.columns import choose_columns, training_values
from edgewright_sdk.standardisation import standardisation, standardise_bounded
from edgewright_sdk.training import Schedule, learning_curve, require_torch, teach

from .augmenting import augmenting
from .plans import plan_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Export, Features, FeatureSpec, Model, Params, Scores


class NeuralNetwork(LearningBlock):
    """Tells labels apart, or learns a number."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse what can't be learned."""
        require_torch()
        classes = list(self.context.classes)
        if params.task == "classification" and len(classes) == 1:
            raise BlockError(
                f"every training window is labelled {classes[0]!r}; a classifier needs two labels at least: "
                "record others, or take an anomaly block, which learns one label"
            )
        plan_of(features, params, max(len(classes), 1))
        both = ["in_float32"] if params.precision == "int8" else []
        if params.task == "regression":
            return LearningDescription(kind="regression", outputs=["scores", *both])
        return LearningDescription(kind="classification", outputs=["probabilities", *both], classes=classes)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:
        """Teach the network; the validation windows say when to stop."""
        if context.targets is None:
            raise BlockError("a network learns labels, and no targets were given with the features")
        classes = context.classes if params.task == "classification" else []
        plan = plan_of(train.spec, params, len(classes) or 1)
        columns = choose_columns(train.labels, params.features)
        values = training_values(train, columns)
        mean, scale = standardisation(values)
        if plan[0].length > 1:
            mean, scale = _by_channel(values, plan[0].inputs)
        targets, slope, shift = _targets(context.targets, classes)
        held = None
        if validation is not None and context.validation_targets is not None:
            seen = standardise_bounded(training_values(validation, columns), mean, scale)
            held = seen, _scaled(context.validation_targets, classes, slope, shift)
        taught = teach(
            plan, standardise_bounded(values, mean, scale), targets, _schedule(params, context.targets, classes), context, validation=held
        )  # fmt: skip
        context.metric("epochs", taught.epochs)
        layers = taught.layers if classes else turned_back(taught.layers, slope, shift)
        predictor = Predictor("neural_network", layers, "softmax" if classes else "identity")
        meta: dict[str, Any] = {
            "source": "neural_network",
            "mode": params.task,
            "features": len(columns),
            "labels": [train.labels[column] for column in columns],
        }
        arrays: dict[str, NDArray[Any]] = {
            "selected": np.array(columns, np.int32),
            "mean": mean,
            "scale": scale,
            **taught.arrays(),
        }
        if classes:
            meta["classes"] = list(classes)
            arrays["columns"] = np.arange(len(classes), dtype=np.int32)
        model = model_of(predictor, meta, arrays)
        if params.precision == "int8":
            model = calibrated(model, train, context)
        context.metric("device table bytes", table_bytes(model, train.spec))
        return model

    def score(self, model: Model, features: Features, params: Params) -> Scores:
        """Give the probability of each class, or the number; in int8 with the device's integers."""
        found = score(model, features)
        return score_int8(model, features, found) if params.precision == "int8" else found

    def plot(self, model: Model, features: Features | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show how the loss fell."""
        return [learning_curve(model.arrays, "loss")]

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        return node(model, features)


def _schedule(params: Params, targets: NDArray[Any], classes: list[str]) -> Schedule:
    weights = None
    if classes and params.class_weights == "balanced":
        counts = np.bincount(np.asarray(targets, np.int64), minlength=len(classes))
        weights = (len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))).astype(np.float32)
    return Schedule(
        loss="cross-entropy" if classes else "squared", epochs=int(params.epochs), rate=float(params.learning_rate), batch=int(params.batch_size),
        patience=int(params.patience), dropout=float(params.dropout), class_weights=weights, augment=augmenting(params),
    )  # fmt: skip


def _by_channel(
    values: NDArray[np.float32], channels: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Standardise every frame alike, so that a filter sees the same wherever a sound is."""
    mean, scale = standardisation(values.reshape(-1, channels))
    frames = values.shape[1] // channels
    return np.tile(mean, frames), np.tile(scale, frames)


def _targets(targets: NDArray[Any], classes: list[str]) -> tuple[NDArray[Any], float, float]:
    """Targets as they are taught: numbers standardised, with the slope and shift that give them back."""
    if classes:
        return targets, 1.0, 0.0
    wide = np.asarray(targets, np.float64)
    slope, shift = float(wide.std()) or 1.0, float(wide.mean())
    return _scaled(targets, classes, slope, shift), slope, shift


def _scaled(targets: NDArray[Any], classes: list[str], slope: float, shift: float) -> NDArray[Any]:
    if classes:
        return targets
    scaled: NDArray[np.float64] = ((np.asarray(targets, np.float64) - shift) / slope)[:, None]
    return scaled
