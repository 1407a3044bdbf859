"""The forest as an ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.fragments.features import chosen_features
from edgewright_sdk.fragments.trees import sum_of_leaves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import FeatureSpec, Model

    from .forest import Forest


def onnx_fragment(model: Model, features: FeatureSpec, forest: Forest) -> bytes:
    """Give scores and contributions as :meth:`.forest.Forest.score` does.

    A leaf knows its path, so each carries what the tests of every feature have moved on the way: one sum over the trees.
    """
    names = ("feature", "threshold", "left", "right", "roots")
    used = len(model.arrays["selected"])
    leaves = _moves(forest, used) / (len(forest.roots) * forest.average)
    graph, x = chosen_features(model, features)
    moves = sum_of_leaves(graph, x, leaves=leaves, **{name: getattr(forest, name) for name in names})
    excess = graph.total(moves, 1, keep=True)
    u = graph.do("Mul", excess, -np.log(2.0))
    scores = graph.do("Mul", graph.add("Exp", u), 0.5)
    # Near 0 the difference quotient of the exponential loses its digits, and a polynomial has them.
    near = graph.do("Add", graph.do("Mul", u, graph.do("Add", graph.do("Mul", u, 1 / 6), 0.5)), 1.0)
    secant = graph.add("Div", graph.do("Sub", graph.add("Exp", u), 1.0), u)
    close = graph.do("Less", graph.add("Abs", u), 0.01)
    slope = graph.do("Mul", graph.add("Where", close, near, secant), -0.5 * np.log(2.0))
    graph.give("scores", graph.reshaped(scores, [-1]))
    graph.give("contributions", graph.do("Add", graph.add("Mul", moves, slope), 0.5 / used))
    return graph.data()


def _moves(forest: Forest, used: int) -> NDArray[np.float64]:
    """What the tests of each feature added to the length of each leaf's path, beside the average, ``(leaves, used)``."""
    tests, count = len(forest.feature), len(forest.lengths)
    lengths = np.concatenate([forest.expected, forest.lengths])
    moves = np.zeros((tests + count, used))
    level = np.where(forest.roots >= 0, forest.roots, tests - 1 - forest.roots).astype(np.int64)
    while len(level := level[level < tests]):
        below = []
        for codes in (forest.left[level], forest.right[level]):
            child = np.where(codes >= 0, codes, tests - 1 - codes).astype(np.int64)
            moves[child] = moves[level]
            moves[child, forest.feature[level]] += lengths[child] - lengths[level]
            below.append(child)
        level = np.concatenate(below)
    return moves[tests:]
