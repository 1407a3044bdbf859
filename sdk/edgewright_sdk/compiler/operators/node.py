"""One ONNX node while it is read: its settings, its inputs, and what it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.compiler.ir import Graph, Op
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: ONNX operator → what reads it; filled by :func:`operator`.
OPERATORS: dict[str, Callable[[Node], None]] = {}


def operator(*names: str) -> Callable[[Callable[[Node], None]], Callable[[Node], None]]:
    """Register a function as the reader of operators."""

    def register(read: Callable[[Node], None]) -> Callable[[Node], None]:
        OPERATORS.update(dict.fromkeys(names, read))
        return read

    return register


class Node:
    """An ONNX node and the graph that it goes into.

    Parameters
    ----------
    graph : Graph
        Operations, shapes and constants are added to it.
    node : onnx.NodeProto
    constants : mapping of str to np.ndarray
        What doesn't depend on the network's input.
    opset : int
        Version of the operators.
    """

    def __init__(self, graph: Graph, node: Any, constants: Mapping[str, Any], opset: int) -> None:
        from onnx import helper

        self._graph, self._constants = graph, constants
        self._settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        self._count = 0
        self.opset = opset
        self.kind: str = node.op_type
        self.name = f"{node.op_type} {node.name or node.output[0]!r}"
        self.inputs: list[str] = list(node.input)
        self.output: str = node.output[0]

    def refused(self, why: str) -> BlockError:
        """Return the error that says what can't be deployed of this node."""
        return BlockError(f"{self._graph.source} can't be deployed: {self.name}: {why}")

    def setting(self, name: str, default: Any) -> Any:
        """Give an attribute; texts as ``str``."""
        value = self._settings.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def has(self, place: int) -> bool:
        """Whether an optional input is there."""
        return place < len(self.inputs) and self.inputs[place] != ""

    def is_constant(self, place: int) -> bool:
        """Whether an input doesn't depend on the network's."""
        return self.inputs[place] in self._constants

    def constant(self, place: int, default: Any = None) -> Any:
        """Value of an input that must be one; ``default`` where it is left out."""
        if not self.has(place):
            return default
        if not self.is_constant(place):
            raise self.refused(f"its input {self.inputs[place]!r} is computed; allowed: a constant")
        return self._constants[self.inputs[place]]

    def value(self, place: int) -> str:
        """Name of an input for an operation; constants are taken along."""
        name = self.inputs[place]
        return self.kept(self._constants[name]) if name in self._constants else name

    def shape(self, place: int) -> tuple[int, ...]:
        """Shape of an input."""
        name = self.inputs[place]
        return tuple(np.shape(self._constants[name])) if name in self._constants else self._graph.shapes[name]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output."""
        return self._graph.shapes[self.output]

    def kept(self, array: Any) -> str:
        """Name of a new constant."""
        name = f"{self.output}#{self._new()}"
        self._graph.constants[name] = np.asarray(array, np.float32)
        self._graph.shapes[name] = np.shape(array)
        return name

    def emit(self, kind: str, *inputs: str, shape: tuple[int, ...] | None = None, **settings: Any) -> str:
        """Add an operation; it gives the node's output, or with ``shape`` a new value."""
        name = self.output
        if shape is not None:
            name = f"{self.output}~{self._new()}"
            self._graph.shapes[name] = shape
        self._graph.ops.append(Op(kind, inputs, name, self.name, settings))
        return name

    def _new(self) -> int:
        self._count += 1
        return self._count
