"""Bands: how strong each axis is in each octave."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

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


class Bands(ProcessingBlock):
    """Root mean square of each axis after each filter of a bank: windowed cosines, an octave apart."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Name the bands by their centres."""
        if window["length"] < params.taps:
            raise BlockError(
                f"taps is {params.taps}, but a window has {window['length']} samples; allowed: 3 to {window['length']}"
            )
        names = [f"{centre:.3g} Hz" for centre in _centres(params.bands) * window["frequency"]]
        return Description([f"{axis} {name}" for axis in window["axes"] for name in names])

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of windows of shape (n, length, axes), all at once."""
        labels = self.describe(windows.spec, params).labels
        pieces = sliding_window_view(windows.values, params.taps, axis=1)  # (n, places, axes, taps)
        filtered = pieces @ _filters(params).T.astype(np.float64)
        level = np.sqrt(np.square(filtered).mean(axis=1))  # (n, axes, bands)
        return Features(level.reshape(len(windows), -1), labels)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Draw the filters."""
        names = _centres(params.bands) * windows.frequency
        series = [
            {"name": f"{name:.3g} Hz", "values": taps.tolist()}
            for name, taps in zip(names, _filters(params), strict=True)
        ]
        place = {"label": "sample", "values": list(range(params.taps))}
        return [{"kind": "lines", "title": "Filters", "x": place, "y": {"label": "weight"}, "series": series}]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node: the filters are a table, so the device computes with the same numbers."""
        axes = len(window["axes"])
        return Export(
            symbol="bands",
            header="bands.h",
            sources=["bands.cpp"],
            modules=[],
            tables={"axes": axes, "bands": params.bands, "taps": params.taps, "filters": _filters(params)},
            inputs=[{"dtype": "float32", "shape": [window["length"], axes]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [axes * params.bands]}],
            tolerance={"absolute": 1e-4, "relative": 1e-3},
        )


def _centres(bands: int) -> NDArray[np.float64]:
    """Centres of the bands as parts of the sampling rate: 3/8, 3/16, 3/32, …"""
    return 0.375 * 0.5 ** np.arange(bands)


def _filters(params: Params) -> NDArray[np.float32]:
    """Filters of shape (bands, taps), each of unit energy and without response to a constant."""
    place = np.arange(params.taps) - (params.taps - 1) / 2
    waves = np.hanning(params.taps + 2)[1:-1] * np.cos(2 * np.pi * _centres(params.bands)[:, None] * place)
    waves -= waves.mean(axis=1, keepdims=True)
    return np.asarray(waves / np.linalg.norm(waves, axis=1, keepdims=True), np.float32)
