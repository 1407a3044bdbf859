"""One node's ONNX graph: of any number of windows or rows of features, in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.artifacts.onnx_bytes import TYPES
from edgewright_sdk.artifacts.onnx_graph import OnnxGraph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BATCH: Final = "batch"
INPUT: Final = "input"


class Fragment(OnnxGraph):
    """A graph with one input, ``input``, and the outputs of the operation that computes the same in Python.

    Outputs are those of `transform` (``features``) or `score` (``scores``, ``contributions``, ``probabilities``, ``map``), in the
    same shapes. Operators are those of opset 13.

    Parameters
    ----------
    shape : sequence of int
        Of one window, or the number of features.
    dtype : str
    others : mapping, optional
        Name and shape of further inputs, for a graph that is a part of a node's.
    floats : str
        What is computed in between, where Python needs more digits than float32 has; outputs are float32 all the same.
    """

    def __init__(
        self,
        shape: Sequence[int],
        dtype: str = "float32",
        *,
        others: Mapping[str, Sequence[int]] | None = None,
        floats: str = "float32",
    ) -> None:
        super().__init__("a fragment")
        self.shapes, self.dtype = {INPUT: shape, **(others or {})}, dtype
        self.floats = np.dtype(floats)
        self._given: list[str] = []

    def numbers(self, value: str) -> str:
        """Bytes, truth values or numbers as the floats that are computed with."""
        return self.add("Cast", value, to=TYPES[self.floats.name])

    def do(self, kind: str, *values: str | float | NDArray[Any], **settings: Any) -> str:
        """Add an operation; what is no name of a value becomes a constant: of floats, unless it is an array of integers."""
        return self.add(
            kind, *(v if isinstance(v, str) else self.constant(self._fixed(v)) for v in values), **settings
        )

    def total(self, value: str, axis: int, *, keep: bool = False) -> str:
        """Sum along an axis."""
        return self.do("ReduceSum", value, np.array([axis]), keepdims=int(keep))

    def mean(self, value: str, axis: int, size: int, *, keep: bool = False) -> str:
        """Mean along an axis of that size."""
        return self.do("Div", self.total(value, axis, keep=keep), size)

    def largest(self, value: str, axes: Sequence[int], *, keep: bool = False) -> str:
        """Largest value along axes."""
        return self.add("ReduceMax", value, axes=list(axes), keepdims=int(keep))

    def smallest(self, value: str, axes: Sequence[int], *, keep: bool = False) -> str:
        """Smallest value along axes."""
        return self.add("ReduceMin", value, axes=list(axes), keepdims=int(keep))

    def square(self, value: str) -> str:
        """Square of each value."""
        return self.add("Mul", value, value)

    def turned(self, value: str, *axes: int) -> str:
        """Transpose."""
        return self.add("Transpose", value, perm=list(axes))

    def chosen(self, value: str, columns: Sequence[int], width: int) -> str:
        """Columns of rows ``(n, width)``, in that order."""
        if list(columns) == list(range(width)):
            return value
        return self.do("Gather", value, np.array(columns, np.int64), axis=1)

    def one_hot(self, places: str, count: int, axis: int = -1) -> str:
        """1 at each place and 0 elsewhere, along a new axis."""
        return self.do("OneHot", places, np.array(count), np.array([0.0, 1.0]), axis=axis)

    def softened_largest(self, value: str, axis: int) -> str:
        """Logarithm of the sum of exponentials along an axis, which stays."""
        top = self.largest(value, [axis], keep=True)
        return self.add(
            "Add", top, self.add("Log", self.total(self.add("Exp", self.add("Sub", value, top)), axis, keep=True))
        )  # fmt: skip

    def give(self, name: str, value: str) -> None:
        """Make a value an output."""
        self.output(value, name, cast=self.floats != np.float32)
        self._given.append(name)

    def data(self) -> bytes:
        """Serialise."""
        given: list[tuple[str, list[int | str]]] = [
            (name, [BATCH, *shape]) for name, shape in self.shapes.items()
        ]
        return self.model(given, self._given, self.dtype)

    def _fixed(self, value: float | NDArray[Any]) -> NDArray[Any]:
        array = np.asarray(value)
        integers = isinstance(value, np.ndarray) and array.dtype.kind in "iu"
        return array.astype(np.int64 if integers else self.floats)
