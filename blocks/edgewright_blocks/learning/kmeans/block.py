"""K-means anomaly detection: how far a window lies beyond the clusters of normal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Export, LearningBlock, LearningDescription, Model, Scores
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.columns import choose_columns, trained_columns, training_values
from edgewright_sdk.cross_fitting import cross_fits
from edgewright_sdk.standardisation import anomaly_export, standardise

from .choosing import COUNTS, QUANTILES, WINDOWS_EACH, Choice, choose_count, given
from .clusters import Clusters, beyond_edge, learn, unseen
from .fragment import onnx_fragment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Features, FeatureSpec, Params


class KMeansAnomaly(LearningBlock):
    """Clusters of normal windows in the standardised space of the chosen features."""

    batch_bytes = 256 << 10  # what a cache holds, with distances

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what ``score`` gives, and refuse features that aren't there."""
        labels = [features.labels[column] for column in choose_columns(features.labels, params.features)]
        return LearningDescription(
            kind="anomaly",
            outputs=["scores", "contributions"],
            contributions=labels,
            bounded_in_sample=_percentile(params) == 100,
        )

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Learn the clusters of the training windows."""
        columns = choose_columns(train.labels, params.features)
        values = training_values(train, columns)
        choice = _choice(values, params, context)
        clusters = learn(values, choice.count, _percentile(params), context.seed)
        made = len(clusters.radii)
        if made < choice.count:
            context.warn(
                f"{made} clusters instead of {choice.count}: {len(values)} training windows hold no more"
            )
        elif made * WINDOWS_EACH > len(values) and made > COUNTS[0]:
            context.warn(
                f"{made} clusters for {len(values)} training windows: with fewer than {WINDOWS_EACH} windows each, "
                "clusters learn single windows by heart; take fewer, or clusters: auto"
            )
        context.metric("clusters", made)
        meta = {"labels": [train.labels[column] for column in columns]}
        arrays: dict[str, NDArray[Any]] = {
            "selected": np.array(columns, dtype=np.int32),
            "mean": clusters.mean,
            "scale": clusters.scale,
            "centroids": clusters.centroids,
            "radii": clusters.radii,
            "sizes": clusters.sizes,
        }
        if len(choice.counts):
            arrays |= {"counts": choice.counts, "curve": choice.sizes}
        held = None
        if context.folds is not None:
            held = unseen(values, clusters, _percentile(params), cross_fits(context, len(values)))
        return Model(meta, arrays, train_scores=held)

    def score(self, model: Model, features: Features, params: Params) -> Scores:  # noqa: ARG002
        """Score windows: positive beyond the edge of every cluster."""
        columns = trained_columns(model, features.labels)
        clusters = _clusters(model)
        z = standardise(np.take(features.values, columns, axis=1), clusters.mean, clusters.scale)
        scores, contributions = beyond_edge(z, clusters)
        return Scores(scores=scores, contributions=contributions)

    def plot(self, model: Model, features: Features | None, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show the clusters in the standardised space, and what their number was chosen by."""
        clusters = _clusters(model)
        balls = [
            {"center": center, "radius": radius, "size": size}
            for center, radius, size in zip(clusters.centroids, clusters.radii, clusters.sizes, strict=True)
        ]
        space = {
            "kind": "space",
            "title": "Clusters of normal windows",
            "dimensions": model.meta["labels"],
            "mean": clusters.mean,
            "scale": clusters.scale,
            "balls": balls,
        }
        return [space, *_curve(model)]

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device."""
        clusters = _clusters(model)
        return anomaly_export(
            "kmeans",
            model,
            features,
            modules=["standardise", "vector"],
            tables={
                "clusters": len(clusters.radii),
                "centroids": clusters.centroids,
                "radii": clusters.radii,
            },
            scratch_bytes=scratch_bytes(clusters.centroids.shape[1]),
            tolerance={"absolute": 1e-4, "relative": 1e-4},
            onnx=onnx_fragment(model, features),
        )


def _percentile(params: Params) -> float:
    """Percentile of the radius; ``max`` is the hundredth."""
    given = params.radius
    if given == "max":
        return 100.0
    percentile = float(given)
    if not 0 < percentile <= 100:
        raise BlockError(f"radius is {given}; allowed: a percentile above 0, up to 100, or max")
    return percentile


def _choice(values: NDArray[np.float32], params: Params, context: Context) -> Choice:
    """The number of clusters that is given, or a chosen one."""
    if params.clusters != "auto":
        return given(int(params.clusters))
    choice = choose_count(values, _percentile(params), context)
    if not len(choice.counts):
        context.warn(
            f"clusters: auto had nothing to choose from and took {choice.count}: {len(values)} training windows "
            f"(it needs {WINDOWS_EACH} a cluster, and more different ones than clusters)"
        )
    return choice


def _curve(model: Model) -> list[dict[str, Any]]:
    if "curve" not in model.arrays:
        return []
    series = [
        {"name": f"{quantile:.0%} of them", "values": values}
        for quantile, values in zip(QUANTILES, model.arrays["curve"].T, strict=True)
    ]
    lines = {
        "kind": "lines",
        "title": f"{len(model.arrays['radii'])} clusters chosen: size of what holds unseen normal windows",
        "x": {"label": "clusters", "values": model.arrays["counts"]},
        "y": {"label": "radius of one ball as large"},
        "series": series,
    }
    return [lines]


def _clusters(model: Model) -> Clusters:
    arrays = model.arrays
    return Clusters(arrays["mean"], arrays["scale"], arrays["centroids"], arrays["radii"], arrays["sizes"])
