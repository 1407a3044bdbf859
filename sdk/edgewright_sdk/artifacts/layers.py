"""Small networks as tables: dense layers, convolutions over time, pooling. The same as the runtime's module ``layers``.

A window is ``(length, channels)``, row by row, as processing blocks lay out spectrograms; flat features are one row. So a
convolution's window is one piece of memory, and each output one product of it with one row of weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

DENSE: Final = 0  # all values of a window to one row of outputs
CONVOLUTION: Final = (
    1  # over time, windows of `kernel` rows (an odd number), as long as before: zeros beyond the ends
)
POOL: Final = 2  # the larger of two rows after another; a last odd one is dropped
MEAN: Final = 3  # over time

#: float64 values held at a time: 16 MiB.
_AT_ONCE = 1 << 21


class Layer(NamedTuple):
    """One row of the table: what goes in is ``(length, inputs)``, what comes out has ``outputs`` columns."""

    kind: int
    length: int
    inputs: int
    outputs: int
    kernel: int = 0
    relu: int = 0

    @property
    def out_length(self) -> int:
        """Rows that come out."""
        return {DENSE: 1, CONVOLUTION: self.length, POOL: self.length // 2, MEAN: 1}[self.kind]

    @property
    def weights(self) -> tuple[int, int]:
        """Shape of the weights: a row an output."""
        if self.kind == DENSE:
            return self.outputs, self.length * self.inputs
        return (self.outputs, self.kernel * self.inputs) if self.kind == CONVOLUTION else (0, 0)


@dataclass(frozen=True)
class Layers:
    """A network.

    Attributes
    ----------
    table : np.ndarray [shape=(layers, 6), dtype=int32]
        A :class:`Layer` a row; each takes what the one before gives.
    weights : np.ndarray [dtype=float32]
        Of all layers one after another, ``(outputs, length · inputs)`` or ``(outputs, kernel · inputs)`` each.
    layer_bias : np.ndarray [dtype=float32]
        ``outputs`` of each layer that has weights.
    """

    table: NDArray[np.int32]
    weights: NDArray[np.float32]
    layer_bias: NDArray[np.float32]

    @property
    def features(self) -> int:
        """Number of features."""
        return int(self.table[0, 1] * self.table[0, 2])

    @property
    def outputs(self) -> int:
        """Number of raw outputs."""
        return int(self.table[-1, 3])

    @property
    def widest(self) -> int:
        """Values of the largest window between two layers, the first and the last included."""
        return max(self.features, *(layer.out_length * layer.outputs for layer, _, _ in self.each()))

    @property
    def size(self) -> float:
        """How large the last layer's outputs may become for inputs of size 1: the most that a row of weights adds up to."""
        *_, (_, weights, bias) = self.each()
        return float((np.abs(weights).sum(axis=1) + np.abs(bias)).max())

    def raw(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Raw outputs of rows ``(n, features)``, in float64."""
        out = np.empty((len(x), self.outputs))
        step = max(_AT_ONCE // (self.widest * max(1, int(self.table[:, 4].max()))), 1)
        for start in range(0, len(x), step):
            rows = slice(start, start + step)
            out[rows] = self._forward(x[rows].astype(np.float64))
        return out

    def _forward(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        values = x
        for layer, weights, bias in self.each():
            values = values.reshape(len(x), layer.length, layer.inputs)
            if layer.kind == POOL:
                pairs = values[:, : layer.length // 2 * 2].reshape(len(x), -1, 2, layer.inputs)
                values = pairs.max(axis=2)
            elif layer.kind == MEAN:
                values = values.mean(axis=1)
            else:
                if layer.kind == CONVOLUTION:
                    values = _windows(values, layer.kernel)
                values = values.reshape(-1, weights.shape[1]) @ weights.T.astype(np.float64) + bias
            if layer.relu:
                values = np.maximum(values, 0.0)
        return values.reshape(len(x), -1)

    def each(self) -> Iterator[tuple[Layer, NDArray[np.float32], NDArray[np.float32]]]:
        """Layers with their weights and biases."""
        at = place = 0
        for row in self.table.tolist():
            layer = Layer(*row)
            rows, columns = layer.weights
            weights = self.weights[at : at + rows * columns].reshape(rows, columns)
            yield layer, weights, self.layer_bias[place : place + rows]
            at, place = at + rows * columns, place + rows

    def arrays(self) -> dict[str, NDArray[np.int32] | NDArray[np.float32]]:
        """As arrays of a model."""
        return {"table": self.table, "weights": self.weights, "layer_bias": self.layer_bias}


def assemble(layers: Sequence[tuple[Layer, NDArray[np.floating], NDArray[np.floating]]]) -> Layers:
    """Make a network of layers with their weights ``(outputs, …)`` and biases; empty ones where a layer has none."""
    return Layers(
        np.array([layer for layer, _, _ in layers], np.int32).reshape(len(layers), 6),
        np.concatenate([np.ravel(weights) for _, weights, _ in layers]).astype(np.float32),
        np.concatenate([bias for _, _, bias in layers]).astype(np.float32),
    )


def _windows(values: NDArray[np.float64], kernel: int) -> NDArray[np.float64]:
    """Pieces of ``kernel`` rows around each row, ``(n, length, kernel · inputs)``."""
    around = kernel // 2
    padded = np.pad(values, ((0, 0), (around, around), (0, 0)))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=1)  # (n, length, inputs, kernel)
    return pieces.swapaxes(2, 3).reshape(*values.shape[:2], -1)
