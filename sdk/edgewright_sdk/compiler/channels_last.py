"""Channels behind height and width, as convolutions and pooling work on the device; ONNX has them before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from edgewright_sdk.compiler.ir import Op
from edgewright_sdk.compiler.layouts import Axes, Walk, as_given, channels_last_order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from edgewright_sdk.compiler.ir import Graph


def channels_last(graph: Graph, boundary: Collection[str] = ()) -> Graph:
    """Let values lie channels last wherever convolutions or pooling work on them.

    Parameters
    ----------
    graph : Graph
        As it was read: this is the first pass.
    boundary : collection of str
        Which of input and outputs lie channels last too; the others lie as ONNX has them.

    Notes
    -----
    Transposes cancel each other, sink through operations that take each number by itself, and go into constants: also into the
    weights of a dense layer behind a flattened image.
    """
    later = _walked(graph, boundary)
    if graph.input in boundary or len(graph.shapes[graph.input]) < 3:
        return later
    # Before a padding or what scales pixels, a transpose has less to do and leaves them to the convolution.
    return min(_walked(graph, boundary, early=True), later, key=_moved)


def reads_channels_last(graph: Graph) -> bool:
    """Whether less is transposed if the input lies channels last."""
    return _moved(_walked(graph, (graph.input,))) < _moved(channels_last(graph))


def _walked(graph: Graph, boundary: Collection[str], *, early: bool = False) -> Graph:
    walk = Walk(graph)
    walk.place(graph.input, graph.input, _outside(graph, graph.input, boundary))
    if early:
        walk.prefer(graph.input, _outside(graph, graph.input, (graph.input,)))
    for op in graph.ops:
        _RULES[op.kind](walk, op)
    return walk.result(tuple(walk.laid(name, _outside(graph, name, boundary)) for name in graph.outputs))


def _moved(graph: Graph) -> int:
    """How many numbers are put elsewhere."""
    return sum(graph.count(op.output) for op in graph.ops if op.kind == "transpose")


def _outside(graph: Graph, value: str, boundary: Collection[str]) -> Axes:
    rank = len(graph.shapes[value])
    return channels_last_order(rank) if value in boundary else as_given(rank)


def _sliding(walk: Walk, op: Op) -> None:
    order = channels_last_order(len(walk.shapes[op.output]))
    walk.emit(op, [walk.laid(op.inputs[0], order), *op.inputs[1:]], order)


def _each(walk: Walk, op: Op) -> None:
    source = walk.layout(op.inputs[0])
    walk.emit(op, [source.name], source.axes)


def _softmax(walk: Walk, op: Op) -> None:
    source = walk.layout(op.inputs[0])
    walk.emit(op.with_settings(axis=source.axes[op.settings["axis"]]), [source.name], source.axes)


def _together(walk: Walk, op: Op) -> None:
    """Several tensors in one order: that of the largest, rather not ONNX's."""
    rank = len(walk.shapes[op.output])
    inputs = [walk.ranked(name, rank) for name in op.inputs]
    computed = [name for name in inputs if not walk.is_constant(name)]
    axes = max(
        (walk.layout(name).axes for name in computed),
        key=lambda axes: (_largest(walk, computed, axes), axes != as_given(rank)),
    )
    if op.kind == "concat":
        op = op.with_settings(axis=axes[op.settings["axis"]])
    walk.emit(op, [walk.laid(name, axes) for name in inputs], axes)


def _largest(walk: Walk, names: list[str], axes: Axes) -> int:
    return max(math.prod(walk.shapes[name]) for name in names if walk.layout(name).axes == axes)


def _pad(walk: Walk, op: Op) -> None:
    source = walk.layout(op.inputs[0])
    begin = [0] * len(source.axes)
    for axis, size in zip(source.axes, op.settings["begin"], strict=True):
        begin[axis] = size
    walk.emit(op.with_settings(begin=tuple(begin)), [source.name], source.axes)


def _transpose(walk: Walk, op: Op) -> None:
    """Only remember it."""
    source = walk.layout(op.inputs[0])
    walk.place(op.output, source.name, tuple(source.axes[axis] for axis in op.settings["axes"]))


