"""The distance beyond the clusters' edge as an ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.fragments.features import standardised_features

if TYPE_CHECKING:
    from edgewright_sdk import FeatureSpec, Model


def onnx_fragment(model: Model, features: FeatureSpec) -> bytes:
    """Give scores and contributions as ``beyond_edge`` does."""
    centroids, radii = np.asarray(model.arrays["centroids"]), np.asarray(model.arrays["radii"])
    graph, z = standardised_features(model, features)
    # Differences, not products: distances near an edge keep their digits.
    away = graph.do("Sub", graph.do("Unsqueeze", z, np.array([1])), centroids[None])
    edges = graph.do("Sub", graph.add("Sqrt", graph.total(graph.square(away), 2)), radii)
    graph.give("scores", graph.smallest(edges, [1]))
    nearest = graph.add("ArgMin", edges, axis=1, keepdims=0)
    squares = graph.square(graph.add("Sub", z, graph.do("Gather", centroids, nearest, axis=0)))
    distance = graph.add("Sqrt", graph.total(squares, 1, keep=True))
    shares = graph.add("Div", squares, graph.do("Max", distance, 1e-30))
    graph.give(
        "contributions",
        graph.add("Sub", shares, graph.do("Gather", radii[:, None] / centroids.shape[1], nearest)),
    )
    return graph.data()
