"""TensorFlow's operators in ONNX's. Images are NHWC there and NCHW in ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.artifacts.tensorflow_graph import Step, Value

    Convert = Callable[[Step], list[Value]]

_ONNX_TYPES = {1: 1, 2: 11, 3: 6, 4: 2, 6: 3, 9: 7, 10: 9, 19: 10}  # DataType of TensorFlow → of ONNX


def _like(kind: str, inputs: int = 1, **settings: Any) -> Convert:
    """A function that ONNX has as well."""

    def convert(step: Step) -> list[Value]:
        return [step.add(kind, *(step.value(i) for i in range(inputs)), **settings)]

    return convert


def _convolution(step: Step) -> list[Value]:
    """Conv2D: weights (h, w, in / groups, out); DepthwiseConv2dNative: (h, w, in, multiplier)."""
    weights = step.fixed(1)
    _check_layout(step)
    if step.kind == "Conv2D":
        kernel, groups = weights.transpose(3, 2, 0, 1), 1
    else:
        groups = weights.shape[2]
        kernel = weights.transpose(2, 3, 0, 1).reshape(-1, 1, *weights.shape[:2])
    dilations = step.integers("dilations")[1:3] or [1, 1]
    value = step.add(
        "Conv",
        _turned(step, step.value(0), (0, 3, 1, 2)),
        step.graph.constant(kernel),
        strides=step.integers("strides")[1:3],
        dilations=dilations,
        group=groups,
        **_padding(step),
    )
    return [_turned(step, value, (0, 2, 3, 1))]


def _pool(kind: str) -> Convert:
    def convert(step: Step) -> list[Value]:
        _check_layout(step)
        size, strides = step.integers("ksize")[1:3], step.integers("strides")[1:3]
        value = _turned(step, step.value(0), (0, 3, 1, 2))
        value = step.add(kind, value, kernel_shape=size, strides=strides, **_padding(step))
        return [_turned(step, value, (0, 2, 3, 1))]

    return convert


def _check_layout(step: Step) -> None:
    if step.word("data_format", "NHWC") != "NHWC":
        raise BlockError(f"{step.graph.source}: {step.kind} with channels first is not supported")


def _padding(step: Step) -> dict[str, Any]:
    padding = step.word("padding")
    if padding not in ("SAME", "VALID"):
        raise BlockError(f"{step.graph.source}: {step.kind} with padding {padding} is not supported")
    return {"auto_pad": "SAME_UPPER"} if padding == "SAME" else {}


def _turned(step: Step, value: str, order: tuple[int, ...]) -> str:
    return step.add("Transpose", value, perm=list(order))


def _transposed(step: Step) -> list[Value]:
    """Conv2DBackpropInput: output shape, weights (h, w, out, in), input; the output is input · stride (SAME)."""
    _check_layout(step)
    weights, strides = step.fixed(1), step.integers("strides")[1:3]
    same = bool(_padding(step))
    extra = [
        size - stride if same else min(size - stride, 0)
        for size, stride in zip(weights.shape, strides, strict=False)
    ]
    before = [max(amount, 0) // 2 for amount in extra]
    after = [max(amount, 0) - first for amount, first in zip(extra, before, strict=True)]
    value = step.add(
        "ConvTranspose",
        _turned(step, step.value(2), (0, 3, 1, 2)),
        step.graph.constant(weights.transpose(3, 2, 0, 1)),
        strides=strides,
        pads=[*before, *after],
        output_padding=[max(-amount, 0) for amount in extra],
    )
    return [_turned(step, value, (0, 2, 3, 1))]


def _resize(step: Step) -> list[Value]:
    value = _turned(step, step.value(0), (0, 3, 1, 2))
    first = [step.graph.constant(np.array([number], np.int64)) for number in (0, 2)]
    sizes = step.add("Concat", step.add("Slice", step.add("Shape", value), *first), _long(step, 1), axis=0)
    half, corners = (bool(step.setting(name).integer(5)) for name in ("half_pixel_centers", "align_corners"))
    nearest = step.kind == "ResizeNearestNeighbor"
    value = step.graph.resized(value, sizes, nearest=nearest, half_pixel=half, corners=corners)
    return [_turned(step, value, (0, 2, 3, 1))]


def _fill(step: Step) -> list[Value]:
    return [step.add("Expand", step.value(1), _long(step, 0))]


def _tile(step: Step) -> list[Value]:
    return [step.add("Tile", step.value(0), _long(step, 1))]


def _matmul(step: Step) -> list[Value]:
    sides = []
    for number, names in enumerate((("transpose_a", "adj_x"), ("transpose_b", "adj_y"))):
        value = step.value(number)
        if any(step.setting(name).integer(5) for name in names):
            if step.kind != "MatMul":
                raise BlockError(f"{step.graph.source}: {step.kind} of transposed matrices is not supported")
            value = _turned(step, value, (1, 0))
        sides.append(value)
    return [step.add("MatMul", *sides)]


def _batch_norm(step: Step) -> list[Value]:
    """FusedBatchNorm in inference: (x − mean) · scale / √(variance + ε) + offset."""
    scale, offset, mean, variance = (step.fixed(i).astype(np.float64) for i in range(1, 5))
    if step.setting("is_training").integer(5):
        raise BlockError(f"{step.graph.source}: {step.kind} in training is not supported")
    slope = scale / np.sqrt(variance + step.setting("epsilon").number(4))
    scaled = step.add("Mul", step.value(0), step.graph.constant(slope.astype(np.float32)))
    return [step.add("Add", scaled, step.graph.constant((offset - mean * slope).astype(np.float32)))]


def _folding(kind: str, compute: Callable[..., Any], inputs: int = 2) -> Convert:
    """A function that is computed beforehand where its inputs are constant."""

    def convert(step: Step) -> list[Value]:
        given = step.inputs[:inputs]
        if not any(isinstance(value, str) for value in given):
            return [np.asarray(compute(*given), np.asarray(given[0]).dtype)]
        return [step.add(kind, *(step.value(i) for i in range(inputs)))]

    return convert


def _reduced(kind: str) -> Convert:
    def convert(step: Step) -> list[Value]:
        axes, keep = step.fixed(1).ravel().astype(np.int64), step.setting("keep_dims").integer(5)
        if kind == "ReduceSum":  # the one whose axes are an input in this opset
            return [step.add(kind, step.value(0), step.graph.constant(axes), keepdims=keep)]
        return [step.add(kind, step.value(0), axes=axes.tolist(), keepdims=keep)]

    return convert


def _reshape(step: Step) -> list[Value]:
    return [step.add("Reshape", step.value(0), _long(step, 1))]


def _long(step: Step, number: int) -> str:
    """An input as int64, which ONNX wants of shapes."""
    value = step.inputs[number]
    if not isinstance(value, str):
        return step.graph.constant(value.astype(np.int64))
    return step.add("Cast", value, to=7)


def _shape(step: Step) -> list[Value]:
    kind = _ONNX_TYPES[step.setting("out_type").integer(6, 3)]
    return [step.add("Cast", step.add("Shape", step.value(0)), to=kind)]


def _expand(step: Step) -> list[Value]:
    axis = step.fixed(1).ravel().astype(np.int64)
    value = step.inputs[0]
    if not isinstance(value, str):
        return [np.expand_dims(value, int(axis[0]))]
    return [step.add("Unsqueeze", value, step.graph.constant(axis))]


def _squeeze(step: Step) -> list[Value]:
    axes = step.integers("squeeze_dims")
    value = step.inputs[0]
    if not isinstance(value, str):
        return [np.squeeze(value, tuple(axes) if axes else None)]
    return [step.add("Squeeze", value, *([step.graph.constant(np.array(axes, np.int64))] if axes else []))]


def _concatenation(step: Step) -> list[Value]:
    *_, axis = (int(value) for value in step.fixed(len(step.inputs) - 1).ravel())
    return [step.add("Concat", *(step.value(i) for i in range(len(step.inputs) - 1)), axis=axis)]


def _pack(step: Step) -> list[Value]:
    axis = step.setting("axis").integer(3)
    if not any(isinstance(value, str) for value in step.inputs):
        return [np.stack([np.asarray(value) for value in step.inputs], axis)]
    place = step.graph.constant(np.array([axis], np.int64))
    parts = [step.add("Unsqueeze", step.value(i), place) for i in range(len(step.inputs))]
    return [step.add("Concat", *parts, axis=axis)]


def _pad(step: Step) -> list[Value]:
    inputs = [step.value(0), step.graph.constant(step.fixed(1).astype(np.int64).T.ravel())]
    return [step.add("Pad", *inputs, *([step.value(2)] if step.kind == "PadV2" else []))]


def _transpose(step: Step) -> list[Value]:
    return [_turned(step, step.value(0), tuple(int(axis) for axis in step.fixed(1)))]


def _strided_slice(step: Step) -> list[Value]:
    begin, end, stride = (step.fixed(i).astype(np.int64).copy() for i in range(1, 4))
    masks = {
        name: step.setting(f"{name}_mask").integer(3)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    if masks["ellipsis"] or masks["new_axis"]:
        raise BlockError(f"{step.graph.source}: {step.kind} with an ellipsis or a new axis is not supported")
    gone = [axis for axis in range(len(begin)) if masks["shrink_axis"] >> axis & 1]
    for axis in range(len(begin)):
        forward = stride[axis] > 0
        if axis in gone:
            end[axis], stride[axis] = (begin[axis] + 1 if begin[axis] != -1 else _FAR), 1
            continue
        if masks["begin"] >> axis & 1:
            begin[axis] = 0 if forward else _FAR
        if masks["end"] >> axis & 1:
            end[axis] = _FAR if forward else -_FAR
    limits = [step.graph.constant(values) for values in (begin, end, np.arange(len(begin)), stride)]
    value = step.add("Slice", step.value(0), *limits)
    return [step.add("Squeeze", value, step.graph.constant(np.array(gone, np.int64)))] if gone else [value]


def _cast(step: Step) -> list[Value]:
    return [step.add("Cast", step.value(0), to=_ONNX_TYPES[step.setting("DstT").integer(6)])]


def _leaky(step: Step) -> list[Value]:
    return [step.add("LeakyRelu", step.value(0), alpha=step.setting("alpha").number(4))]


def _gather(step: Step) -> list[Value]:
    return [step.add("Gather", step.value(0), step.value(1), axis=int(step.fixed(2)))]


def _composed(step: Step) -> list[Value]:
    """Functions that ONNX puts together from others."""
    x = step.value(0)
    if step.kind == "Rsqrt":
        if not isinstance(step.inputs[0], str):
            return [(1 / np.sqrt(step.inputs[0])).astype(np.float32)]
        return [step.add("Reciprocal", step.add("Sqrt", x))]
    if step.kind == "Square":
        return [step.add("Mul", x, x)]
    if step.kind == "SquaredDifference":
        difference = step.add("Sub", x, step.value(1))
        return [step.add("Mul", difference, difference)]
    if step.kind == "Prod":
        return [
            step.add(
                "ReduceProd",
                x,
                axes=step.fixed(1).ravel().tolist(),
                keepdims=step.setting("keep_dims").integer(5),
            )
        ]
    return [step.graph.clipped(x, 0.0, 6.0)]  # Relu6


_FAR = 2**31 - 1

OPERATORS: dict[str, Convert] = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "MaxPool": _pool("MaxPool"),
    "AvgPool": _pool("AveragePool"),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2"), _matmul),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _batch_norm),
    "BiasAdd": _like("Add", 2),
    "Add": _folding("Add", np.add),
    "AddV2": _folding("Add", np.add),
    "Sub": _folding("Sub", np.subtract),
    "Mul": _folding("Mul", np.multiply),
    "RealDiv": _folding("Div", np.divide),
    "Maximum": _folding("Max", np.maximum),
    "Minimum": _folding("Min", np.minimum),
    "Sqrt": _folding("Sqrt", np.sqrt, 1),
    "Neg": _folding("Neg", np.negative, 1),
    "Exp": _like("Exp"),
    "Log": _like("Log"),
    "Abs": _like("Abs"),
    "Pow": _like("Pow", 2),
    "Relu": _like("Relu"),
    "Elu": _like("Elu"),
    "Selu": _like("Selu"),
    "Sigmoid": _like("Sigmoid"),
    "Tanh": _like("Tanh"),
    "Softplus": _like("Softplus"),
    "Softmax": _like("Softmax", axis=-1),
    "LogSoftmax": _like("LogSoftmax", axis=-1),
    "LeakyRelu": _leaky,
    **dict.fromkeys(("Relu6", "Rsqrt", "Square", "SquaredDifference", "Prod"), _composed),
    "Mean": _reduced("ReduceMean"),
    "Sum": _reduced("ReduceSum"),
    "Max": _reduced("ReduceMax"),
    "Min": _reduced("ReduceMin"),
    "Reshape": _reshape,
    "Shape": _shape,
    "ExpandDims": _expand,
    "Squeeze": _squeeze,
    "ConcatV2": _concatenation,
    "Pack": _pack,
    **dict.fromkeys(("Pad", "PadV2"), _pad),
    "Transpose": _transpose,
    "StridedSlice": _strided_slice,
    "Cast": _cast,
    "GatherV2": _gather,
    "Tile": _tile,
    "Fill": _fill,
    "Conv2DBackpropInput": _transposed,
    **dict.fromkeys(("ResizeNearestNeighbor", "ResizeBilinear"), _resize),
}
