"""IR → the runtime's list of calls. Fields are those of the structs in ``edgewright/network.h``, in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.compiler.packing import packed
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph, Op
    from edgewright_sdk.compiler.planning import Memory

    Lowering = Callable[["Calls", Op], None]

NOWHERE: Final = -(2**31)
_CONVOLVE, _ACTIVATE, _SOFTMAX, _COMBINE, _FILL, _COPY, _POOL, _REDUCE = 0, *range(2, 9)
_FUNCTIONS: Final = {
    name: number
    for number, name in enumerate(
        ["none", "clip", "leaky", "sigmoid", "tanh", "hard_sigmoid", "hard_swish", "exp", "sqrt", "abs"]
    )
}
_OPERATIONS: Final = {"add": 0, "sub": 1, "mul": 2, "div": 3}
_POOLINGS: Final = {"max": 0, "average": 1, "average_padded": 2}
_REDUCTIONS: Final = {"mean": 0, "sum": 1, "max": 2, "min": 3}
_RANK: Final = 4
MOST_PIXELS: Final = 32767


class Table:
    """Constants of one type, one after another."""

    def __init__(self, dtype: str) -> None:
        self.dtype, self.count = dtype, 0
        self._parts: list[NDArray[Any]] = []

    def add(self, values: Any) -> int:
        """Add numbers; gives what a call names them by."""
        place = self.count
        self._parts.append(np.ravel(np.asarray(values, self.dtype)))
        self.count += self._parts[-1].size
        return -1 - place

    @property
    def array(self) -> NDArray[Any]:
        """All of them."""
        return np.concatenate([np.zeros(0, self.dtype), *self._parts])


class Calls:
    """Rows of the list and the weights that they name.

    Parameters
    ----------
    graph : Graph
    memory : Memory
        Where in the arena each value lies.
    lowerings : mapping
        What writes the calls of each kind of operation.

    Attributes
    ----------
    rows : list of int
        The list of calls.
    weights, weights8, weights32 : Table
        What the calls name, of float32, int8 and int32.
    """

    def __init__(self, graph: Graph, memory: Memory, lowerings: Mapping[str, Lowering]) -> None:
        self.graph, self._memory, self._step = graph, memory, 0
        self.rows: list[int] = []
        self.weights, self.weights8, self.weights32 = Table("float32"), Table("int8"), Table("int32")
        self._constants: dict[str, int] = {}
        for self._step, op in enumerate(graph.ops, start=1):
            lowerings[op.kind](self, op)

    def add(self, kind: int, *fields: int | Sequence[int]) -> None:
        """Add a row."""
        flat = [int(value) for field in fields for value in ([field] if isinstance(field, int) else field)]
        self.rows += [kind, 2 + len(flat), *flat]

    def place(self, name: str) -> int:
        """Number by which a call names a value or a constant."""
        if name not in self.graph.constants:
            return self._memory.places[name]
        return self.once(name, self.graph.constants[name])

    def spare(self) -> tuple[int, int]:
        """Place and size in bytes of what the operation at hand may use of the arena besides."""
        return self._memory.spare(self._step)

    def once(self, name: str, array: NDArray[Any]) -> int:
        """Add a constant to the table of its type, unless one of that name is there; gives what a call names it by."""
        if name not in self._constants:
            tables = {table.dtype: table for table in (self.weights, self.weights8, self.weights32)}
            self._constants[name] = tables[array.dtype.name].add(array)
        return self._constants[name]

    def numbers(self, values: Any) -> int:
        """Add numbers to the weights of float32; gives what a call names them by."""
        return self.weights.add(values)

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a value or a constant."""
        return self.graph.shapes[name]

    def ending(self, op: Op) -> list[int]:
        """Residual, activation and its numbers: what is done on the way out."""
        residual = self.place(op.inputs[3]) if "residual" in op.settings else NOWHERE
        return [residual, *self.activation(op)]

    def activation(self, op: Op) -> list[int]:
        """Activation and its numbers."""
        numbers = op.settings.get("numbers", ())
        return [
            _FUNCTIONS[op.settings.get("function", "none")], self.numbers(numbers) if numbers else NOWHERE,
        ]  # fmt: skip

    def walk(self, op: Op, shape: Sequence[int], *strides: Sequence[int]) -> list[list[int]]:
        """Join axes that lie in one piece for all tensors, and fill up to four."""
        joined: list[list[int]] = []
        for size, *steps in zip(shape, *strides, strict=True):
            if size == 1:
                continue
            last = joined[-1] if joined else None
            if last is not None and all(old == new * size for old, new in zip(last[1:], steps, strict=True)):
                joined[-1] = [last[0] * size, *steps]
            else:
                joined.append([size, *steps])
        if len(joined) > _RANK:
            raise BlockError(
                f"{self.graph.source} can't be deployed: {op.node}: it walks {len(joined)} axes; allowed: {_RANK}"
            )
        rows = [[1] + [0] * len(strides)] * (_RANK - len(joined)) + joined
        return [list(column) for column in zip(*rows, strict=True)]


