"""Models of predictors (``artifacts.predictor``) as fragments: weights, support vectors, trees or small networks, then a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts import links
from edgewright_sdk.artifacts.kernels import Kernel
from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, Layers
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.scoring import scorer_of
from edgewright_sdk.fragments.features import chosen_features, standardised_features
from edgewright_sdk.fragments.trees import numbered, sum_of_leaves

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.artifacts.trees import Trees
    from edgewright_sdk.fragments.fragment import Fragment
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec


def predictor_fragment(model: Model, features: FeatureSpec) -> bytes | None:
    """Give the fragment of a predictor's model; None where its link can't be one (pairs coupled by an iteration)."""
    link = str(model.meta["link"])
    if link not in _LINKS:
        return None
    begin = standardised_features if "mean" in model.arrays else chosen_features
    fragment, value = begin(model, features)
    scorer = scorer_of(model)
    value = _LINKS[link](fragment, _raw(fragment, value, scorer), scorer.outputs)
    if model.meta["mode"] != "classification":
        fragment.give("scores", fragment.reshaped(value, [-1]))
        return fragment.data()
    columns, classes = np.asarray(model.arrays["columns"]), len(model.meta["classes"])
    if columns.tolist() != list(range(classes)):  # classes that were missing in training get 0
        value = fragment.do("MatMul", value, np.eye(classes, dtype=np.float32)[columns])
    fragment.give("probabilities", value)
    return fragment.data()


def layers_values(fragment: Fragment, value: str, network: Layers) -> str:
    """Raw outputs of a small network."""
    by_channel = False  # whether values are (n, channels, length), else (n, all of a window row by row)
    for layer, weights, bias in network.each():
        if layer.kind == DENSE:
            if by_channel:
                value = fragment.reshaped(fragment.turned(value, 0, 2, 1), [-1, layer.length * layer.inputs])
            value = fragment.do("Add", fragment.do("MatMul", value, weights.T), bias)
            by_channel = False
        else:
            if not by_channel:
                value = fragment.turned(fragment.reshaped(value, [-1, layer.length, layer.inputs]), 0, 2, 1)
            value = _along_time(fragment, value, layer, weights, bias)
            by_channel = True
        if layer.relu:
            value = fragment.add("Relu", value)
    return fragment.reshaped(value, [-1, network.outputs]) if by_channel else value


def _along_time(fragment: Fragment, value: str, layer: Any, weights: Any, bias: Any) -> str:
    if layer.kind == CONVOLUTION:
        filters = weights.reshape(layer.outputs, layer.kernel, layer.inputs).transpose(0, 2, 1)
        around = layer.kernel // 2
        return fragment.do("Conv", value, filters, bias, kernel_shape=[layer.kernel], pads=[around, around])
    if layer.kind == MEAN:
        return fragment.mean(value, 2, layer.length, keep=True)
    return fragment.add("MaxPool", value, kernel_shape=[2], strides=[2])


def _raw(fragment: Fragment, value: str, scorer: Linear | Kernel | Layers | Trees) -> str:
    if isinstance(scorer, Linear):
        return fragment.do("Add", fragment.do("MatMul", value, scorer.weights.T), scorer.bias)
    if isinstance(scorer, Layers):
        return layers_values(fragment, value, scorer)
    if isinstance(scorer, Kernel):
        return _near_vectors(fragment, value, scorer)
    leaves = scorer.leaves
    if leaves.shape[1] < scorer.outputs:  # each tree adds to its own output
        leaves = _spread_over_outputs(scorer)
    names = ("feature", "threshold", "left", "right", "roots")
    added = sum_of_leaves(fragment, value, leaves=leaves, **{name: getattr(scorer, name) for name in names})
    return fragment.do("Add", added, scorer.base)


def _near_vectors(fragment: Fragment, value: str, kernel: Kernel) -> str:
    middle = kernel.vectors.mean(axis=0)  # lengths from there are short, so that less of their digits is lost
    vectors = kernel.vectors - middle
    away = fragment.do("Sub", value, middle)
    own = fragment.total(fragment.square(away), 1, keep=True)
    squares = fragment.do(
        "Add",
        fragment.do("Sub", own, fragment.do("MatMul", away, 2 * vectors.T)),
        np.square(vectors).sum(axis=1),
    )
    near = fragment.add("Exp", fragment.do("Mul", fragment.add("Relu", squares), -kernel.gamma))
    return fragment.do("Add", fragment.do("MatMul", near, kernel.coefficients), kernel.bias)


def _spread_over_outputs(trees: Trees) -> Any:
    """Leaves as wide as there are outputs."""
    count = len(trees.leaves)
    owner = trees.output[numbered(trees.left, trees.right, trees.roots, count)[0][len(trees.feature) :]]
    leaves = np.zeros((count, trees.outputs), np.float32)
    leaves[np.arange(count), owner] = trees.leaves[:, 0]
    return leaves


def _identity(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    return raw


def _exp(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    return fragment.add("Exp", fragment.do("Min", raw, 88.0))


def _square(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    return fragment.add("Mul", raw, fragment.add("Abs", raw))


def _sigmoid(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    return fragment.add("Sigmoid", raw)


def _softmax(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    return fragment.add("Softmax", raw, axis=1)


def _sigmoid_pair(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    both = fragment.add("Sigmoid", fragment.add("Neg", raw)), fragment.add("Sigmoid", raw)
    return fragment.add("Concat", *both, axis=1)


def _sigmoid_shares(fragment: Fragment, raw: str, outputs: int) -> str:
    logs = fragment.add("Neg", fragment.add("Softplus", fragment.add("Neg", raw)))
    return _softmax(fragment, logs, outputs)


def _argmax(fragment: Fragment, raw: str, outputs: int) -> str:
    return fragment.one_hot(fragment.add("ArgMax", raw, axis=1, keepdims=0), outputs)


def _sign(fragment: Fragment, raw: str, outputs: int) -> str:  # noqa: ARG001
    positive = fragment.numbers(fragment.do("Greater", raw, 0.0))
    return fragment.add("Concat", fragment.do("Sub", 1.0, positive), positive, axis=1)


def _votes(fragment: Fragment, raw: str, outputs: int) -> str:
    classes = links.classes_of_pairs(outputs)
    first, second = np.triu_indices(classes, 1)
    ones = np.eye(classes, dtype=np.float32)
    positive = fragment.numbers(fragment.do("Greater", raw, 0.0))
    won = fragment.do("MatMul", positive, ones[first] - ones[second])
    return _argmax(fragment, fragment.do("Add", won, ones[second].sum(axis=0)), classes)


_LINKS: dict[str, Callable[[Fragment, str, int], str]] = {
    "identity": _identity,
    "exp": _exp,
    "square": _square,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "sigmoid-pair": _sigmoid_pair,
    "sigmoid-shares": _sigmoid_shares,
    "argmax": _argmax,
    "sign": _sign,
    "votes": _votes,
}