def _reshape(walk: Walk, op: Op) -> None:
    value, source = op.inputs[0], walk.layout(op.inputs[0])
    given, made = walk.shapes[value], walk.shapes[op.output]
    kept = [axis for axis, size in enumerate(made) if size > 1]
    wide = [axis for axis, size in enumerate(given) if size > 1]
    if [given[axis] for axis in wide] == [made[axis] for axis in kept]:
        # Axes of 1 come or go; the others stay as they lie.
        lain = [
            axis for _, axis in sorted((source.axes[old], new) for old, new in zip(wide, kept, strict=True))
        ]
        walk.rename(op.output, source.name, _axes_of(lain, len(made)))
        return
    plain = as_given(len(given))
    if not walk.is_free(value, plain) and _only_feeds_dense(walk, op.output):
        numbers = np.arange(math.prod(given)).reshape(given)
        walk.columns[op.output] = numbers.transpose(np.argsort(source.axes)).ravel()
        walk.rename(op.output, source.name, as_given(len(made)))
        return
    walk.rename(op.output, walk.laid(value, plain), as_given(len(made)))


def _axes_of(lain: list[int], rank: int) -> Axes:
    """Axes of a value whose sizes above 1 lie in this order; a usual order where one fits."""
    for axes in (channels_last_order(rank), as_given(rank)):
        if lain == sorted(lain, key=axes.__getitem__):
            return axes
    order = [axis for axis in range(rank) if axis not in lain] + lain
    return tuple(order.index(axis) for axis in range(rank))


def _only_feeds_dense(walk: Walk, value: str) -> bool:
    """Whether a value is one row that dense layers alone take."""
    users, shape = walk.graph.users(value), walk.shapes[value]
    alone = value not in walk.graph.outputs and math.prod(shape) == shape[-1]
    return alone and len(users) > 0 and all(op.kind == "dense" for op in users)


def _dense(walk: Walk, op: Op) -> None:
    value, weights, *rest = op.inputs
    last = len(walk.shapes[value]) - 1
    axes = walk.layout(value).axes
    if axes[last] != last:
        axes = as_given(last + 1)
    if value in walk.columns:
        weights = walk.constant(weights, walk.weights(weights)[:, walk.columns[value]])
    walk.emit(op, [walk.laid(value, axes), weights, *rest], axes)


def _reduce(walk: Walk, op: Op) -> None:
    value = op.inputs[0]
    given, made = walk.shapes[value], walk.shapes[op.output]
    named = [axis for axis in op.settings["axes"] if given[axis] > 1]
    axes = walk.layout(value).axes
    if not _side_by_side({axes[axis] for axis in named}, given, axes):
        axes = as_given(len(given))
    whole = op.with_settings(axes=tuple(sorted(axes[axis] for axis in op.settings["axes"])))
    if len(made) == len(given):
        walk.emit(whole, [walk.laid(value, axes)], axes)
        return
    kept = walk.new(op.output)
    walk.shapes[kept] = tuple(1 if axis in op.settings["axes"] else size for axis, size in enumerate(given))
    walk.emit(Op("reduce", (), kept, op.node, whole.settings), [walk.laid(value, axes)], axes)
    _reshape(walk, Op("reshape", (kept,), op.output, op.node))


def _side_by_side(named: set[int], given: Axes, axes: Axes) -> bool:
    wide = sorted(axes[axis] for axis, size in enumerate(given) if size > 1)
    places = [wide.index(axis) for axis in sorted(named)]
    return places == list(range(places[0], places[0] + len(places))) if places else True


_RULES: Final[dict[str, Callable[[Walk, Op], None]]] = {
    "conv": _sliding,
    "pool": _sliding,
    "activation": _each,
    "softmax": _softmax,
    **dict.fromkeys(("add", "sub", "mul", "div", "concat"), _together),
    "pad": _pad,
    "transpose": _transpose,
    "reshape": _reshape,
    "dense": _dense,
    "reduce": _reduce,
}
