"""An autoencoder: what of a window a network that was taught to rebuild normal ones gets wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Export, LearningBlock, LearningDescription, Model, Scores
from edgewright_sdk.artifacts.layers import DENSE, Layer
from edgewright_sdk.artifacts.scoring import layers_of
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.columns import choose_columns, trained_columns, training_values
from edgewright_sdk.cross_fitting import cross_fits
from edgewright_sdk.fragments.features import give_errors, standardised_features
from edgewright_sdk.fragments.predictors import layers_values
from edgewright_sdk.plots import lines_plot
from edgewright_sdk.standardisation import anomaly_export, standardisation, standardise_bounded
from edgewright_sdk.training import Schedule, Taught, learning_curve, require_torch, teach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Features, FeatureSpec, Params

_AUTO_MOST = 16
_WINDOWS = 20  # shown beside their reconstruction


class Autoencoder(LearningBlock):
    """A network with a bottleneck, and the error of windows that went through it."""

    batch_bytes = 4 << 20

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features and a bottleneck that can't be."""
        require_torch()
        columns = choose_columns(features.labels, params.features)
        _plan(params, len(columns), features.labels[columns[0]])
        labels = [features.labels[column] for column in columns]
        return LearningDescription(kind="anomaly", outputs=["scores", "contributions"], contributions=labels)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Teach the network; windows kept apart say for how long, and those of each fold are scored by a network that never saw them."""
        columns = choose_columns(train.labels, params.features)
        values = training_values(train, columns)
        plan = _plan(params, len(columns), train.labels[columns[0]])
        learner = _Learner(plan, params, context)
        folds = list(cross_fits(context, len(values), together=2))
        errors = np.empty(values.shape)
        epochs, stopped = int(params.epochs), None
        for number, (learned, held) in enumerate(folds):
            fold = learner.learn(
                values[learned],
                f"fold {number + 1} of {len(folds)}",
                epochs,
                values[held] if number == 0 else None,
            )
            errors[held] = fold.errors(values[held])
            if number == 0:  # the others, and the whole, are taught for as long as was best here
                epochs, stopped = max(fold.taught.epochs, 1), fold.taught
        whole = learner.learn(values, "all windows", epochs, None)
        unheld = np.setdiff1d(
            np.arange(len(values)), np.concatenate([held for _, held in folds]) if folds else []
        )
        errors[unheld] = whole.errors(values[unheld])
        context.metric("epochs", epochs)
        contributions = errors.astype(np.float32)
        return Model(
            {"labels": [train.labels[column] for column in columns], "kind": "layers"},
            {
                "selected": np.array(columns, dtype=np.int32),
                "mean": whole.mean,
                "scale": whole.scale,
                **whole.taught.layers.arrays(),
                **(stopped or whole.taught).arrays(),
            },
            train_scores=errors.sum(axis=1),
            train_contributions=contributions,
        )

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score windows: the sum over features of the squared error of standardised features."""
        z = _standardised(model, features)
        errors = np.square(z - layers_of(model).raw(z))
        return Scores(scores=errors.sum(axis=1), contributions=errors.astype(np.float32))

    def plot(self, model: Model, features: Features | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show how the loss fell, and windows beside their reconstruction."""
        plots = [learning_curve(model.arrays, "mean squared error")]
        if features is not None:
            shown = features.values[:_WINDOWS, trained_columns(model, features.labels)]
            mean, scale = model.arrays["mean"], model.arrays["scale"]
            again = layers_of(model).raw(standardise_bounded(shown, mean, scale)) * scale + mean
            place = ("feature", np.arange(shown.shape[1], dtype=float))
            for number, (window, rebuilt) in enumerate(zip(shown, again, strict=True)):
                lines = {"original": window, "reconstructed": rebuilt}
                title = f"Window {number}: original and reconstructed"
                plots.append(lines_plot(title, place, "value", lines))
        return plots

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        network, used = layers_of(model), len(model.arrays["mean"])
        return anomaly_export(
            "autoencoder",
            model,
            features,
            modules=["layers", "standardise", "vector"],
            tables={
                "layers": len(network.table),
                "table": np.asarray(network.table).ravel(),
                "weights": network.weights,
                "bias": network.layer_bias,
                "widest": network.widest,
            },
            scratch_bytes=scratch_bytes(2 * network.widest),
            # A square of a difference: a rounding of the window and of its reconstruction counts as often as they are large.
            tolerance={"absolute": 1e-5 * used, "relative": 1e-3},
            onnx=_fragment(model, features),
        )


def _fragment(model: Model, features: FeatureSpec) -> bytes:
    """Give errors and their sum as an ONNX graph."""
    graph, z = standardised_features(model, features)
    again = layers_values(graph, z, layers_of(model))
    return give_errors(graph, graph.square(graph.add("Sub", z, again)))


class _Learner:
    """Teaches one plan on several sets of windows."""

    def __init__(self, plan: list[Layer], params: Params, context: Context) -> None:
        self._plan, self._params, self._context = plan, params, context

    def learn(
        self, values: NDArray[np.float32], text: str, epochs: int, held: NDArray[np.float32] | None
    ) -> _Fitted:
        """Teach on windows; with ``held`` they say when to stop, otherwise all ``epochs`` are taught."""
        mean, scale = standardisation(values)
        z = standardise_bounded(values, mean, scale)
        kept = None if held is None else standardise_bounded(held, mean, scale)
        params = self._params
        schedule = Schedule(
            loss="squared", epochs=epochs, rate=float(params.learning_rate), batch=int(params.batch_size),
            patience=int(params.patience) if kept is not None else epochs,
        )  # fmt: skip
        validation = None if kept is None else (kept, kept)
        return _Fitted(
            mean, scale, teach(self._plan, z, z, schedule, self._context, validation=validation, text=text)
        )


class _Fitted:
    """A network with the standardisation of the windows that it was taught on."""

    def __init__(self, mean: NDArray[np.float32], scale: NDArray[np.float32], taught: Taught) -> None:
        self.mean, self.scale, self.taught = mean, scale, taught

    def errors(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Squared error of each feature, ``(n, k)``."""
        z = standardise_bounded(values, self.mean, self.scale)
        return np.square(z - self.taught.layers.raw(z))


def _plan(params: Params, width: int, name: str) -> list[Layer]:
    if width < 2:
        raise BlockError(f"{name!r} is the only feature; a reconstruction needs two at least")
    wanted = params.bottleneck
    bottleneck = min(max(width // 4, 1), _AUTO_MOST) if wanted == "auto" else int(wanted)
    if bottleneck >= width:
        raise BlockError(
            f"bottleneck is {bottleneck}, of {width} features; allowed: auto, or 1 to {width - 1}: "
            "nothing need be left out otherwise"
        )
    units = int(params.units)
    return [
        Layer(DENSE, 1, width, units, relu=1),
        Layer(DENSE, 1, units, bottleneck),
        Layer(DENSE, 1, bottleneck, units, relu=1),
        Layer(DENSE, 1, units, width),
    ]


def _standardised(model: Model, features: Features) -> NDArray[np.float64]:
    values = np.take(features.values, trained_columns(model, features.labels), axis=1)
    return standardise_bounded(values, model.arrays["mean"], model.arrays["scale"])
