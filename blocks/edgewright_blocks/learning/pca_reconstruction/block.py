"""PCA reconstruction error: what of a window the common variation of normal windows can't explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from edgewright_sdk import BlockError, Export, LearningBlock, LearningDescription, Model, Scores
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.columns import choose_columns, trained_columns, training_values
from edgewright_sdk.cross_fitting import cross_fits
from edgewright_sdk.fragments.features import give_errors, standardised_features
from edgewright_sdk.standardisation import anomaly_export

from .pictures import pictures
from .subspace import Subspace, learn, unseen

if TYPE_CHECKING:
    from edgewright_sdk import Context, Features, FeatureSpec, Params


class PcaReconstruction(LearningBlock):
    """The principal components of normal windows, and the error of windows rebuilt from them."""

    batch_bytes = 4 << 20

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features and components that can't be."""
        columns = choose_columns(features.labels, params.features)
        if len(columns) < 2:
            raise BlockError(
                f"{features.labels[columns[0]]!r} is the only feature; a reconstruction needs two at least"
            )
        _components(params, len(columns))
        labels = [features.labels[column] for column in columns]
        return LearningDescription(kind="anomaly", outputs=["scores", "contributions"], contributions=labels)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Learn the components, and score the training windows by those of other folds."""
        columns = choose_columns(train.labels, params.features)
        values = training_values(train, columns)
        wanted, scaled = _components(params, len(columns)), bool(params.standardise)
        subspace = learn(values, wanted, scaled=scaled)
        made = len(subspace.components)
        if wanted != "auto" and wanted > made:
            context.warn(
                f"{made} components instead of {wanted:g}: {len(values)} training windows vary in no more"
            )
        context.metric("components", made)
        context.metric("explained", subspace.explained)
        # How many components there are is chosen once: a fold that chose another number would score on another scale.
        folds = list(cross_fits(context, len(values)))
        scores, contributions = unseen(values, subspace, max(made, 1), folds, scaled=scaled)
        return Model(
            {"labels": [train.labels[column] for column in columns]},
            {
                "selected": np.array(columns, dtype=np.int32),
                "mean": subspace.mean,
                "scale": subspace.scale,
                "components": subspace.components,
                "variances": subspace.variances,
            },
            train_scores=scores,
            train_contributions=contributions,
        )

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score windows: the sum over features of the squared error."""
        columns = trained_columns(model, features.labels)
        scores, errors = _subspace(model).score(np.take(features.values, columns, axis=1))
        return Scores(scores=scores, contributions=errors)

    def plot(self, model: Model, features: Features | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show the components, and windows beside their reconstruction."""
        rows = None
        if features is not None:
            rows = np.take(features.values, trained_columns(model, features.labels), axis=1)
        return pictures(_subspace(model), model.meta["labels"], rows)

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        subspace = _subspace(model)
        made, used = subspace.components.shape
        # The error is a difference of numbers as large as the window itself, each with float32's rounding.
        absolute = 1e-6 * (float(subspace.variances.sum()) or float(used))
        return anomaly_export(
            "pca_reconstruction",
            model,
            features,
            modules=["linear", "vector"],
            tables={
                "components": made,
                "weights": subspace.components,
            },
            scratch_bytes=scratch_bytes(made),
            tolerance={"absolute": absolute, "relative": 1e-4},
            onnx=_fragment(model, features, subspace),
        )


def _fragment(model: Model, features: FeatureSpec, subspace: Subspace) -> bytes:
    """Give errors and their sum as an ONNX graph."""
    graph, z = standardised_features(model, features)
    if len(subspace.components):
        along = graph.do("MatMul", z, subspace.components.T)
        z = graph.add("Sub", z, graph.do("MatMul", along, subspace.components))
    return give_errors(graph, graph.square(z))


def _components(params: Params, features: int) -> float | Literal["auto"]:
    """What `components` asks for, checked against the number of features."""
    given = params.components
    if given == "auto":
        return "auto"
    wanted = float(given)
    if 0 < wanted < 1 or (wanted.is_integer() and 1 <= wanted < features):
        return wanted
    raise BlockError(
        f"components is {given}, of {features} features; allowed: a share of the variance above 0 and below 1, "
        f"a whole number from 1 to {features - 1}, or auto"
    )


def _subspace(model: Model) -> Subspace:
    arrays = model.arrays
    return Subspace(arrays["mean"], arrays["scale"], arrays["components"], arrays["variances"])
