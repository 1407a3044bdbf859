"""Spectrum: how strong each frequency is in the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.fragments.signals import give_features, signals_of, spectra_in
from edgewright_sdk.plots import lines_plot
from edgewright_sdk.signal import Frames, bin_frequencies, squared_spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec

_LONGEST = 1 << 18
_FLOOR = 1e-10  # −100 dB
_SCALES = ("magnitude", "power", "db")


class Spectrum(ProcessingBlock):
    """Magnitude, power or level of each bin of one transform over the window, axis by axis."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Name the bins, and refuse a window that is too long."""
        return Description(_labels(window, params))

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, axes)`` windows."""
        spectrum = _spectrum(windows, params)
        return Features(spectrum.reshape(len(windows), -1), _labels(windows.spec, params))

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
            onnx=_fragment(window, params),
        )


@remembered
def _labels(window: WindowSpec, params: Params) -> list[str]:  # noqa: ARG001
    hertz = bin_frequencies(_fft_length(window), float(window["frequency"]))
    return [f"{axis} {value:.6g} Hz" for axis in window["axes"] for value in hertz]


def _fft_length(window: WindowSpec) -> int:
    """The next power of two, at least 16."""
    length = window["length"]
    if length > _LONGEST:
        raise BlockError(
            f"a window has {length} samples; allowed: up to {_LONGEST}, which is {_LONGEST / window['frequency']:g} s: use a shorter "
            "window (`window_ms`, or `max_length_ms` of whole recordings), or a lower `frequency` of the input"
        )
    return int(max(16, 1 << (length - 1).bit_length()))


def _spectrum(windows: Windows, params: Params) -> NDArray[np.float32]:
    """Spectra ``(n, axes, N/2 + 1)``."""
    n, length = _fft_length(windows.spec), windows.length
    signals = windows.values.transpose(0, 2, 1).reshape(-1, length)
    found = np.empty((len(signals), n // 2 + 1), np.float32)
    for rows, squares in squared_spectra(signals, Frames(length, length, 1, n, windows.frequency)):
        found[rows] = _scaled(squares[:, 0] / n, n, params)
    return found.reshape(len(windows), len(windows.axes), -1)


def _fragment(window: WindowSpec, params: Params) -> bytes:
    n, length, axes = _fft_length(window), window["length"], len(window["axes"])
    graph, signals = signals_of(length, axes)
    squares = spectra_in(graph, signals, starts=np.zeros(1, int), used=length, fft_length=n)
    power = graph.do("Div", squares, n)
    largest = graph.largest(power, [3], keep=True)
    silent = graph.do("LessOrEqual", largest, 0.0)
    if params.normalise == "max":
        power = graph.add("Div", power, graph.do("Where", silent, 1.0, largest))
    if params.scale == "db":
        power = graph.do("Mul", graph.add("Log", graph.do("Max", power, _FLOOR)), 10 / np.log(10))
        if params.normalise == "max":
            power = graph.do("Where", silent, 0.0, power)
    elif params.scale != "power":
        power = graph.add("Sqrt", power if params.normalise == "max" else graph.do("Mul", power, n))
    return give_features(graph, power, axes * (n // 2 + 1))


def _scaled(power: NDArray[np.float64], n: int, params: Params) -> NDArray[np.float64]:
    largest = power.max(axis=-1, keepdims=True)
    if params.normalise == "max":
        power /= np.where(largest > 0, largest, 1.0)
    if params.scale == "power":
        return power
    if params.scale == "db":
        level: NDArray[np.float64] = np.log(np.maximum(power, _FLOOR, out=power), out=power)
        level *= 10.0 / np.log(10.0)
        if params.normalise == "max":  # digital silence gives zeros, whatever the scale
            level[largest[:, 0] == 0] = 0.0
        return level
    if params.normalise != "max":
        power *= n
    magnitude: NDArray[np.float64] = np.sqrt(power, out=power)
    return magnitude
