"""An ONNX graph under construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.artifacts.onnx_bytes import ML_DOMAIN, TYPES, Node, Value, model_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OPSET: Final = 13
_ML_OPSET: Final = 3
_IR_VERSION: Final = 8
_DOMAINS: Final = {"TreeEnsembleRegressor": ML_DOMAIN}


class OnnxGraph:
    """Collects nodes and constants; values are known by name.

    Parameters
    ----------
    source : str
        What is converted, for messages.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.nodes: list[Node] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._count = 0

    def constant(self, array: Any) -> str:
        """Name of a new constant."""
        name = self._name("c")
        self.constants[name] = np.ascontiguousarray(array).reshape(np.shape(array))
        return name

    def add(self, kind: str, *inputs: str, outputs: int = 1, **settings: Any) -> str:
        """Add a node; returns the name of its output, or of the first of several, numbered on with ``.1``, ``.2``."""
        name = self._name("v")
        names = (name, *(f"{name}.{i}" for i in range(1, outputs)))
        self.nodes.append(Node(kind, inputs, names, settings, _DOMAINS.get(kind, "")))
        return name

    def second(self, value: str) -> str:
        """Name of the second output of the node whose first one this is."""
        return f"{value}.1"

    def reshaped(self, value: str, shape: Sequence[int]) -> str:
        """Give a value another shape."""
        return self.add("Reshape", value, self.constant(np.array(shape, np.int64)))

    def clipped(self, value: str, low: float, high: float) -> str:
        """Keep a value between two numbers."""
        return self.add("Clip", value, self.constant(np.float32(low)), self.constant(np.float32(high)))

    def resized(self, value: str, sizes: str, *, nearest: bool, half_pixel: bool, corners: bool) -> str:
        """Resize images NCHW to ``sizes`` (int64, four of them) as TensorFlow does."""
        where = "align_corners" if corners else "half_pixel" if half_pixel else "asymmetric"
        # Nearest: the pixel whose area holds the point, so between two half-way points the upper one.
        rounding = "round_prefer_ceil" if half_pixel or corners else "floor"
        settings: dict[str, Any] = {"nearest_mode": rounding} if nearest else {}
        return self.add(
            "Resize",
            value,
            "",
            "",
            sizes,
            mode="nearest" if nearest else "linear",
            coordinate_transformation_mode=where,
            **settings,
        )

    def output(self, value: str, name: str, *, cast: bool = False) -> None:
        """Give a value its name as an output, as floats."""
        kind, settings = ("Cast", {"to": TYPES["float32"]}) if cast else ("Identity", {})
        self.nodes.append(Node(kind, (value,), (name,), settings))

    def model(
        self,
        inputs: Sequence[tuple[str, Sequence[int | str]]],
        outputs: Sequence[str],
        dtype: str = "float32",
    ) -> bytes:
        """Serialise.

        Parameters
        ----------
        inputs : sequence of (name, shape)
            Of `dtype`; a size may be a name.
        outputs : sequence of str
            All of floats.
        dtype : str
        """
        given = [Value(name, dtype, shape) for name, shape in inputs]
        made = [Value(name, "float32", None) for name in outputs]
        opsets = {"": OPSET}
        if any(node.domain == ML_DOMAIN for node in self.nodes):
            opsets[ML_DOMAIN] = _ML_OPSET
        return model_bytes(
            "converted", self.nodes, self.constants, given, made, opsets=opsets, ir_version=_IR_VERSION
        )

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"
