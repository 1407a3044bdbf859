"""Operators that only put values elsewhere, or call the same values by another shape."""

from __future__ import annotations

import numpy as np

from edgewright_sdk.compiler.operators.node import Node, operator


@operator("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast")
def reshape(node: Node) -> None:
    """Read what leaves all values in place; the new shape is known. Dropout does nothing after training."""
    node.emit("reshape", node.value(0))


@operator("Transpose")
def transpose(node: Node) -> None:
    """Read the order of axes."""
    axes = tuple(node.setting("perm", list(reversed(range(len(node.shape(0)))))))
    node.emit("transpose", node.value(0), axes=axes)


@operator("Concat")
def concat(node: Node) -> None:
    """Read the axis and all parts."""
    parts = [node.value(place) for place in range(len(node.inputs))]
    node.emit("concat", *parts, axis=int(node.setting("axis", 1)) % len(node.output_shape))


@operator("Pad")
def pad(node: Node) -> None:
    """Read constant padding; sizes are an attribute until opset 10 and an input since."""
    mode = node.setting("mode", "constant")
    if mode != "constant":
        raise node.refused(f"its mode is {mode}; allowed: constant")
    rank = len(node.shape(0))
    sizes = [int(size) for size in np.ravel(node.constant(1, node.setting("pads", [0] * 2 * rank)))]
    axes = [int(axis) % rank for axis in np.ravel(node.constant(3, np.arange(rank)))]
    if min(sizes) < 0:
        raise node.refused(f"its pads are {sizes}; allowed: 0 or more")
    begin = [0] * rank
    for axis, size in zip(axes, sizes[: len(axes)], strict=True):
        begin[axis] = size
    value = float(np.reshape(node.constant(2, node.setting("value", 0.0)), -1)[0])
    node.emit("pad", node.value(0), begin=tuple(begin), value=value)
