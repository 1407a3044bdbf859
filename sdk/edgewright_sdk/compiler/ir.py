"""What a network is between ONNX and the device: operations in order, shapes of all values, constants."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Constant = NDArray[Any]


@dataclass(frozen=True)
class Op:
    """One operation: ``output = kind(inputs)``.

    Attributes
    ----------
    kind : str
        Which of :data:`edgewright_sdk.compiler.calls.LOWERINGS`.
    inputs : tuple of str
        Values or constants.
    output : str
    node : str
        The ONNX node that it came from, for messages.
    settings : mapping
        Numbers that belong to the kind.
    """

    kind: str
    inputs: tuple[str, ...]
    output: str
    node: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def with_settings(self, **changed: Any) -> Op:
        """Give the same operation with some settings changed."""
        return replace(self, settings={**self.settings, **changed})


@dataclass(frozen=True)
class Graph:
    """A network, a batch of 1 in front.

    Attributes
    ----------
    source : str
        What was read, for messages.
    input : str
        The one value that goes in.
    outputs : tuple of str
        Values that come out.
    ops : list of Op
        Each after those whose outputs it takes.
    shapes : dict of str to tuple
        Of values and constants.
    constants : dict of str to np.ndarray
    dtypes : dict of str to str
        Of values that aren't float32.
    """

    source: str
    input: str
    outputs: tuple[str, ...]
    ops: list[Op]
    shapes: dict[str, tuple[int, ...]]
    constants: dict[str, Constant]
    dtypes: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """The output, where there is one alone; else the first."""
        return self.outputs[0]

    def itemsize(self, value: str) -> int:
        """Bytes of one number of a value."""
        return np.dtype(self.dtypes.get(value, "float32")).itemsize

    def count(self, value: str) -> int:
        """How many numbers a value or a constant has."""
        return math.prod(self.shapes[value])

    def users(self, value: str) -> list[Op]:
        """Operations that take a value."""
        return [op for op in self.ops if value in op.inputs]

    def only_user(self, value: str) -> Op | None:
        """Return the one operation that takes a value, if nothing else needs it."""
        users = self.users(value)
        if value in self.outputs or len(users) != 1 or users[0].inputs.count(value) != 1:
            return None
        return users[0]

    def changed(self, ops: Sequence[Op], constants: Mapping[str, NDArray[Any]] | None = None) -> Graph:
        """Give the same network with other operations and further constants; integers stay integers."""
        added = {name: _kept(array) for name, array in (constants or {}).items()}
        shapes = self.shapes | {name: array.shape for name, array in added.items()}
        return replace(self, ops=list(ops), constants=self.constants | added, shapes=shapes)

    def dump(self) -> str:
        """Text of the network, an operation a line.

        Examples
        --------
        >>> shapes = {"x": (1, 4), "y": (1, 4)}
        >>> settings = {"function": "sigmoid"}
        >>> print(Graph("a.onnx", "x", ("y",), [Op("activation", ("x",), "y", "Sigmoid", settings)], shapes, {}).dump())
        input x [1, 4]
        y [1, 4] = activation(x) function=sigmoid
        output y
        """
        lines = [f"input {self.input} {list(self.shapes[self.input])}"]
        for op in self.ops:
            inputs = ", ".join(
                f"{name}:{list(self.shapes[name])}" if name in self.constants else name for name in op.inputs
            )
            settings = "".join(
                f" {name}={value}" for name, value in op.settings.items() if value is not None and value != ()
            )
            dtype = self.dtypes.get(op.output, "")
            lines.append(f"{op.output} {dtype}{list(self.shapes[op.output])} = {op.kind}({inputs}){settings}")
        return "\n".join([*lines, *(f"output {value}" for value in self.outputs)])


def _kept(array: NDArray[Any]) -> Constant:
    array = np.asarray(array)
    return np.ascontiguousarray(array, array.dtype if array.dtype.kind in "iu" else np.float32)
