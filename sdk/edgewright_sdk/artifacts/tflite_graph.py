"""The ONNX graph that a TensorFlow Lite file becomes: values, constants, and rounding to grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.tflite_file import Tensor, TfliteFile

OPSET = 13
_IR_VERSION = 8
_GRIDS = ("int8", "uint8")  # ONNX rounds to these


class Graph:
    """Collects nodes. Quantised values are held as the float numbers that they stand for.

    Parameters
    ----------
    file : TfliteFile
    source : str
        For messages.
    """

    def __init__(self, file: TfliteFile, source: str) -> None:
        self.file, self.source = file, source
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._values: dict[int, str] = {}
        self._known: dict[int, NDArray[Any]] = {}
        self._count = 0

    def tensor(self, index: int) -> Tensor:
        """Look a tensor up."""
        if not 0 <= index < len(self.file.tensors):
            raise BlockError(f"{self.source} is damaged: it names tensor {index} of {len(self.file.tensors)}")
        return self.file.tensors[index]

    def value(self, index: int) -> str:
        """Name of the value of a tensor: a node's output, or a constant."""
        if index not in self._values:
            self._values[index] = self.weight(index)
        return self._values[index]

    def know(self, index: int, numbers: NDArray[Any]) -> None:
        """Make a constant of a tensor that the file would compute."""
        self._known[index] = numbers

    def weight(
        self,
        index: int,
        arrange: Callable[[NDArray[Any]], NDArray[Any]] = np.asarray,
        axis: int | None = None,
    ) -> str:
        """Name of a constant, arranged otherwise; ``axis`` is where the slices of its grid are after that."""
        tensor = self.tensor(index)
        stored = self.constant(arrange(self.fixed(index)))
        if not tensor.quantised:
            return stored
        single = len(tensor.scale) == 1
        scale = self.constant(tensor.scale[0] if single else tensor.scale)
        inputs = [stored, scale]
        if tensor.dtype in _GRIDS:
            zero = tensor.zero_point.astype(tensor.dtype)
            inputs.append(self.constant(zero[0] if single else zero))
        elif tensor.dtype != "int32" or tensor.zero_point.any():
            raise BlockError(
                f"{self.source}: {tensor.name!r} is quantised to {tensor.dtype}, which is not supported"
            )
        settings = {} if single else {"axis": tensor.axis if axis is None else axis}
        return self.add("DequantizeLinear", *inputs, **settings)

    def fixed(self, index: int) -> NDArray[Any]:
        """Numbers of a tensor that must be known beforehand: axes, shapes, paddings."""
        numbers = self._known.get(index, self.tensor(index).data)
        if numbers is None:
            raise BlockError(
                f"{self.source}: {self.tensor(index).name!r} must be a constant, but is computed"
            )
        return numbers

    def constant(self, array: Any) -> str:
        """Name of a new constant."""
        from onnx import numpy_helper

        name = self._name("c")
        self.constants.append(
            numpy_helper.from_array(np.ascontiguousarray(array).reshape(np.shape(array)), name)
        )
        return name

    def add(self, kind: str, *inputs: str, outputs: int = 1, **settings: Any) -> str:
        """Add a node; returns the name of its output, or of the first of several, numbered on with ``.1``, ``.2``."""
        from onnx import helper

        name = self._name("v")
        names = [name, *(f"{name}.{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **settings))
        return name

    def activated(self, value: str, code: int) -> str:
        """Apply a fused activation (ActivationFunctionType)."""
        if code == 0:
            return value
        if code == 1:
            return self.add("Relu", value)
        if code in (2, 3):
            low, high = (-1.0, 1.0) if code == 2 else (0.0, 6.0)
            return self.add("Clip", value, self.constant(np.float32(low)), self.constant(np.float32(high)))
        if code == 4:
            return self.add("Tanh", value)
        raise BlockError(f"{self.source} has the fused activation {code}, which is not supported")

    def reshaped(self, value: str, shape: Sequence[int]) -> str:
        """Give a value another shape."""
        return self.add("Reshape", value, self.constant(np.array(shape, np.int64)))

    def store(self, index: int, value: str, *, exact: bool = False) -> None:
        """Make ``value`` the value of a tensor, rounded to its grid unless it lies on it (``exact``)."""
        tensor = self.tensor(index)
        self._values[index] = value if exact or not tensor.quantised else self._rounded(value, tensor)

    def model(self, inputs: Sequence[tuple[str, Sequence[int]]], outputs: Sequence[str]) -> bytes:
        """Serialise."""
        from onnx import TensorProto, helper

        given = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in inputs
        ]
        made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "converted", given, made, self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION
        )
        model.producer_name = "edgewright"
        return bytes(model.SerializeToString(deterministic=True))

    def _rounded(self, value: str, tensor: Tensor) -> str:
        if tensor.dtype not in _GRIDS or len(tensor.scale) != 1:
            raise BlockError(
                f"{self.source}: {tensor.name!r} is quantised to {tensor.dtype}, which is not supported; allowed: int8, uint8"
            )
        grid = [self.constant(tensor.scale[0]), self.constant(tensor.zero_point.astype(tensor.dtype)[0])]
        return self.add("DequantizeLinear", self.add("QuantizeLinear", value, *grid), *grid)

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"
