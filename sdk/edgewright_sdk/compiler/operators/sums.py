"""Operators that add up products: convolutions, dense layers; and batch normalisation, which folds into them."""

from __future__ import annotations

import numpy as np

from edgewright_sdk.compiler.operators.node import Node, operator
from edgewright_sdk.compiler.operators.spatial import read_sliding


@operator("Conv")
def conv(node: Node) -> None:
    """Read a convolution over time or over an image."""
    weights = node.constant(1)
    sliding = read_sliding(node, weights.shape[2:])
    if weights.ndim == 3:
        weights = weights[:, :, None]
    bias = node.constant(2, np.zeros(len(weights)))
    inputs = (node.value(0), node.kept(weights), node.kept(bias))
    node.emit("conv", *inputs, groups=int(node.setting("group", 1)), **sliding.settings())


@operator("Gemm")
def gemm(node: Node) -> None:
    """Read ``alpha A B + beta C`` with constant B and C; C becomes a sum, which a pass folds."""
    if node.setting("transA", 0):
        raise node.refused("transA is 1; allowed: 0")
    weights = node.constant(1) if node.setting("transB", 0) else node.constant(1).T
    weights = weights * np.float32(node.setting("alpha", 1.0))
    last = None if not node.has(2) else node.output_shape
    made = node.emit(
        "dense", node.value(0), node.kept(weights), node.kept(np.zeros(len(weights))), shape=last
    )
    if node.has(2):
        node.emit("add", made, node.kept(node.constant(2) * np.float32(node.setting("beta", 1.0))))


@operator("MatMul")
def matmul(node: Node) -> None:
    """Read a product with a constant matrix."""
    weights = node.constant(1)
    if weights.ndim != 2:
        raise node.refused(f"its second input has shape {list(weights.shape)}; allowed: a matrix")
    node.emit("dense", node.value(0), node.kept(weights.T), node.kept(np.zeros(weights.shape[1])))


@operator("BatchNormalization")
def batch_normalization(node: Node) -> None:
    """Read ``scale (x − mean) / deviation + bias`` as a factor and a sum a channel."""
    if node.setting("training_mode", 0):
        raise node.refused("training_mode is 1; export the network for inference")
    scale, bias, mean, variance = (np.asarray(node.constant(i), np.float64) for i in range(1, 5))
    factor = scale / np.sqrt(variance + node.setting("epsilon", 1e-5))
    shape = (1, -1, *[1] * (len(node.shape(0)) - 2))
    scaled = node.emit("mul", node.value(0), node.kept(factor.reshape(shape)), shape=node.output_shape)
    node.emit("add", scaled, node.kept((bias - mean * factor).reshape(shape)))
