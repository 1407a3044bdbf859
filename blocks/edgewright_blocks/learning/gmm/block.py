"""Gaussian mixture anomaly detection: how unlikely a window is among normal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Export, LearningBlock, LearningDescription, Model, Scores
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.columns import choose_columns, trained_columns, training_values
from edgewright_sdk.cross_fitting import cross_fits
from edgewright_sdk.distinct import distinct_rows
from edgewright_sdk.standardisation import anomaly_export, standardise

from .choosing import WINDOWS_EACH, choose_count
from .drawing import curve, space
from .fragment import onnx_fragment
from .mixture import Mixture, learn, unlikelihood, unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edgewright_sdk import Context, Features, FeatureSpec, Params

_SMALLEST_SPREAD = 1e-6  # of log-likelihoods; training windows that are all alike have none, and are given 1


class GaussianMixtureAnomaly(LearningBlock):
    """A density of normal windows in the standardised space of the chosen features."""

    batch_bytes = 1 << 20

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features that aren't there."""
        labels = [features.labels[column] for column in choose_columns(features.labels, params.features)]
        return LearningDescription(kind="anomaly", outputs=["scores", "contributions"], contributions=labels)

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Learn the mixture of the training windows."""
        columns = choose_columns(train.labels, params.features)
        values = training_values(train, columns)
        covariance, regularisation = str(params.covariance), float(params.regularisation)
        tried: dict[int, float] = {}
        if params.components == "auto":
            wanted, tried = choose_count(values, covariance, regularisation, context.seed, context.progress)
        else:
            wanted = int(params.components)
        components = min(wanted, distinct_rows(values, wanted))
        mixture, settled = learn(values, components, covariance, regularisation, context.seed)
        _warn(context, wanted, mixture, settled=settled, windows=len(values), covariance=covariance)
        context.metric("components", len(mixture.weights))
        unlikely, _ = unlikelihood(standardise(values, mixture.mean, mixture.scale), mixture)
        spread = float(unlikely.std())
        meta = {
            "labels": [train.labels[column] for column in columns],
            "level": float(unlikely.mean()),
            "spread": spread if spread > _SMALLEST_SPREAD else 1.0,
        }
        arrays: dict[str, NDArray[Any]] = {
            "selected": np.array(columns, dtype=np.int32),
            "mean": mixture.mean,
            "scale": mixture.scale,
            "weights": mixture.weights,
            "means": mixture.means,
            "roots": mixture.roots,
        }
        scores = None
        if context.folds is not None:
            folds = cross_fits(context, len(values))
            held = unseen(values, mixture, covariance, regularisation, folds)
            scores, _ = _scaled(held, held[:, None], params, *_level(meta, params))
        return Model(meta, arrays | _curve(tried), train_scores=scores)

    def score(self, model: Model, features: Features, params: Params) -> Scores:
        """Score windows by what ``score`` asks for; higher is less likely."""
        columns = trained_columns(model, features.labels)
        mixture = _mixture(model)
        z = standardise(np.take(features.values, columns, axis=1), mixture.mean, mixture.scale)
        scores, contributions = _scaled(*unlikelihood(z, mixture), params, *_level(model.meta, params))
        return Scores(scores=scores, contributions=contributions.astype(np.float32))

    def plot(self, model: Model, features: Features | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show the components in the standardised space, and what their number was chosen by."""
        return [space(model.meta["labels"], _mixture(model)), *curve(model)]

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:
        """Give the node for the device."""
        mixture = _mixture(model)
        level, spread = _level(model.meta, params)
        used = mixture.means.shape[1]
        roots = mixture.roots
        if roots.ndim == 3:  # the lower triangles, row by row
            rows, along = np.tril_indices(used)
            roots = roots[:, rows, along]
        return anomaly_export(
            "gmm",
            model,
            features,
            modules=["gaussian", "standardise"],
            tables={
                "components": len(mixture.weights),
                "kind": 3 - mixture.roots.ndim,
                "shared": len(roots) == 1,
                "means": mixture.means.astype(np.float32),
                "roots": roots.astype(np.float32),
                "offsets": (mixture.offsets + level).astype(np.float32),
                "spread": spread,
                "absolute": params.score == "absolute-z",
            },
            scratch_bytes=scratch_bytes(used, used),
            tolerance={"absolute": 1e-4, "relative": 1e-4},
            onnx=onnx_fragment(
                model, features, mixture, level, spread, absolute=params.score == "absolute-z"
            ),
        )


def _curve(tried: dict[int, float]) -> dict[str, NDArray[Any]]:
    if not tried:
        return {}
    return {"counts": np.array(list(tried), np.int32), "criterion": np.array(list(tried.values()))}


def _warn(
    context: Context, wanted: int, mixture: Mixture, *, settled: bool, windows: int, covariance: str
) -> None:
    made, axes = mixture.means.shape
    needed = axes + 1 if covariance == "full" else WINDOWS_EACH
    if made < wanted:
        context.warn(f"{made} components instead of {wanted}: {windows} training windows hold no more")
    elif windows < made * max(needed, WINDOWS_EACH):
        context.warn(
            f"{made} components over {axes} features for {windows} training windows: {covariance} covariance needs "
            f"{max(needed, WINDOWS_EACH)} windows a component, and what is missing is filled in by regularisation; take "
            "fewer components, fewer features or diag covariance"
        )
    if not settled:
        context.warn("the mixture had not settled when the rounds were over; fewer components settle sooner")


def _level(meta: Mapping[str, Any], params: Params) -> tuple[float, float]:
    """Where the scale of the score begins, and its unit."""
    if params.score == "negative-log-likelihood":
        return 0.0, 1.0
    return float(meta["level"]), float(meta["spread"])


def _scaled(
    unlikely: NDArray[np.float64], parts: NDArray[np.float64], params: Params, level: float, spread: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of a negative log-likelihood, and what each feature adds to them."""
    scores = (unlikely - level) / spread
    contributions = (parts - level / parts.shape[1]) / spread
    if params.score == "absolute-z":
        contributions[scores < 0] *= -1
        scores = np.abs(scores)
    return scores, contributions


def _mixture(model: Model) -> Mixture:
    arrays = model.arrays
    return Mixture(*(arrays[name] for name in ("mean", "scale", "weights", "means", "roots")))
