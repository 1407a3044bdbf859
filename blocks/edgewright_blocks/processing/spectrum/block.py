"""Spectrum: how strong each frequency is in the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Description, Export, Features, ProcessingBlock
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.plots import lines_plot
from edgewright_sdk.signal import bin_frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec

_LONGEST = 1 << 18
_FLOOR = 1e-10  # −100 dB
_SCALES = ("magnitude", "power", "db")


class Spectrum(ProcessingBlock):
    """Magnitude, power or level of each bin of one transform over the window, axis by axis."""

    def describe(self, window: WindowSpec, params: Params) -> Description:  # noqa: ARG002
        """Name the bins, and refuse a window that is too long."""
        hertz = bin_frequencies(_fft_length(window), float(window["frequency"]))
        return Description([f"{axis} {value:.6g} Hz" for axis in window["axes"] for value in hertz])

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, axes)`` windows."""
        spectrum = _spectrum(windows, params)
        return Features(spectrum.reshape(len(windows), -1), self.describe(windows.spec, params).labels)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the spectrum of the first window."""
        spectrum = _spectrum(type(windows)(windows.values[:1], windows.spec), params)[0]
        hertz = bin_frequencies(_fft_length(windows.spec), windows.frequency)
        series = dict(zip(windows.axes, spectrum, strict=True))
        return [lines_plot("Spectrum", ("frequency (Hz)", hertz), params.scale, series)]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        n, axes = _fft_length(window), len(window["axes"])
        return Export(
            symbol="ew_spectrum",
            header="spectrum.h",
            sources=["spectrum.cpp"],
            modules=["fft"],
            tables={
                "fft_length": n,
                "scale": _SCALES.index(params.scale),
                "normalise": int(params.normalise == "max"),
                "quarter_wave": np.sin(2 * np.pi * np.arange(n // 4 + 1) / n).astype(np.float32),
            },
            scratch_bytes=scratch_bytes(n, n),
            inputs=[{"dtype": "float32", "shape": [window["length"], axes]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [axes * (n // 2 + 1)]}],
            tolerance={"absolute": 1e-3, "relative": 1e-4},
        )


def _fft_length(window: WindowSpec) -> int:
    """The next power of two, at least 16."""
    length = window["length"]
    if length > _LONGEST:
        raise BlockError(
            f"a window has {length} samples; allowed: up to {_LONGEST}, which is {_LONGEST / window['frequency']:g} s: use a shorter "
            "window (`window_ms`, or `max_length_ms` of whole recordings), or a lower `frequency` of the input"
        )
    return int(max(16, 1 << (length - 1).bit_length()))


def _spectrum(windows: Windows, params: Params) -> NDArray[np.float64]:
    """Spectra ``(n, axes, N/2 + 1)``."""
    from scipy.fft import rfft

    n = _fft_length(windows.spec)
    spectrum = rfft(windows.values.transpose(0, 2, 1).astype(np.float64), n=n)
    power: NDArray[np.float64] = (np.square(spectrum.real) + np.square(spectrum.imag)) / n
    if params.normalise == "max":
        largest = power.max(axis=-1, keepdims=True)
        power = np.divide(power, largest, out=np.zeros_like(power), where=largest > 0)
    if params.scale == "power":
        return power
    if params.scale == "db":
        level: NDArray[np.float64] = 10 * np.log10(np.maximum(power, _FLOOR))
        if params.normalise == "max":  # digital silence gives zeros, whatever the scale
            level[np.broadcast_to(power.max(axis=-1, keepdims=True) == 0, level.shape)] = 0.0
        return level
    magnitude: NDArray[np.float64] = np.sqrt(power * (1 if params.normalise == "max" else n))
    return magnitude
