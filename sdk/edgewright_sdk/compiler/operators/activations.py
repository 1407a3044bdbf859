"""Operators that take each value by itself, and softmax."""

from __future__ import annotations

import numpy as np

from edgewright_sdk.compiler.operators.node import Node, operator

_LARGEST = float(np.finfo(np.float32).max)
_PLAIN = {
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "HardSwish": "hard_swish",
    "Exp": "exp",
    "Sqrt": "sqrt",
    "Abs": "abs",
}


@operator(*_PLAIN)
def plain(node: Node) -> None:
    """Read a function without numbers of its own."""
    node.emit("activation", node.value(0), function=_PLAIN[node.kind])


@operator("Relu")
def relu(node: Node) -> None:
    """Read it as a clip from below."""
    node.emit("activation", node.value(0), function="clip", numbers=(0.0, _LARGEST))


@operator("Clip")
def clip(node: Node) -> None:
    """Read the two bounds, attributes until opset 10 and inputs since."""
    low = node.constant(1, node.setting("min", -_LARGEST))
    high = node.constant(2, node.setting("max", _LARGEST))
    bounds = tuple(float(np.clip(np.reshape(bound, -1)[0], -_LARGEST, _LARGEST)) for bound in (low, high))
    node.emit("activation", node.value(0), function="clip", numbers=bounds)


@operator("LeakyRelu")
def leaky_relu(node: Node) -> None:
    """Read the slope below zero."""
    node.emit("activation", node.value(0), function="leaky", numbers=(node.setting("alpha", 0.01), 0.0))


@operator("HardSigmoid")
def hard_sigmoid(node: Node) -> None:
    """Read slope and offset."""
    numbers = (node.setting("alpha", 0.2), node.setting("beta", 0.5))
    node.emit("activation", node.value(0), function="hard_sigmoid", numbers=numbers)


@operator("Softmax")
def softmax(node: Node) -> None:
    """Read the axis. Until opset 12 all axes from it on counted as one."""
    shape = node.shape(0)
    axis = int(node.setting("axis", -1 if node.opset >= 13 else 1)) % len(shape)
    if node.opset < 13 and max(shape[axis + 1 :], default=1) > 1:
        raise node.refused(
            f"opset {node.opset} takes several axes together; export the network with opset 13 or later"
        )
    node.emit("softmax", node.value(0), axis=axis)
