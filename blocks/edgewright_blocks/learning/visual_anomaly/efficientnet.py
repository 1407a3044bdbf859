"""EfficientNet-Lite0 as an ONNX graph: the layers up to a stride, written out from the weights alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgewright_sdk import BlockError

from .weights import read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NAME = "efficientnet-lite0"
OPSET, IR_VERSION = 17, 8
#: Names of the outputs, by how many layers are asked for: the first is the grid that the others are brought to.
TAPS = {1: ["stride8"], 2: ["stride8", "stride16"], 3: ["stride4", "stride8", "stride16"]}
#: Pixels go in as they are, 0 … 255: ``(x − MEAN) / SPREAD`` is part of the graph.
MEAN, SPREAD = 127.0, 128.0
_EPSILON = 1e-3  # of every batch normalisation


class _Stage(NamedTuple):
    """Blocks that follow one another: the first one may have a stride; the others add their input to their output."""

    blocks: int
    kernel: int
    stride: int
    expand: int
    tap: str


_STAGES = (
    _Stage(1, 3, 1, 1, ""),
    _Stage(2, 3, 2, 6, "stride4"),
    _Stage(2, 5, 2, 6, "stride8"),
    _Stage(3, 3, 2, 6, ""),
    _Stage(3, 5, 1, 6, "stride16"),
    _Stage(4, 5, 2, 6, ""),
    _Stage(1, 3, 1, 6, "stride32"),
)


@lru_cache(maxsize=4)
def backbone_onnx(layers: int = 2) -> bytes:
    """Write the backbone as ONNX.

    Parameters
    ----------
    layers : 1, 2 or 3
        Stride 8; 8 and 16; 4, 8 and 16.

    Returns
    -------
    bytes
        Input ``pixels``, float32 ``(n, 3, height, width)`` from 0 to 255, any size; outputs :data:`TAPS`, float32
        ``(n, channels, ⌈height / stride⌉, ⌈width / stride⌉)``. Batch normalisations are folded into the convolutions.
    """
    if layers not in TAPS:
        raise BlockError(f"layers is {layers}; allowed: {', '.join(map(str, TAPS))}")
    return network_onnx(read_weights(), TAPS[layers])


def network_onnx(weights: Mapping[str, NDArray[Any]], taps: list[str]) -> bytes:
    """Write the layers that `taps` need (:func:`backbone_onnx`)."""
    from onnx import TensorProto, helper

    graph = _Graph(weights)
    value = graph.add("Add", ["pixels", graph.constant("offset", np.float32(-MEAN))], "centred")
    value = graph.clip(graph.convolve(value, "_conv_stem", "_bn0", stride=2, factor=1 / SPREAD))
    number, seen = 0, set()
    for stage in _STAGES:
        for place in range(stage.blocks):
            value = graph.block(value, number, stage, first=place == 0)
            number += 1
        if stage.tap in taps:
            graph.nodes.append(helper.make_node("Identity", [value], [stage.tap]))
            seen.add(stage.tap)
        if seen == set(taps):
            break
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, "height", "width"])
    outputs = [helper.make_tensor_value_info(tap, TensorProto.FLOAT, None) for tap in taps]
    made = helper.make_graph(graph.nodes, NAME, [pixels], outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(made, producer_name="edgewright", opset_imports=opsets, ir_version=IR_VERSION)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _Graph:
    """Nodes and constants, as they are added."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._six = [self.constant("zero", np.float32(0)), self.constant("six", np.float32(6))]

    def block(self, value: str, number: int, stage: _Stage, *, first: bool) -> str:
        """Add one inverted residual block."""
        name, given = f"_blocks.{number}", value
        if stage.expand > 1:
            value = self.clip(self.convolve(value, f"{name}._expand_conv", f"{name}._bn0"))
        stride = stage.stride if first else 1
        value = self.clip(
            self.convolve(value, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, depthwise=True)
        )
        value = self.convolve(value, f"{name}._project_conv", f"{name}._bn2")
        return value if first else self.add("Add", [value, given], f"{name}.sum")

    def convolve(
        self,
        value: str,
        name: str,
        norm: str,
        *,
        stride: int = 1,
        depthwise: bool = False,
        factor: float = 1.0,
    ) -> str:
        """Add a convolution without bias and the normalisation behind it; the input is still to be scaled by `factor`."""
        kernel = self.weights[f"{name}.weight"].astype(np.float64)
        kept = [self.weights[f"{norm}.{part}"].astype(np.float64) for part in _NORMALISATION]
        gain, bias, mean, variance = kept
        scale = gain / np.sqrt(variance + _EPSILON)
        size = kernel.shape[-1]
        inputs = [
            value,
            self.constant(
                f"{name}.weight", (kernel * (scale * factor)[:, None, None, None]).astype(np.float32)
            ),
            self.constant(f"{name}.bias", (bias - mean * scale).astype(np.float32)),
        ]
        settings: dict[str, Any] = {"kernel_shape": [size, size], "strides": [stride, stride]}
        if size > 1:
            settings["auto_pad"] = (
                "SAME_UPPER"  # TensorFlow's: an odd zero more goes to the right and the bottom
            )
        if depthwise:
            settings["group"] = len(kernel)
        return self.add("Conv", inputs, f"{name}.out", **settings)

    def clip(self, value: str) -> str:
        """Add a ReLU6."""
        return self.add("Clip", [value, *self._six], f"{value}6")

    def add(self, kind: str, inputs: list[str], output: str, **settings: Any) -> str:
        """Add a node."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **settings))
        return output

    def constant(self, name: str, values: Any) -> str:
        """Add a constant."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name


_NORMALISATION = ("weight", "bias", "running_mean", "running_var")
