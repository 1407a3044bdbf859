"""A block that keeps every promise; the tests break it in one place at a time."""

from __future__ import annotations

import numpy as np

from edgewright_sdk import Description, Export, Features, Params, ProcessingBlock, Windows, WindowSpec


def labels_of(window: WindowSpec) -> list[str]:
    return [f"{axis} level" for axis in window["axes"]]


class Level(ProcessingBlock):
    def describe(self, window: WindowSpec, params: Params) -> Description:
        return Description(labels_of(window))

    def transform(self, windows: Windows, params: Params) -> Features:
        sizes = np.abs(windows.values.astype(np.float64) * params.gain)
        levels = sizes.max(axis=1) if params.measure == "peak" else (sizes**params.power).mean(axis=1)
        return Features(levels, labels_of(windows.spec))

    def export(self, window: WindowSpec, params: Params) -> Export:
        axes = len(window["axes"])
        return Export(
            symbol="level",
            header="level.h",
            sources=["level.cpp"],
            modules=[],
            tables={
                "gain": np.float32(params.gain),
                "peak": np.int32(params.measure == "peak"),
                "power": np.int32(params.power),
            },
            inputs=[{"dtype": "float32", "shape": [window["length"], axes]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [axes]}],
        )
