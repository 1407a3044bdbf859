"""Flatten: statistics of each axis over a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.fragments.signals import give_features, moments_in, signals_of
from edgewright_sdk.plots import signal_plot
from edgewright_sdk.signal import moments

if TYPE_CHECKING:
    from edgewright_sdk import Params, Windows, WindowSpec

# Parameter, label and field of Moments; the order of the features and of the device's statistics bits.
STATISTICS = [
    ("average", "Average", "mean"),
    ("minimum", "Minimum", "minimum"),
    ("maximum", "Maximum", "maximum"),
    ("rms", "RMS", "rms"),
    ("stdev", "Stdev", "stdev"),
    ("skewness", "Skewness", "skewness"),
    ("kurtosis", "Kurtosis", "kurtosis"),
]


class Flatten(ProcessingBlock):
    """The chosen statistics of axis 0, then of axis 1, …, computed in float64."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say the labels, and refuse a choice of no statistic."""
        return Description(_labels(window, params))

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the statistics of ``(n, length, axes)`` windows."""
        labels = _labels(windows.spec, params)
        signals = windows.values.transpose(0, 2, 1).astype(np.float64) * float(params.scale_axes)
        found = moments(signals)
        chosen = [getattr(found, field) for name, _, field in STATISTICS if params[name]]
        return Features(np.stack(chosen, axis=-1).reshape(len(windows), -1), labels)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the scaled samples of the first window, of which the statistics are."""
        scaled = windows.values[0].T * float(params.scale_axes)
        return [signal_plot("Samples × scale-axes", windows.axes, scaled, windows.frequency)]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        bits = sum(1 << bit for bit, (name, _, _) in enumerate(STATISTICS) if params[name])
        return Export(
            symbol="ew_flatten",
            header="flatten.h",
            sources=["flatten.cpp"],
            modules=["statistics"],
            tables={"scale": np.float32(params.scale_axes), "statistics": bits},
            inputs=[{"dtype": "float32", "shape": [window["length"], len(window["axes"])]}],
            outputs=[
                {
                    "name": "features",
                    "dtype": "float32",
                    "shape": [len(_labels(window, params))],
                }
            ],
            onnx=_fragment(window, params),
        )


def _fragment(window: WindowSpec, params: Params) -> bytes:
    length, axes = window["length"], len(window["axes"])
    graph, signals = signals_of(length, axes)
    found = moments_in(graph, graph.do("Mul", signals, float(params.scale_axes)), length)
    chosen = [getattr(found, field) for name, _, field in STATISTICS if params[name]]
    features = graph.add("Concat", *chosen, axis=2)
    return give_features(graph, features, axes * len(chosen))


@remembered
def _labels(window: WindowSpec, params: Params) -> list[str]:
    chosen = [label for name, label, _ in STATISTICS if params[name]]
    if not chosen:
        names = ", ".join(name for name, _, _ in STATISTICS)
        raise BlockError(f"every statistic is switched off; allowed: at least one of {names}")
    return [f"{axis} {label}" for axis in window["axes"] for label in chosen]
