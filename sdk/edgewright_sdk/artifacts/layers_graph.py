"""Small networks as tables (:mod:`~edgewright_sdk.artifacts.layers`) as graphs of the compiler, standardisation first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, POOL
from edgewright_sdk.artifacts.network_node import Fed
from edgewright_sdk.artifacts.scoring import layers_of
from edgewright_sdk.columns import trained_columns
from edgewright_sdk.compiler import Graph, Op

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.layers import Layer
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

_LARGEST: Final = float(np.finfo(np.float32).max)
_ONCE: Final = (1, 1)


def layers_graph(model: Model, features: FeatureSpec) -> Fed:
    """Give a model of layers as it would be read: channels before time.

    Its link, ``softmax`` or ``identity``, is part of it.
    """
    made = _Made(str(model.meta["source"]), model.meta["features"])
    made.then("sub", made.shape, made.constant(model.arrays["mean"]))
    made.then("mul", made.shape, made.constant(1 / model.arrays["scale"].astype(np.float64)))
    for layer, weights, bias in layers_of(model).each():
        made.add(layer, weights, bias)
    if model.meta["link"] == "softmax":
        made.then("softmax", made.shape, axis=1)
    return Fed(made.graph(), (), np.array(trained_columns(model, features.labels), np.int64))


class _Made:
    """A graph that grows at its end. Between layers values are ``(1, channels, length)``, or ``(1, values)``."""

    def __init__(self, source: str, inputs: int) -> None:
        self._source = source
        self._value = "x"
        self._ops: list[Op] = []
        self._shapes: dict[str, tuple[int, ...]] = {"x": (1, inputs)}
        self._constants: dict[str, NDArray[Any]] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shapes[self._value]

    def graph(self) -> Graph:
        return Graph(self._source, "x", (self._value,), self._ops, self._shapes, self._constants)

    def constant(self, values: Any) -> str:
        name = f"c{len(self._constants)}"
        self._constants[name] = np.asarray(values, np.float32)
        self._shapes[name] = self._constants[name].shape
        return name

    def then(self, kind: str, shape: tuple[int, ...], *constants: str, **settings: Any) -> None:
        """Add an operation on the last value."""
        name = f"v{len(self._ops)}"
        self._ops.append(Op(kind, (self._value, *constants), name, f"layer {name!r}", settings))
        self._shapes[name] = shape
        self._value = name

    def add(self, layer: Layer, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        """Add a layer."""
        length, channels, kernel = layer.length, layer.inputs, layer.kernel
        if layer.kind == DENSE:
            self._flat()
            self.then("dense", (1, layer.outputs), self.constant(weights), self.constant(bias))
        elif layer.kind == CONVOLUTION:
            self._along_time(length, channels)
            filters = weights.reshape(-1, kernel, channels).transpose(0, 2, 1)[:, :, None]
            sliding = _sliding(kernel, 1, kernel // 2)
            names = self.constant(filters), self.constant(bias)
            self.then("conv", (1, layer.outputs, length), *names, groups=1, **sliding)
        elif layer.kind == POOL:
            self._along_time(length, channels)
            self.then("pool", (1, channels, layer.out_length), pooling="max", **_sliding(2, 2, 0))
        elif layer.kind == MEAN:
            self._along_time(length, channels)
            self.then("reduce", (1, channels, 1), axes=(2,), reduction="mean")
        if layer.relu:
            self.then("activation", self.shape, function="clip", numbers=(0.0, _LARGEST))

    def _along_time(self, length: int, channels: int) -> None:
        if len(self.shape) == 2:
            self.then("reshape", (1, length, channels))
            self.then("transpose", (1, channels, length), axes=(0, 2, 1))

    def _flat(self) -> None:
        if len(self.shape) == 3:
            _, channels, length = self.shape
            self.then("transpose", (1, length, channels), axes=(0, 2, 1))
            self.then("reshape", (1, length * channels))


def _sliding(kernel: int, stride: int, pad: int) -> Mapping[str, tuple[int, ...]]:
    return {
        "kernel": (1, kernel),
        "strides": (1, stride),
        "dilations": _ONCE,
        "pads": (0, pad, 0, pad),
    }
