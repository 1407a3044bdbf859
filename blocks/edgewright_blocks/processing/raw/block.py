"""Raw data: the samples of a window, scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.fragments.fragment import INPUT, Fragment
from edgewright_sdk.plots import signal_plot

if TYPE_CHECKING:
    from edgewright_sdk import Params, Windows, WindowSpec


class Raw(ProcessingBlock):
    """Samples × ``scale-axes``, in the order of the window: all axes of sample 0, then of sample 1, …"""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say the labels: ``<axis> <sample>``."""
        return Description(_labels(window, params))

    def transform(self, windows: Windows, params: Params) -> Features:
        """Scale in float32, as the device does."""
        values = windows.values.reshape(len(windows), -1) * np.float32(params.scale_axes)
        return Features(values, _labels(windows.spec, params))

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the scaled samples of the first window."""
        scaled = windows.values[0].T * float(params.scale_axes)
        return [signal_plot("Samples × scale-axes", windows.axes, scaled, windows.frequency)]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        shape = [window["length"], len(window["axes"])]
        return Export(
            symbol="ew_raw",
            header="raw.h",
            sources=["raw.cpp"],
            modules=[],
            tables={"scale": np.float32(params.scale_axes)},
            inputs=[{"dtype": "float32", "shape": shape}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [shape[0] * shape[1]]}],
            onnx=_fragment(shape, float(params.scale_axes)),
        )


def _fragment(shape: list[int], scale: float) -> bytes:
    graph = Fragment(shape)
    graph.give("features", graph.do("Mul", graph.reshaped(INPUT, [-1, shape[0] * shape[1]]), scale))
    return graph.data()


@remembered
def _labels(window: WindowSpec, params: Params) -> list[str]:  # noqa: ARG001
    return [f"{axis} {i}" for i in range(window["length"]) for axis in window["axes"]]
