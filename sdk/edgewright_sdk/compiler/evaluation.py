"""Networks in numpy, a batch at a time, channels last: what calibration looks at, and the integer reference's walker."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph, Op

    Array = NDArray[Any]
    Evaluate = Callable[["Evaluation", Op], Array]

#: Numbers that the largest value of a batch may have: 32 MiB as float64.
_AT_ONCE: Final = 1 << 22


class Evaluation:
    """Values of a network while a batch goes through it: arrays ``(n, …)`` of the values' shapes.

    Parameters
    ----------
    graph : Graph
        After all passes.
    batch : np.ndarray [shape=(n, …)]
        What goes in; the shape of a row doesn't matter.
    """

    def __init__(self, graph: Graph, batch: Array) -> None:
        self.graph = graph
        given = np.ascontiguousarray(batch, graph.dtypes.get(graph.input, "float32"))
        self.values = {graph.input: given.reshape(len(batch), *graph.shapes[graph.input])}

    def run(self, functions: Mapping[str, Evaluate]) -> Iterator[tuple[Op, Array]]:
        """Go through all operations, giving each with its value; what nothing needs any more is dropped."""
        last = {name: place for place, op in enumerate(self.graph.ops) for name in op.inputs}
        for place, op in enumerate(self.graph.ops):
            made = functions[op.kind](self, op)
            made = made.reshape(len(made), *self.graph.shapes[op.output])
            self.values[op.output] = made
            yield op, made
            for name in {*op.inputs} & {*self.values}:
                if last[name] == place and name not in self.graph.outputs:
                    del self.values[name]

    def __getitem__(self, name: str) -> Array:
        """Return a value, or a constant as a batch of one."""
        return self.values[name] if name in self.values else self.graph.constants[name][None]

    def constant(self, op: Op, place: int) -> Array:
        """Return an input that is a constant."""
        return self.graph.constants[op.inputs[place]]

    def shape(self, op: Op) -> tuple[int, ...]:
        """Shape of what an operation gives."""
        return self.graph.shapes[op.output]

    def pair(self, op: Op) -> tuple[Array, Array]:
        """Return two inputs with the axes of the output."""
        rank = len(self.shape(op))
        a, b = (self[name] for name in op.inputs[:2])
        return _widened(a, rank), _widened(b, rank)


def rows_at_once(graph: Graph) -> int:
    """How many windows go through a network together, for bounded memory."""
    largest = max(graph.count(name) for name in (graph.input, *(op.output for op in graph.ops)))
    return max(_AT_ONCE // largest, 1)


def image_of(values: Array) -> Array:
    """Take a batch of images ``(n, 1, height, width, channels)`` or of series as ``(n, height, width, channels)``."""
    return values.reshape(len(values), *[1] * (5 - values.ndim), *values.shape[2:])


def taps(values: Array, op: Op, made: tuple[int, ...], fill: float = 0) -> Iterator[tuple[int, int, Array]]:
    """Values that each tap of a sliding window sees, for all outputs ``made`` (height, width) at once."""
    settings = op.settings
    sizes = []
    for axis in range(2):
        reach = (made[axis] - 1) * settings["strides"][axis] + 1
        reach += (settings["kernel"][axis] - 1) * settings["dilations"][axis]
        begin = settings["pads"][axis]
        sizes.append((begin, max(reach - begin - values.shape[1 + axis], 0)))
    padded = np.pad(values, ((0, 0), *sizes, (0, 0)), constant_values=fill)
    (down, across), (high, wide) = settings["strides"], made
    for i in range(settings["kernel"][0]):
        for j in range(settings["kernel"][1]):
            y, x = i * settings["dilations"][0], j * settings["dilations"][1]
            yield (
                i,
                j,
                padded[:, y : y + (high - 1) * down + 1 : down, x : x + (wide - 1) * across + 1 : across],
            )


def convolved(values: Array, weights: Array, op: Op, made: tuple[int, ...]) -> Array:
    """Sums of a convolution ``(n, height, width, outputs)``, in the type of ``weights [outputs][inputs][height][width]``."""
    groups, (outputs, inputs) = op.settings["groups"], weights.shape[:2]
    sums = np.zeros((len(values), *made, outputs), weights.dtype)
    for i, j, seen in taps(values, op, made):
        tap = weights[:, :, i, j]
        if inputs == 1 and outputs == groups:
            sums += seen * tap[:, 0]
            continue
        for group in range(groups):
            some = slice(group * (outputs // groups), (group + 1) * (outputs // groups))
            sums[..., some] += seen[..., group * inputs : (group + 1) * inputs] @ tap[some].T
    return sums


def _widened(values: Array, rank: int) -> Array:
    return values.reshape(len(values), *[1] * (1 + rank - values.ndim), *values.shape[1:])


def made_size(evaluation: Evaluation, op: Op) -> tuple[int, int]:
    """Height and width of what a convolution or pooling gives."""
    shape = evaluation.shape(op)
    return (shape[1], shape[2]) if len(shape) == 4 else (1, shape[1])


def _conv(evaluation: Evaluation, op: Op) -> Array:
    values = image_of(evaluation[op.inputs[0]])
    sums = convolved(values, evaluation.constant(op, 1), op, made_size(evaluation, op))
    return activated(_with_residual(evaluation, op, sums + evaluation.constant(op, 2)), op)


def _dense(evaluation: Evaluation, op: Op) -> Array:
    weights = evaluation.constant(op, 1)
    values = evaluation[op.inputs[0]]
    sums = values.reshape(len(values), -1, weights.shape[1]) @ weights.T + evaluation.constant(op, 2)
    return activated(_with_residual(evaluation, op, sums), op)


def _with_residual(evaluation: Evaluation, op: Op, sums: Array) -> Array:
    sums = sums.reshape(len(sums), *evaluation.shape(op))
    return sums + evaluation[op.inputs[3]] if op.settings.get("residual") else sums


def activated(values: Array, op: Op) -> Array:
    """Values through an operation's activation, if it has one."""
    name = op.settings.get("function", "none")
    a, b = (*op.settings.get("numbers", ()), 0.0, 0.0)[:2]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(_FUNCTIONS[name](values, np.float32(a), np.float32(b)), values.dtype)


