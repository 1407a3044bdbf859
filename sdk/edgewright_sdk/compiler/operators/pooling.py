"""Operators that make one value of several: pooling, and reductions along axes."""

from __future__ import annotations

import numpy as np

from edgewright_sdk.compiler.operators.node import Node, operator
from edgewright_sdk.compiler.operators.spatial import Sliding, read_sliding

_REDUCTIONS = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min"}


@operator("MaxPool", "AveragePool")
def pool(node: Node) -> None:
    """Read pooling over time or over an image."""
    if node.setting("storage_order", 0):
        raise node.refused("storage_order is 1; allowed: 0")
    sliding = read_sliding(node, node.setting("kernel_shape", []))
    kind = "max"
    if node.kind == "AveragePool":
        kind = "average_padded" if node.setting("count_include_pad", 0) else "average"
    if kind == "average_padded" and _reaches_out(node, sliding):
        # What beyond the padding counts differs between opsets.
        raise node.refused("ceil_mode is 1 with count_include_pad; allowed: one of them")
    node.emit("pool", node.value(0), pooling=kind, **sliding.settings())


def _reaches_out(node: Node, sliding: Sliding) -> bool:
    """Whether the last windows reach beyond the padding, as ceil_mode lets them."""
    made, given = node.output_shape[2:], node.shape(0)[2:]
    for axis in range(-len(made), 0):
        span = (sliding.kernel[axis] - 1) * sliding.dilations[axis] + 1
        padded = given[axis] + sliding.pads[2 + axis] + sliding.pads[4 + axis]
        if (made[axis] - 1) * sliding.strides[axis] + span > padded:
            return True
    return False


@operator("GlobalAveragePool", "GlobalMaxPool")
def global_pool(node: Node) -> None:
    """Read the mean or the largest value of each channel."""
    axes = tuple(range(2, len(node.shape(0))))
    node.emit("reduce", node.value(0), axes=axes, reduction="max" if "Max" in node.kind else "mean")


@operator(*_REDUCTIONS)
def reduce(node: Node) -> None:
    """Read the axes: an attribute in older opsets, an input since 18 (13 for sums); none means all."""
    rank = len(node.shape(0))
    axes = node.setting("axes", None)
    if axes is None:
        axes = node.constant(1, np.zeros(0))
    named = sorted({int(axis) % rank for axis in np.ravel(axes)})
    if not named and node.setting("noop_with_empty_axes", 0):
        node.emit("reshape", node.value(0))
        return
    node.emit("reduce", node.value(0), axes=tuple(named or range(rank)), reduction=_REDUCTIONS[node.kind])
