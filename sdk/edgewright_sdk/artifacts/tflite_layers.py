"""TensorFlow Lite's layers with weights, and its pools. Images are NHWC there and NCHW in ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.artifacts.tflite_file import Operator, Table
    from edgewright_sdk.artifacts.tflite_graph import Graph

_SAME = 0


def _convolution(graph: Graph, operator: Operator) -> None:
    """CONV_2D: weights are (out, h, w, in / groups)."""
    weights = graph.tensor(operator.inputs[1])
    channels = _image(graph, operator)[3]
    if len(weights.shape) != 4 or channels % weights.shape[3]:
        raise BlockError(
            f"{graph.source}: CONV_2D over {channels} channels has weights of shape {list(weights.shape)}"
        )
    kernel = graph.weight(operator.inputs[1], lambda w: w.transpose(0, 3, 1, 2), axis=0)
    dilations = [operator.options.integer(5, 1), operator.options.integer(4, 1)]
    _convolve(graph, operator, kernel, weights.shape[1:3], dilations, channels // weights.shape[3], 3)


def _depthwise(graph: Graph, operator: Operator) -> None:
    """DEPTHWISE_CONV_2D: weights are (1, h, w, channels · multiplier)."""
    weights, channels = graph.tensor(operator.inputs[1]), _image(graph, operator)[3]
    kernel = graph.weight(operator.inputs[1], lambda w: w.transpose(3, 0, 1, 2), axis=0)
    dilations = [operator.options.integer(6, 1), operator.options.integer(5, 1)]
    _convolve(graph, operator, kernel, weights.shape[1:3], dilations, channels, 4)


def _convolve(
    graph: Graph,
    operator: Operator,
    kernel: str,
    size: tuple[int, ...],
    dilations: list[int],
    groups: int,
    activation: int,
) -> None:
    options = operator.options
    strides = [options.integer(2, 1), options.integer(1, 1)]
    inputs = [_to_nchw(graph, operator), kernel]
    if _given(operator, 2):
        inputs.append(graph.weight(operator.inputs[2]))
    value = graph.add(
        "Conv",
        *inputs,
        kernel_shape=list(size),
        strides=strides,
        dilations=dilations,
        group=groups,
        **_padding(options),
    )
    _finish(graph, operator, value, activation)


def _pool(kind: str) -> Callable[[Graph, Operator], None]:
    def convert(graph: Graph, operator: Operator) -> None:
        options = operator.options
        size = [options.integer(4, 1), options.integer(3, 1)]
        strides = [options.integer(2, 1), options.integer(1, 1)]
        value = graph.add(
            kind, _to_nchw(graph, operator), kernel_shape=size, strides=strides, **_padding(options)
        )
        _finish(graph, operator, value, 5)

    return convert


def _fully_connected(graph: Graph, operator: Operator) -> None:
    """Rows times weights (out, in); whatever its shape, the input is cut into rows of ``in``."""
    weights = graph.tensor(operator.inputs[1])
    if operator.options.byte(1):
        raise BlockError(f"{graph.source}: FULLY_CONNECTED with shuffled weights is not supported")
    rows = graph.reshaped(graph.value(operator.inputs[0]), [-1, weights.shape[1]])
    inputs = [rows, graph.value(operator.inputs[1])]
    if _given(operator, 2):
        inputs.append(graph.value(operator.inputs[2]))
    value, shape = graph.add("Gemm", *inputs, transB=1), graph.tensor(operator.outputs[0]).shape
    if len(shape) != 2:
        value = graph.reshaped(value, shape)
    _activate(graph, operator, value, 0)


def _transposed(graph: Graph, operator: Operator) -> None:
    """TRANSPOSE_CONV: output shape, weights (out, h, w, in), input, bias."""
    options, size = operator.options, graph.tensor(operator.inputs[1]).shape[1:3]
    strides = [options.integer(2, 1), options.integer(1, 1)]
    kernel = graph.weight(operator.inputs[1], lambda w: w.transpose(3, 0, 1, 2), axis=1)
    inputs = [graph.add("Transpose", graph.value(operator.inputs[2]), perm=[0, 3, 1, 2]), kernel]
    if _given(operator, 3):
        inputs.append(graph.weight(operator.inputs[3]))
    same = bool(_padding(options))  # then the output is input · stride
    extra = [k - stride if same else min(k - stride, 0) for k, stride in zip(size, strides, strict=True)]
    before = [max(amount, 0) // 2 for amount in extra]
    after = [max(amount, 0) - first for amount, first in zip(extra, before, strict=True)]
    value = graph.add(
        "ConvTranspose",
        *inputs,
        kernel_shape=list(size),
        strides=strides,
        pads=[*before, *after],
        output_padding=[max(-amount, 0) for amount in extra],
    )
    _finish(graph, operator, value, 3)


def _resize(graph: Graph, operator: Operator) -> None:
    """RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR."""
    nearest = operator.name == "RESIZE_NEAREST_NEIGHBOR"
    corners, half = (operator.options.byte(number) for number in ((0, 1) if nearest else (2, 3)))
    image = _to_nchw(graph, operator)
    first = [graph.constant(np.array([number], np.int64)) for number in (0, 2)]
    size = graph.constant(graph.fixed(operator.inputs[1]).astype(np.int64))
    sizes = graph.add("Concat", graph.add("Slice", graph.add("Shape", image), *first), size, axis=0)
    value = graph.resized(image, sizes, nearest=nearest, half_pixel=bool(half), corners=bool(corners))
    graph.store(operator.outputs[0], graph.add("Transpose", value, perm=[0, 2, 3, 1]))


def _matmul(graph: Graph, operator: Operator) -> None:
    sides = []
    for index, turned in zip(operator.inputs[:2], (0, 1), strict=True):
        value, rank = graph.value(index), len(graph.tensor(index).shape)
        if operator.options.byte(turned):
            value = graph.add("Transpose", value, perm=[*range(rank - 2), rank - 1, rank - 2])
        sides.append(value)
    graph.store(operator.outputs[0], graph.add("MatMul", *sides))


def _finish(graph: Graph, operator: Operator, value: str, activation: int) -> None:
    _activate(graph, operator, graph.add("Transpose", value, perm=[0, 2, 3, 1]), activation)


def _activate(graph: Graph, operator: Operator, value: str, field: int) -> None:
    graph.store(operator.outputs[0], graph.activated(value, operator.options.byte(field)))


def _to_nchw(graph: Graph, operator: Operator) -> str:
    return graph.add("Transpose", graph.value(operator.inputs[0]), perm=[0, 3, 1, 2])


def _image(graph: Graph, operator: Operator) -> tuple[int, ...]:
    """Shape (n, h, w, channels) of the input."""
    shape = graph.tensor(operator.inputs[0]).shape
    if len(shape) != 4:
        raise BlockError(
            f"{graph.source}: {operator.name} has an input of shape {list(shape)}; allowed: four dimensions"
        )
    return shape


def _padding(options: Table) -> dict[str, Any]:
    """SAME: as many zeros as the output needs, one more behind than before."""
    return {"auto_pad": "SAME_UPPER"} if options.byte(0) == _SAME else {}


def _given(operator: Operator, number: int) -> bool:
    return len(operator.inputs) > number and operator.inputs[number] >= 0


LAYERS: dict[str, Callable[[Graph, Operator], None]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "AVERAGE_POOL_2D": _pool("AveragePool"),
    "MAX_POOL_2D": _pool("MaxPool"),
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _matmul,
    "TRANSPOSE_CONV": _transposed,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "RESIZE_BILINEAR": _resize,
}
