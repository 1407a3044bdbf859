"""Level: root mean square of each axis over slices of a window."""

from __future__ import annotations

import numpy as np

from edgewright_sdk import (
    BlockError,
    Description,
    Export,
    Features,
    Params,
    ProcessingBlock,
    Windows,
    WindowSpec,
)


class Level(ProcessingBlock):
    """For each slice of a window, the root mean square of each axis."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Refuse here what can't work, so that a user hears of it before anything runs."""
        length, slices = window["length"], params.slices
        if length % slices:
            raise BlockError(
                f"slices is {slices}, but a window has {length} samples, which is no multiple of it; choose a divisor of {length}"
            )
        return Description([f"{axis} Level {number}" for number in range(slices) for axis in window["axes"]])

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of windows of shape (n, length, axes), all at once."""
        labels = self.describe(windows.spec, params).labels
        sliced = windows.values.reshape(len(windows), params.slices, -1, len(windows.axes))
        power = np.square(sliced, dtype=np.float64).mean(axis=2)
        return Features(np.sqrt(power).reshape(len(windows), -1), labels)

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node: where the stride is whole slices, a stream computes only those that are new."""
        axes, slices = len(window["axes"]), params.slices
        slice_length = window["length"] // slices
        stride = window.get("stride", 0)
        new_slices = stride // slice_length if stride % slice_length == 0 and stride < window["length"] else 0
        return Export(
            symbol="level",
            header="level.h",
            sources=["level.cpp"],
            modules=[],
            tables={"axes": axes, "slices": slices, "slice_length": slice_length, "new_slices": new_slices},
            # One flag and the features of the last window.
            state_bytes=4 * (1 + slices * axes) if new_slices else 0,
            streamable=bool(new_slices),
            inputs=[{"dtype": "float32", "shape": [window["length"], axes]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [slices * axes]}],
            tolerance={"absolute": 1e-5, "relative": 1e-4},
        )
