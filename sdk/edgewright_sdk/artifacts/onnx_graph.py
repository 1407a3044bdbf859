"""An ONNX graph under construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

OPSET = 13
_IR_VERSION = 8


class OnnxGraph:
    """Collects nodes and constants; values are known by name.

    Parameters
    ----------
    source : str
        What is converted, for messages.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._count = 0

    def constant(self, array: Any) -> str:
        """Name of a new constant."""
        from onnx import numpy_helper

        name = self._name("c")
        held = np.ascontiguousarray(array).reshape(np.shape(array))
        self.constants.append(numpy_helper.from_array(held, name))
        return name

    def add(self, kind: str, *inputs: str, outputs: int = 1, **settings: Any) -> str:
        """Add a node; returns the name of its output, or of the first of several, numbered on with ``.1``, ``.2``."""
        from onnx import helper

        name = self._name("v")
        names = [name, *(f"{name}.{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **settings))
        return name

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
        if cast:
            self.add("Cast", value, to=1)
        else:
            self.add("Identity", value)
        self.nodes[-1].output[0] = name

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

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"
