"""Template block: level and span of each axis over a window."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright_sdk import Description, Features, Params, ProcessingBlock, Windows, WindowSpec

# [device
from edgewright_sdk.export import Export

# device]


class TemplateBlock(ProcessingBlock):
    """For each axis the mean of the absolute samples and, if wanted, largest minus smallest."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say the labels from parameters alone."""
        chosen = ["Level", "Span"] if params.span else ["Level"]
        return Description([f"{axis} {name}" for axis in window["axes"] for name in chosen])

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of windows of shape (n, length, axes), all at once."""
        scaled = windows.values * np.float32(params.scale_axes)
        features = [np.abs(scaled).mean(axis=1, dtype=np.float64)]
        if params.span:
            features.append(scaled.max(axis=1) - scaled.min(axis=1))
        values = np.stack(features, axis=-1).reshape(len(windows), -1)
        return Features(values, self.describe(windows.spec, params).labels)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Draw the samples of the first window as they are used."""
        seconds = np.arange(windows.length) / windows.frequency
        scaled = windows.values[0] * np.float32(params.scale_axes)
        return [
            {
                "kind": "lines",
                "title": "Scaled samples",
                "x": {"label": "seconds", "values": seconds.tolist()},
                "y": {"label": "sample"},
                "series": [
                    {"name": axis, "values": values.tolist()}
                    for axis, values in zip(windows.axes, scaled.T, strict=True)
                ],
            }
        ]

    # [device

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device: its tables are data, its code lies in device/."""
        width = len(self.describe(window, params).labels)
        return Export(
            symbol="template_block",
            header="template_block.h",
            sources=["template_block.cpp"],
            modules=[],
            tables={"scale": np.float32(params.scale_axes), "span": np.int32(params.span)},
            inputs=[{"dtype": "float32", "shape": [window["length"], len(window["axes"])]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [width]}],
        )

    # device]