def strides_of(shape: Sequence[int]) -> list[int]:
    """Steps from one index to the next of each axis, row by row."""
    steps = [1]
    for size in reversed(shape[1:]):
        steps.append(steps[-1] * size)
    return steps[::-1][: len(shape)]


def _repeating(shape: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Strides of a tensor that is repeated to a larger one."""
    steps = [0 if size == 1 else step for size, step in zip(shape, strides_of(shape), strict=True)]
    return [0] * (len(wanted) - len(shape)) + steps


def image_sizes(shape: Sequence[int]) -> tuple[int, int, int]:
    """Channels, height and width of what lies channels last; along time the height is 1."""
    height, width = (1, *shape[1:-1])[-2:]
    return shape[-1], height, width


def _conv(calls: Calls, op: Op) -> None:
    (channels, *given), (filters, *made) = (
        image_sizes(calls.shape(name)) for name in (op.inputs[0], op.output)
    )
    s, groups = op.settings, op.settings["groups"]
    weights = packed(calls.graph.constants[op.inputs[1]], groups)
    calls.add(
        _CONVOLVE,
        [calls.place(op.inputs[0]), groups, channels // groups, *given],
        [calls.place(op.output), filters // groups, *made],
        [*s["kernel"], *s["strides"], *s["dilations"], *s["pads"][:2]],
        [calls.numbers(weights), calls.place(op.inputs[2]), *calls.ending(op)],
    )


def _dense(calls: Calls, op: Op) -> None:
    """A convolution of each row as one pixel; as many rows at a time as a call can number."""
    outputs, inputs = calls.shape(op.inputs[1])
    rows = calls.graph.count(op.output) // outputs
    bias, ending = calls.place(op.inputs[2]), calls.ending(op)
    weights = calls.numbers(packed(calls.graph.constants[op.inputs[1]]))
    for first in range(0, rows, MOST_PIXELS):
        count = min(rows - first, MOST_PIXELS)
        given, made = (4 * first * width for width in (inputs, outputs))
        residual = ending[0] if ending[0] == NOWHERE else ending[0] + made
        calls.add(
            _CONVOLVE,
            [
                calls.place(op.inputs[0]) + given,
                1,
                inputs,
                1,
                count,
                calls.place(op.output) + made,
                outputs,
                1,
                count,
            ],
            [*[1] * 6, 0, 0, weights, bias, residual, *ending[1:]],
        )


def _activation(calls: Calls, op: Op) -> None:
    count = int(np.prod(calls.shape(op.output), dtype=np.int64))
    calls.add(_ACTIVATE, calls.place(op.inputs[0]), calls.place(op.output), count, calls.activation(op))


def _softmax(calls: Calls, op: Op) -> None:
    shape, axis = calls.shape(op.output), op.settings["axis"]
    calls.add(_SOFTMAX, calls.place(op.inputs[0]), calls.place(op.output), _around(shape, axis, axis + 1))


def _around(shape: Sequence[int], begin: int, end: int) -> list[int]:
    """Values before, within and behind a range of axes."""
    return [int(np.prod(part, dtype=np.int64)) for part in (shape[:begin], shape[begin:end], shape[end:])]


def combine_fields(calls: Calls, op: Op) -> list[int]:
    """Fields of ``ew_combine``."""
    shape = calls.shape(op.output)
    steps = [_repeating(calls.shape(name), shape) for name in op.inputs]
    places = [calls.place(name) for name in (*op.inputs, op.output)]
    # The output is dense: its strides keep axes from being joined across.
    joined, a, b, _ = calls.walk(op, shape, *steps, strides_of(shape))
    return [*places, _OPERATIONS[op.kind], *joined, *a, *b]


def _copy(
    calls: Calls,
    op: Op,
    tensors: Sequence[int],
    shape: Sequence[int],
    given: Sequence[int],
    made: Sequence[int],
) -> None:
    calls.add(_COPY, tensors, calls.graph.itemsize(op.output), *calls.walk(op, shape, given, made))


def _whole(calls: Calls, op: Op) -> None:
    steps = strides_of(calls.shape(op.output))
    _copy(
        calls,
        op,
        [calls.place(name) for name in (op.inputs[0], op.output)],
        calls.shape(op.output),
        steps,
        steps,
    )


def _transpose(calls: Calls, op: Op) -> None:
    given = strides_of(calls.shape(op.inputs[0]))
    shape = calls.shape(op.output)
    tensors = [calls.place(op.inputs[0]), calls.place(op.output)]
    _copy(calls, op, tensors, shape, [given[axis] for axis in op.settings["axes"]], strides_of(shape))


def _concat(calls: Calls, op: Op) -> None:
    made, place = strides_of(calls.shape(op.output)), calls.place(op.output)
    for name in op.inputs:
        shape = calls.shape(name)
        _copy(calls, op, [calls.place(name), place], shape, strides_of(shape), made)
        place += made[op.settings["axis"]] * shape[op.settings["axis"]] * calls.graph.itemsize(op.output)


def _pad(calls: Calls, op: Op) -> None:
    shape, out = calls.shape(op.inputs[0]), calls.shape(op.output)
    made, place = strides_of(out), calls.place(op.output)
    item = calls.graph.itemsize(op.output)
    table = calls.weights if item == 4 else calls.weights8
    calls.add(_FILL, place, calls.graph.count(op.output), item, table.add([op.settings["value"]]))
    inner = place + item * sum(size * step for size, step in zip(op.settings["begin"], made, strict=True))
    _copy(calls, op, [calls.place(op.inputs[0]), inner], shape, strides_of(shape), made)


def pool_fields(calls: Calls, op: Op) -> list[int]:
    """Fields of ``ew_pool``."""
    given, (_, *made) = image_sizes(calls.shape(op.inputs[0])), image_sizes(calls.shape(op.output))
    s = op.settings
    return [
        calls.place(op.inputs[0]), *given, calls.place(op.output), *made,
        *s["kernel"], *s["strides"], *s["dilations"], *s["pads"], _POOLINGS[s["pooling"]],
    ]  # fmt: skip


def reduce_fields(calls: Calls, op: Op) -> list[int]:
    """Fields of ``ew_reduce``."""
    shape = calls.shape(op.inputs[0])
    axes = [axis for axis in op.settings["axes"] if shape[axis] > 1]
    begin, end = (axes[0], axes[-1] + 1) if axes else (0, 0)
    if any(shape[axis] > 1 and axis not in axes for axis in range(begin, end)):
        raise BlockError(
            f"{calls.graph.source} can't be deployed: {op.node}: its axes are {list(op.settings['axes'])}; "
            "allowed: axes that stand side by side"
        )
    places = [calls.place(op.inputs[0]), calls.place(op.output)]
    return [*places, *_around(shape, begin, end), _REDUCTIONS[op.settings["reduction"]]]


#: Kind of an operation → what writes its calls.
LOWERINGS: Final[dict[str, Lowering]] = {
    "conv": _conv,
    "dense": _dense,
    "activation": _activation,
    "softmax": _softmax,
    **dict.fromkeys(_OPERATIONS, lambda calls, op: calls.add(_COMBINE, combine_fields(calls, op))),
    "transpose": _transpose,
    "concat": _concat,
    "pad": _pad,
    "pool": lambda calls, op: calls.add(_POOL, pool_fields(calls, op)),
    "reduce": lambda calls, op: calls.add(_REDUCE, reduce_fields(calls, op)),
    "copy": _whole,
    **dict.fromkeys(("reshape", "rows", "stack"), lambda calls, op: None),  # noqa: ARG005
}
