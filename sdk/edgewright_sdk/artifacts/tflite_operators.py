"""TensorFlow Lite's operators in ONNX's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.tflite_layers import LAYERS
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.artifacts.tflite_file import Operator
    from edgewright_sdk.artifacts.tflite_graph import Graph

    Convert = Callable[[Graph, Operator], None]

_ONNX_TYPES = {
    "float32": 1,
    "uint8": 2,
    "int8": 3,
    "int16": 5,
    "int32": 6,
    "int64": 7,
    "bool": 9,
    "float16": 10,
    "float64": 11,
}


def _one(kind: str, **settings: Any) -> Convert:
    """A function of one value that ONNX has as well."""

    def convert(graph: Graph, operator: Operator) -> None:
        graph.store(operator.outputs[0], graph.add(kind, graph.value(operator.inputs[0]), **settings))

    return convert


def _two(kind: str, *, fused: bool = False) -> Convert:
    """A function of two values, broadcast alike; ``fused``: an activation may follow."""

    def convert(graph: Graph, operator: Operator) -> None:
        value = graph.add(kind, graph.value(operator.inputs[0]), graph.value(operator.inputs[1]))
        if fused:
            value = graph.activated(value, operator.options.byte(0))
        graph.store(operator.outputs[0], value)

    return convert


def _clip(code: int) -> Convert:
    def convert(graph: Graph, operator: Operator) -> None:
        graph.store(operator.outputs[0], graph.activated(graph.value(operator.inputs[0]), code))

    return convert


def _reshape(graph: Graph, operator: Operator) -> None:
    """RESHAPE: to a shape that is given, or computed: the output's own says 1 of what the file doesn't know."""
    if len(operator.inputs) > 1:
        shape = _as(graph, graph.value(operator.inputs[1]), "int64")
    else:
        shape = graph.constant(np.array(graph.tensor(operator.outputs[0]).shape, np.int64))
    _pass(graph, operator, graph.add("Reshape", graph.value(operator.inputs[0]), shape))


def _squeeze(graph: Graph, operator: Operator) -> None:
    axes = operator.options.vector(0, "int32").astype(np.int64)
    inputs = [graph.value(operator.inputs[0]), *([graph.constant(axes)] if len(axes) else [])]
    _pass(graph, operator, graph.add("Squeeze", *inputs))


def _expand(graph: Graph, operator: Operator) -> None:
    axes = graph.constant(graph.fixed(operator.inputs[1]).ravel().astype(np.int64))
    _pass(graph, operator, graph.add("Unsqueeze", graph.value(operator.inputs[0]), axes))


def _pass(graph: Graph, operator: Operator, value: str, data: tuple[int, ...] | None = None) -> None:
    """Store what only moves values: where they keep their grid they lie on it already."""
    target = graph.tensor(operator.outputs[0])
    sources = [graph.tensor(index) for index in (operator.inputs[:1] if data is None else data)]
    same = all(
        np.array_equal(source.scale, target.scale) and np.array_equal(source.zero_point, target.zero_point)
        for source in sources
    )
    graph.store(operator.outputs[0], value, exact=same)


def _softmax(graph: Graph, operator: Operator) -> None:
    value, beta = graph.value(operator.inputs[0]), float(operator.options.scalar(0, "f", 0.0))
    if beta not in (0.0, 1.0):
        value = graph.add("Mul", value, graph.constant(np.float32(beta)))
    graph.store(operator.outputs[0], graph.add("Softmax", value, axis=-1))


def _concatenation(graph: Graph, operator: Operator) -> None:
    values = [graph.value(index) for index in operator.inputs]
    value = graph.add("Concat", *values, axis=operator.options.integer(0))
    code = operator.options.byte(1)
    if code:
        graph.store(operator.outputs[0], graph.activated(value, code))
    else:
        _pass(graph, operator, value, operator.inputs)


def _pad(graph: Graph, operator: Operator) -> None:
    amounts = graph.fixed(operator.inputs[1]).astype(np.int64)
    inputs = [graph.value(operator.inputs[0]), graph.constant(amounts.T.ravel())]
    if len(operator.inputs) > 2:
        inputs.append(graph.reshaped(graph.value(operator.inputs[2]), []))
    _pass(graph, operator, graph.add("Pad", *inputs))


def _reduced(kind: str) -> Convert:
    def convert(graph: Graph, operator: Operator) -> None:
        axes, keep = graph.fixed(operator.inputs[1]).ravel().astype(np.int64), operator.options.byte(0)
        value = graph.value(operator.inputs[0])
        if kind == "ReduceSum":  # the one whose axes are an input in this opset
            value = graph.add(kind, value, graph.constant(axes), keepdims=keep)
        else:
            value = graph.add(kind, value, axes=axes.tolist(), keepdims=keep)
        graph.store(operator.outputs[0], value)

    return convert


def _index_of(kind: str) -> Convert:
    def convert(graph: Graph, operator: Operator) -> None:
        axis = int(graph.fixed(operator.inputs[1]).ravel()[0])
        value = graph.add(kind, graph.value(operator.inputs[0]), axis=axis, keepdims=0)
        graph.store(operator.outputs[0], _as(graph, value, graph.tensor(operator.outputs[0]).dtype))

    return convert


def _one_hot(graph: Graph, operator: Operator) -> None:
    index, depth, on, off = operator.inputs
    target = graph.tensor(operator.outputs[0])
    axis = operator.options.integer(0, -1) % len(target.shape)
    shape = list(graph.tensor(index).shape)
    place = graph.reshaped(_as(graph, graph.value(index), "int64"), [*shape[:axis], 1, *shape[axis:]])
    count = int(graph.fixed(depth).ravel()[0])
    every = np.arange(count, dtype=np.int64).reshape(
        [count if i == axis else 1 for i in range(len(target.shape))]
    )
    chosen = graph.add("Equal", place, graph.constant(every))
    graph.store(operator.outputs[0], graph.add("Where", chosen, graph.value(on), graph.value(off)))


def _select(graph: Graph, operator: Operator) -> None:
    condition, yes, no = operator.inputs
    value, shape = graph.value(condition), graph.tensor(condition).shape
    rank = len(graph.tensor(yes).shape)
    if operator.name == "SELECT" and len(shape) == 1 < rank:  # one condition a row
        value = graph.reshaped(value, [shape[0], *[1] * (rank - 1)])
    graph.store(operator.outputs[0], graph.add("Where", value, graph.value(yes), graph.value(no)))


def _transpose(graph: Graph, operator: Operator) -> None:
    order = [int(axis) for axis in graph.fixed(operator.inputs[1])]
    _pass(graph, operator, graph.add("Transpose", graph.value(operator.inputs[0]), perm=order))


def _slice(graph: Graph, operator: Operator) -> None:
    begin, size = (graph.fixed(index).astype(np.int64) for index in operator.inputs[1:3])
    shape = np.array(graph.tensor(operator.inputs[0]).shape)
    _sliced(graph, operator, begin, np.where(size < 0, shape, begin + size), np.ones(len(shape), np.int64))


def _strided_slice(graph: Graph, operator: Operator) -> None:
    begin, end, step = (graph.fixed(index).astype(np.int64).copy() for index in operator.inputs[1:4])
    options = operator.options
    if options.integer(2) or options.integer(3):
        raise BlockError(f"{graph.source}: STRIDED_SLICE with an ellipsis or a new axis is not supported")
    for axis in range(len(begin)):
        bit, forward = 1 << axis, step[axis] > 0
        if options.integer(0) & bit:
            begin[axis] = 0 if forward else _FAR
        if options.integer(1) & bit:
            end[axis] = _FAR if forward else -_FAR
        if options.integer(4) & bit:
            end[axis] = begin[axis] + 1 if begin[axis] != -1 else _FAR
            step[axis] = 1
    gone = tuple(axis for axis in range(len(begin)) if options.integer(4) >> axis & 1)
    _sliced(graph, operator, begin, end, step, gone)


def _sliced(
    graph: Graph, operator: Operator, begin: Any, end: Any, step: Any, gone: tuple[int, ...] = ()
) -> None:
    limits = [
        graph.constant(np.asarray(values, np.int64)) for values in (begin, end, np.arange(len(begin)), step)
    ]
    value = graph.add("Slice", graph.value(operator.inputs[0]), *limits)
    if gone:
        value = graph.add("Squeeze", value, graph.constant(np.array(gone, np.int64)))
    _pass(graph, operator, value)


def _split(graph: Graph, operator: Operator) -> None:
    """SPLIT: axis, data; SPLIT_V: data, sizes, axis."""
    data, axis = operator.inputs[1::-1] if operator.name == "SPLIT" else operator.inputs[::2]
    along = int(graph.fixed(axis).ravel()[0])
    sizes = [graph.tensor(index).shape[along] for index in operator.outputs]
    first = graph.add(
        "Split", graph.value(data), graph.constant(np.array(sizes, np.int64)), outputs=len(sizes), axis=along
    )
    for number, index in enumerate(operator.outputs):
        graph.store(index, first if number == 0 else f"{first}.{number}")


def _pack(graph: Graph, operator: Operator) -> None:
    axis = operator.options.integer(1)
    place = graph.constant(np.array([axis], np.int64))
    values = [graph.add("Unsqueeze", graph.value(index), place) for index in operator.inputs]
    _pass(graph, operator, graph.add("Concat", *values, axis=axis), operator.inputs)


def _gather(graph: Graph, operator: Operator) -> None:
    if operator.options.integer(1):
        raise BlockError(f"{graph.source}: GATHER over batches is not supported")
    data, index = (graph.value(number) for number in operator.inputs[:2])
    _pass(graph, operator, graph.add("Gather", data, index, axis=operator.options.integer(0)))


def _tile(graph: Graph, operator: Operator) -> None:
    repeats = graph.constant(graph.fixed(operator.inputs[1]).astype(np.int64))
    _pass(graph, operator, graph.add("Tile", graph.value(operator.inputs[0]), repeats))


def _cast(graph: Graph, operator: Operator) -> None:
    value = graph.value(operator.inputs[0])
    graph.store(operator.outputs[0], _as(graph, value, graph.tensor(operator.outputs[0]).dtype))


def _as(graph: Graph, value: str, dtype: str) -> str:
    return graph.add("Cast", value, to=_ONNX_TYPES[dtype])


def _dequantize(graph: Graph, operator: Operator) -> None:
    """Quantised values are held as floats already; half floats are weights."""
    (index,) = operator.inputs
    if graph.tensor(index).dtype == "float16":
        graph.know(operator.outputs[0], graph.fixed(index).astype(np.float32))
    else:
        graph.store(operator.outputs[0], graph.value(index))


def _shape(graph: Graph, operator: Operator) -> None:
    shape = graph.add("Shape", graph.value(operator.inputs[0]))
    graph.store(operator.outputs[0], _as(graph, shape, graph.tensor(operator.outputs[0]).dtype))


def _fill(graph: Graph, operator: Operator) -> None:
    shape, value = operator.inputs
    graph.store(
        operator.outputs[0], graph.add("Expand", graph.value(value), _as(graph, graph.value(shape), "int64"))
    )


def _quantize(graph: Graph, operator: Operator) -> None:
    graph.store(operator.outputs[0], graph.value(operator.inputs[0]))


def _leaky(graph: Graph, operator: Operator) -> None:
    value = graph.add(
        "LeakyRelu", graph.value(operator.inputs[0]), alpha=float(operator.options.scalar(0, "f"))
    )
    graph.store(operator.outputs[0], value)


def _composed(graph: Graph, operator: Operator) -> None:
    """Functions that ONNX puts together from others."""
    x = graph.value(operator.inputs[0])
    if operator.name == "RSQRT":
        value = graph.add("Reciprocal", graph.add("Sqrt", x))
    elif operator.name == "SQUARE":
        value = graph.add("Mul", x, x)
    elif operator.name == "SQUARED_DIFFERENCE":
        difference = graph.add("Sub", x, graph.value(operator.inputs[1]))
        value = graph.add("Mul", difference, difference)
    elif operator.name == "NOT_EQUAL":
        value = graph.add("Not", graph.add("Equal", x, graph.value(operator.inputs[1])))
    else:  # HARD_SWISH
        value = graph.add("Mul", x, graph.add("HardSigmoid", x, alpha=1 / 6, beta=0.5))
    graph.store(operator.outputs[0], value)


_FAR = 2**31 - 1

OPERATORS: dict[str, Convert] = {
    **LAYERS,
    **{
        name: _two(kind, fused=True)
        for name, kind in (("ADD", "Add"), ("SUB", "Sub"), ("MUL", "Mul"), ("DIV", "Div"))
    },
    "MAXIMUM": _two("Max"),
    "MINIMUM": _two("Min"),
    "POW": _two("Pow"),
    "LESS": _two("Less"),
    "LESS_EQUAL": _two("LessOrEqual"),
    "GREATER": _two("Greater"),
    "GREATER_EQUAL": _two("GreaterOrEqual"),
    "EQUAL": _two("Equal"),
    "LOGICAL_AND": _two("And"),
    "LOGICAL_OR": _two("Or"),
    "PRELU": _two("PRelu"),
    "RELU": _clip(1),
    "RELU_N1_TO_1": _clip(2),
    "RELU6": _clip(3),
    "LOGISTIC": _one("Sigmoid"),
    "TANH": _one("Tanh"),
    "ELU": _one("Elu"),
    "EXP": _one("Exp"),
    "LOG": _one("Log"),
    "SQRT": _one("Sqrt"),
    "ABS": _one("Abs"),
    "NEG": _one("Neg"),
    "FLOOR": _one("Floor"),
    "LOGICAL_NOT": _one("Not"),
    "LOG_SOFTMAX": _one("LogSoftmax", axis=-1),
    "LEAKY_RELU": _leaky,
    **dict.fromkeys(("RSQRT", "SQUARE", "SQUARED_DIFFERENCE", "NOT_EQUAL", "HARD_SWISH"), _composed),
    "SOFTMAX": _softmax,
    "RESHAPE": _reshape,
    "SQUEEZE": _squeeze,
    "EXPAND_DIMS": _expand,
    "CONCATENATION": _concatenation,
    **dict.fromkeys(("PAD", "PADV2"), _pad),
    "MEAN": _reduced("ReduceMean"),
    "SUM": _reduced("ReduceSum"),
    "REDUCE_MAX": _reduced("ReduceMax"),
    "REDUCE_MIN": _reduced("ReduceMin"),
    "REDUCE_PROD": _reduced("ReduceProd"),
    "FILL": _fill,
    "ARG_MAX": _index_of("ArgMax"),
    "ARG_MIN": _index_of("ArgMin"),
    "ONE_HOT": _one_hot,
    **dict.fromkeys(("SELECT", "SELECT_V2"), _select),
    "TRANSPOSE": _transpose,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    **dict.fromkeys(("SPLIT", "SPLIT_V"), _split),
    "PACK": _pack,
    "GATHER": _gather,
    "TILE": _tile,
    "CAST": _cast,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
    "SHAPE": _shape,
}
