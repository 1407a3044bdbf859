"""TensorFlow's graph of functions, followed from the output of a signature back to its input.

Only what the output needs is looked at. Functions are put in where they are called; what is constant stays an array
until a node of ONNX takes it, so that axes and shapes are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import numpy as np

from edgewright_sdk.artifacts.onnx_graph import OnnxGraph
from edgewright_sdk.artifacts.tensor_bundle import DTYPES
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.protobuf import Message

Value = Union["NDArray[Any]", str]  # a constant, or the name of a value of the ONNX graph
Convert = "Callable[[Step], list[Value]]"

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_SAME = (
    "Identity",
    "ReadVariableOp",
    "StopGradient",
    "PreventGradient",
    "CheckNumerics",
    "EnsureShape",
    "PlaceholderWithDefault",
)


class Step:
    """One node with the values of its inputs."""

    def __init__(self, graph: TensorflowGraph, node: Message, inputs: list[Value]) -> None:
        self.graph, self.inputs = graph, inputs
        self.name, self.kind = node.text(1), node.text(2)
        self.settings = node.table(5)

    def setting(self, name: str) -> Message:
        """A setting (AttrValue) of the node."""
        from edgewright_sdk.artifacts.protobuf import Message

        return self.settings.get(name, Message())

    def integers(self, name: str) -> list[int]:
        """A setting that is a list of integers."""
        return self.setting(name).message(1).integers(3)

    def word(self, name: str, default: str = "") -> str:
        """A setting that is a text."""
        return self.setting(name).text(2) or default

    def value(self, number: int) -> str:
        """Name of an input's value."""
        return self.graph.named(self.inputs[number])

    def fixed(self, number: int) -> NDArray[Any]:
        """Numbers of an input that must be constant."""
        value = self.inputs[number]
        if isinstance(value, str):
            raise BlockError(
                f"{self.graph.source}: input {number} of {self.kind} {self.name!r} must be a constant"
            )
        return value

    def add(self, kind: str, *inputs: str, **settings: Any) -> str:
        """Add a node of ONNX."""
        return self.graph.add(kind, *inputs, **settings)


class TensorflowGraph(OnnxGraph):
    """A SavedModel's graph as it becomes ONNX.

    Parameters
    ----------
    source : str
        For messages.
    functions : dict of str to Message
        FunctionDef by name.
    variables : dict of str to np.ndarray
        By the names of their ``VarHandleOp``.
    operators : dict
        How each kind of node is converted.
    """

    def __init__(
        self,
        source: str,
        functions: Mapping[str, Message],
        variables: Mapping[str, NDArray[Any]],
        operators: Mapping[str, Callable[[Step], list[Value]]],
    ) -> None:
        super().__init__(source)
        self._functions, self._variables, self._operators = functions, variables, operators

    def named(self, value: Value) -> str:
        """Name of a value; a constant becomes one of the graph."""
        return value if isinstance(value, str) else self.constant(value)

    def follow(self, wanted: str, nodes: list[Message], given: Mapping[str, list[Value]]) -> Value:
        """Value of an output ``node``, ``node:0`` or ``node:name:0`` among ``nodes``.

        Parameters
        ----------
        given : dict of str to list
            Values that are there already: inputs and arguments.
        """
        return _Scope(self, nodes, given).value(wanted)

    def compute(self, node: Message, inputs: Callable[[], list[Value]]) -> list[Value]:
        """Values of one node's outputs."""
        kind, name = node.text(2), node.text(1)
        if kind == "VarHandleOp":
            return [self._variable(name)]
        if kind == "Const":
            return [tensor_of(node.table(5)["value"].message(8))]
        if kind in _SAME:
            return inputs()[:1]
        if kind == "IdentityN":
            return inputs()
        if kind in _CALLS:
            return self._call(node.table(5)["f"].message(10).text(1), inputs())
        if kind not in self._operators:
            raise BlockError(
                f"{self.source} has an operator that is not supported: {kind} ({name!r}); let the training program write "
                "model.tflite or model.onnx beside it"
            )
        return self._operators[kind](Step(self, node, inputs()))

    def _variable(self, name: str) -> NDArray[Any]:
        if name not in self._variables:
            raise BlockError(f"{self.source} holds no variable {name!r}")
        return self._variables[name]

    def _call(self, name: str, inputs: list[Value]) -> list[Value]:
        function = self._functions[name]
        signature = function.message(1)
        arguments = [argument.text(1) for argument in signature.messages(2)]
        given = {argument: [value] for argument, value in zip(arguments, inputs, strict=False)}
        returned = {entry.text(1): entry.text(2) for entry in function.messages(4)}
        scope = _Scope(self, function.messages(3), given)
        return [scope.value(returned[output.text(1)]) for output in signature.messages(3)]


class _Scope:
    """The nodes of one function, computed when they are asked for."""

    def __init__(
        self, graph: TensorflowGraph, nodes: list[Message], given: Mapping[str, list[Value]]
    ) -> None:
        self._graph = graph
        self._nodes = {node.text(1): node for node in nodes}
        self._made: dict[str, list[Value]] = dict(given)

    def value(self, wanted: str) -> Value:
        name, *place = wanted.split(":")
        number = int(place[-1]) if place else 0
        if name not in self._made:
            node = self._nodes[name]
            asked = [text for text in node.texts(3) if not text.startswith("^")]
            self._made[name] = self._graph.compute(node, lambda: [self.value(text) for text in asked])
        return self._made[name][number]


def tensor_of(message: Message) -> NDArray[Any]:
    """Read a constant (TensorProto)."""
    dtype = DTYPES.get(message.integer(1))
    if dtype is None:
        raise BlockError(f"a constant of TensorFlow's type {message.integer(1)} is not supported")
    shape = [dim.integer(1) for dim in message.message(2).messages(2)]
    count = int(np.prod(shape, dtype=np.int64))
    content = message.data(4)
    if content:
        return np.frombuffer(content, dtype).reshape(shape)
    if dtype in ("float32", "float64"):
        values = message.array(5, "<f4") if dtype == "float32" else message.array(6, "<f8")
    elif dtype == "float16":
        values = np.array(message.integers(13), np.uint16).view(np.float16)
    else:
        values = np.array(message.integers({"int64": 10, "bool": 11}.get(dtype, 7)))
    filled = np.zeros(count, dtype)
    if len(values):  # the last one is repeated
        filled[:] = np.resize(values[-1:], count)
        filled[: len(values)] = values[:count]
    return filled.reshape(shape)
