"""Jerk: how suddenly each axis moves."""

from __future__ import annotations

import numpy as np

from edgewright_sdk import Description, Export, Features, Params, ProcessingBlock, Windows, WindowSpec


class Jerk(ProcessingBlock):
    """For each axis the mean and the largest size of the change from sample to sample, per second."""

    def describe(self, window: WindowSpec, params: Params) -> Description:  # noqa: ARG002
        """Two features an axis, whatever the parameters."""
        return Description([f"{axis} {name}" for axis in window["axes"] for name in ("Jerk", "Largest Jerk")])

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of windows of shape (n, length, axes), all at once."""
        change = np.abs(np.diff(windows.values, axis=1)) * np.float32(params.scale_axes * windows.frequency)
        values = np.stack([change.mean(axis=1, dtype=np.float64), change.max(axis=1)], axis=-1)
        return Features(values.reshape(len(windows), -1), self.describe(windows.spec, params).labels)

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device: one number is all it needs to know."""
        return Export(
            symbol="jerk",
            header="jerk.h",
            sources=["jerk.cpp"],
            modules=[],
            tables={"scale": np.float32(params.scale_axes * window["frequency"])},
            inputs=[{"dtype": "float32", "shape": [window["length"], len(window["axes"])]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [2 * len(window["axes"])]}],
        )
