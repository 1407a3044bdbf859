"""In which order the axes of values lie, while a network is rewritten: transposes are made only where somebody needs another order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgewright_sdk.compiler.ir import Op

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph

Axes = tuple[int, ...]


class Layout(NamedTuple):
    """How a value lies: its axis ``i``, as ONNX numbers them, is axis ``axes[i]`` of ``name``."""

    name: str
    axes: Axes


def as_given(rank: int) -> Axes:
    """Axes of a value that lies as ONNX has it."""
    return tuple(range(rank))


def channels_last_order(rank: int) -> Axes:
    """Axes of a value that lies channels last: ``(1, C, H, W)`` as ``(1, H, W, C)``."""
    return (0, rank - 1, *range(1, rank - 1)) if rank > 2 else as_given(rank)


class Walk:
    """A network that is rewritten operation by operation.

    Parameters
    ----------
    graph : Graph
        As ONNX has it.

    Attributes
    ----------
    shapes : dict of str to tuple
        As ONNX has them, of values that rules add too.
    columns : dict of str to np.ndarray
        Of flat values whose numbers lie in another order: which number of ONNX's each is.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.shapes = dict(graph.shapes)
        self.columns: dict[str, NDArray[np.int64]] = {}
        self._constants = dict(graph.constants)
        self._ops: list[Op] = []
        self._lain: dict[str, Axes] = {}
        self._layouts: dict[str, list[Layout]] = {}
        self._count = 0

    def layout(self, value: str) -> Layout:
        """How a computed value lies."""
        return self._layouts[value][0]

    def is_constant(self, value: str) -> bool:
        """Whether a value is known while compiling."""
        return value in self._constants

    def place(self, value: str, name: str, axes: Axes) -> None:
        """Say how a value lies."""
        self._layouts.setdefault(value, []).append(Layout(name, axes))
        self._lain[name] = self._as_it_lies(value, axes)

    def emit(self, op: Op, inputs: Sequence[str], axes: Axes) -> None:
        """Add an operation, whose output lies so."""
        self.place(op.output, op.output, axes)
        self._ops.append(replace(op, inputs=tuple(inputs)))

    def rename(self, value: str, source: str, axes: Axes) -> None:
        """Let a value be the numbers of what lies in ``source``, in the same order, by a shape of its own."""
        if self._as_it_lies(value, axes) == self._lain[source]:
            self.place(value, source, axes)
        else:
            self.emit(Op("reshape", (), value, f"the shape of {value!r}"), [source], axes)

    def is_free(self, value: str, axes: Axes) -> bool:
        """Whether a value's numbers are in the same order if it lies so."""
        source = self.layout(value)
        sizes = self._lain[source.name]
        moved = [step for step in _steps(source.axes, axes) if sizes[step] > 1]
        return moved == sorted(moved)

    def laid(self, value: str, axes: Axes) -> str:
        """Give the name of a value or constant that lies so; a transpose is made where there is none yet."""
        if value in self._constants:
            if axes == as_given(len(axes)):
                return value
            return self.constant(value, self._constants[value].transpose(_inverse(axes)))
        for layout in self._layouts[value]:
            if layout.axes == axes:
                return layout.name
        source = self.layout(value)
        kind = "reshape" if self.is_free(value, axes) else "transpose"
        settings = {"axes": _steps(source.axes, axes)} if kind == "transpose" else {}
        name = self.new(value)
        self.place(value, name, axes)
        self._ops.append(Op(kind, (source.name,), name, f"the order of {value!r}", settings))
        return name

    def prefer(self, value: str, axes: Axes) -> None:
        """Let a value lie so for all that take it as it comes."""
        name = self.laid(value, axes)
        self._layouts[value].sort(key=lambda layout: layout.name != name)

    def ranked(self, value: str, rank: int) -> str:
        """Give a value or constant with axes of 1 in front."""
        shape = self.shapes[value]
        more = rank - len(shape)
        if more == 0:
            return value
        if value in self._constants:
            return self.constant(value, self._constants[value].reshape((1,) * more + shape))
        name, source = self.new(value), self.layout(value)
        self.shapes[name] = (1,) * more + shape
        self.rename(name, source.name, (*range(more), *(more + axis for axis in source.axes)))
        return name

    def constant(self, like: str, array: NDArray[Any]) -> str:
        """Add a constant."""
        name = self.new(like)
        self._constants[name] = np.ascontiguousarray(array)
        self.shapes[name] = array.shape
        return name

    def new(self, value: str) -> str:
        """Give a name that nobody has."""
        self._count += 1
        return f"{value}~{self._count}"

    def weights(self, name: str) -> NDArray[Any]:
        """Give a constant."""
        return self._constants[name]

    def result(self, outputs: tuple[str, ...]) -> Graph:
        """Give the network as it lies."""
        shapes = self._lain | {name: array.shape for name, array in self._constants.items()}
        return replace(self.graph, outputs=outputs, ops=self._ops, shapes=shapes, constants=self._constants)

    def _as_it_lies(self, value: str, axes: Axes) -> Axes:
        return tuple(self.shapes[value][axis] for axis in _inverse(axes))


def _inverse(axes: Axes) -> Axes:
    return tuple(int(axis) for axis in np.argsort(axes))


def _steps(source: Axes, wanted: Axes) -> Axes:
    """Of each axis that is wanted, the one that it is now."""
    return tuple(source[axis] for axis in _inverse(wanted))
