"""The ONNX graph that a TensorFlow Lite file becomes: values, constants, and rounding to grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.onnx_graph import OnnxGraph
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.tflite_file import Tensor, TfliteFile

_GRIDS = ("int8", "uint8")  # ONNX rounds to these


class Graph(OnnxGraph):
    """Collects nodes. Quantised values are held as the float numbers that they stand for.

    Parameters
    ----------
    file : TfliteFile
    source : str
        For messages.
    """

    def __init__(self, file: TfliteFile, source: str) -> None:
        super().__init__(source)
        self.file = file
        self._values: dict[int, str] = {}
        self._known: dict[int, NDArray[Any]] = {}

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

    def activated(self, value: str, code: int) -> str:
        """Apply a fused activation (ActivationFunctionType)."""
        if code == 0:
            return value
        if code == 1:
            return self.add("Relu", value)
        if code in (2, 3):
            return self.clipped(value, *((-1.0, 1.0) if code == 2 else (0.0, 6.0)))
        if code == 4:
            return self.add("Tanh", value)
        raise BlockError(f"{self.source} has the fused activation {code}, which is not supported")

    def store(self, index: int, value: str, *, exact: bool = False) -> None:
        """Make ``value`` the value of a tensor, rounded to its grid unless it lies on it (``exact``)."""
        tensor = self.tensor(index)
        self._values[index] = value if exact or not tensor.quantised else self._rounded(value, tensor)

    def _rounded(self, value: str, tensor: Tensor) -> str:
        if tensor.dtype not in _GRIDS or len(tensor.scale) != 1:
            raise BlockError(
                f"{self.source}: {tensor.name!r} is quantised to {tensor.dtype}, which is not supported; allowed: int8, uint8"
            )
        grid = [self.constant(tensor.scale[0]), self.constant(tensor.zero_point.astype(tensor.dtype)[0])]
        return self.add("DequantizeLinear", self.add("QuantizeLinear", value, *grid), *grid)
