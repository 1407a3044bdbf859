"""The mixture as an ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.fragments.features import standardised_features

if TYPE_CHECKING:
    from edgewright_sdk import FeatureSpec, Model
    from edgewright_sdk.fragments import Fragment

    from .mixture import Mixture


def onnx_fragment(
    model: Model, features: FeatureSpec, mixture: Mixture, level: float, spread: float, *, absolute: bool
) -> bytes:
    """Give scores and contributions as ``score`` does: of ``(−log likelihood − level) / spread``."""
    count, used = mixture.means.shape
    graph, z = standardised_features(model, features)
    away = graph.do("Sub", graph.do("Unsqueeze", z, np.array([0])), mixture.means[:, None])
    roots = mixture.roots
    if roots.ndim == 3:
        whitened = graph.do("MatMul", away, roots)
    else:
        whitened = graph.do("Mul", away, roots.reshape(len(roots), 1, -1))
    halves = graph.do("Mul", graph.square(whitened), 0.5)  # (components, n, features)
    heights = (mixture.offsets + level)[:, None]
    terms = graph.do("Sub", heights, graph.total(halves, 2))
    likeliest = graph.one_hot(graph.add("ArgMax", terms, axis=0, keepdims=0), count, axis=0)
    own = graph.total(graph.add("Mul", halves, graph.do("Unsqueeze", likeliest, np.array([2]))), 0)
    # What is left beside the distance: of a score less the distance, digits would be lost far away.
    top = graph.total(graph.do("Mul", likeliest, heights), 0)
    others = graph.add("Sub", terms, graph.largest(terms, [0], keep=True))
    rest = graph.add("Neg", graph.add("Add", top, graph.add("Log", graph.total(graph.add("Exp", others), 0))))
    scores = graph.do("Div", graph.add("Add", graph.total(own, 1), rest), spread)
    share = graph.do("Unsqueeze", graph.do("Div", rest, used), np.array([1]))
    parts = graph.do("Div", graph.add("Add", own, share), spread)
    if absolute:
        sign = graph.do("Sub", graph.do("Mul", _at_least_zero(graph, scores), 2.0), 1.0)
        parts = graph.add("Mul", parts, graph.do("Unsqueeze", sign, np.array([1])))
        scores = graph.add("Abs", scores)
    graph.give("scores", scores)
    graph.give("contributions", parts)
    return graph.data()


def _at_least_zero(graph: Fragment, value: str) -> str:
    return graph.numbers(graph.do("GreaterOrEqual", value, 0.0))