_FUNCTIONS: Final[dict[str, Callable[[Array, Any, Any], Array]]] = {
    "none": lambda x, a, b: x,  # noqa: ARG005
    "clip": lambda x, a, b: np.where(np.where(x < a, a, x) > b, b, np.where(x < a, a, x)),
    "leaky": lambda x, a, b: np.where(x < 0, a * x, x),  # noqa: ARG005
    "sigmoid": lambda x, a, b: 1 / (1 + np.exp(-x)),  # noqa: ARG005
    "tanh": lambda x, a, b: np.tanh(x),  # noqa: ARG005
    "hard_sigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "hard_swish": lambda x, a, b: x * np.clip(x / 6 + 0.5, 0, 1),  # noqa: ARG005
    "exp": lambda x, a, b: np.exp(x),  # noqa: ARG005
    "sqrt": lambda x, a, b: np.sqrt(x),  # noqa: ARG005
    "abs": lambda x, a, b: np.abs(x),  # noqa: ARG005
}


def _softmax(evaluation: Evaluation, op: Op) -> Array:
    values, axis = evaluation[op.inputs[0]], 1 + op.settings["axis"]
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def _combine(evaluation: Evaluation, op: Op) -> Array:
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.asarray(OPERATIONS[op.kind](*evaluation.pair(op)))


OPERATIONS: Final = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}


def _transpose(evaluation: Evaluation, op: Op) -> Array:
    return evaluation[op.inputs[0]].transpose(0, *(1 + axis for axis in op.settings["axes"]))


def _concat(evaluation: Evaluation, op: Op) -> Array:
    values = [evaluation[name] for name in op.inputs]
    n = max(map(len, values))
    values = [np.broadcast_to(value, (n, *value.shape[1:])) for value in values]
    return np.concatenate(values, axis=1 + op.settings["axis"])


def _pad(evaluation: Evaluation, op: Op) -> Array:
    given, begin = evaluation[op.inputs[0]], op.settings["begin"]
    sizes = zip(begin, evaluation.shape(op), given.shape[1:], strict=True)
    around = [(0, 0), *((first, made - first - size) for first, made, size in sizes)]
    return np.pad(given, around, constant_values=given.dtype.type(op.settings["value"]))


def counted(evaluation: Evaluation, op: Op) -> tuple[Array, Array]:
    """How many values each window of a pooling sees, ``(1, height, width, 1)``: real ones, and with padding."""
    height, width = image_of(evaluation[op.inputs[0]]).shape[1:3]
    top, left, bottom, right = op.settings["pads"]
    made = made_size(evaluation, op)
    real = sum(seen for _, _, seen in taps(np.ones((1, height, width, 1), np.int64), op, made))
    inner = np.pad(
        np.ones((1, height, width, 1), np.int64),
        ((0, 0), (top, bottom), (left, right), (0, 0)),
        constant_values=1,
    )
    whole = op.with_settings(pads=(0, 0, 0, 0))
    return np.asarray(real), np.asarray(sum(seen for _, _, seen in taps(inner, whole, made)))


def largest(evaluation: Evaluation, op: Op, fill: float) -> Array:
    """Largest value that each window of a pooling sees; ``fill`` is what padding counts as."""
    seen = (
        tap for _, _, tap in taps(image_of(evaluation[op.inputs[0]]), op, made_size(evaluation, op), fill)
    )
    best = next(seen)
    for tap in seen:
        best = np.maximum(best, tap)
    return best


def totals(evaluation: Evaluation, op: Op, dtype: Any) -> Array:
    """Sum of what each window of a pooling sees, padding as 0."""
    values = image_of(evaluation[op.inputs[0]]).astype(dtype)
    return np.asarray(sum(tap for _, _, tap in taps(values, op, made_size(evaluation, op))))


def _pool(evaluation: Evaluation, op: Op) -> Array:
    if op.settings["pooling"] == "max":
        return largest(evaluation, op, -np.inf)
    real, padded = counted(evaluation, op)
    count = real if op.settings["pooling"] == "average" else padded
    return np.asarray(totals(evaluation, op, np.float32) / np.maximum(count, 1).astype(np.float32))


def _reduce(evaluation: Evaluation, op: Op) -> Array:
    axes = tuple(1 + axis for axis in op.settings["axes"])
    return np.asarray(REDUCTIONS[op.settings["reduction"]](evaluation[op.inputs[0]], axis=axes))


REDUCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "mean": np.mean,
    "sum": np.sum,
    "max": np.max,
    "min": np.min,
}

#: Kind of an operation → what computes it in float32.
FLOATS: Final[dict[str, Evaluate]] = {
    "conv": _conv,
    "dense": _dense,
    "activation": lambda evaluation, op: activated(evaluation[op.inputs[0]], op),
    "softmax": _softmax,
    "add": _combine,
    "sub": _combine,
    "mul": _combine,
    "div": _combine,
    "transpose": _transpose,
    "concat": _concat,
    "pad": _pad,
    "pool": _pool,
    "reduce": _reduce,
    "reshape": lambda evaluation, op: evaluation[op.inputs[0]],
}


def reduced_count(graph: Graph, op: Op) -> int:
    """How many values a reduction makes one of."""
    shape = graph.shapes[op.inputs[0]]
    return math.prod(shape[axis] for axis in op.settings["axes"])
