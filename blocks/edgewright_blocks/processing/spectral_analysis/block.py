"""Spectral analysis: level, shape and power spectrum of each axis after an optional filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Description, Export, Features, ProcessingBlock
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.signal import bin_frequencies, filter_sections, max_hold_power, moments

from .settings import settings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec

    from .settings import Settings

_POWER_FLOOR = 1e-10


class SpectralAnalysis(ProcessingBlock):
    """Per axis: RMS, skewness, kurtosis, spectral skewness and kurtosis, spectral powers of the kept bins."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say the labels, and refuse parameters that can't work with this window."""
        return Description(_labels(window, settings_of(window, params)))

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, axes)`` windows."""
        settings = settings_of(windows.spec, params)
        signals = _filtered(windows.values, settings)
        level = moments(signals)
        power = _power(signals, level.mean, level.constant, settings)
        shape = moments(power)
        kept = power[..., settings.first_bin : settings.last_bin + 1]
        if settings.log:
            kept = np.log10(np.where(kept > 0, kept, _POWER_FLOOR))
        # Without its mean a signal's root mean square is its standard deviation.
        time = np.stack(
            [level.stdev, level.skewness, level.kurtosis, shape.skewness, shape.kurtosis], axis=-1
        )
        features = np.concatenate([time, kept], axis=-1).reshape(len(windows), -1)
        return Features(features, _labels(windows.spec, settings))

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the filtered signal and the spectrum of the first window."""
        settings = settings_of(windows.spec, params)
        signals = _filtered(windows.values[:1], settings)
        level = moments(signals)
        power = _power(signals, level.mean, level.constant, settings)
        seconds = np.arange(windows.length) / windows.frequency
        spectrum = np.log10(np.maximum(power, _POWER_FLOOR)) if settings.log else power
        hertz = bin_frequencies(settings.fft_length, windows.frequency)
        kept = slice(settings.first_bin, settings.last_bin + 1)
        unit = "power (log10)" if settings.log else "power"
        return [
            _lines("After the filter", "time (s)", seconds, "value", windows.axes, signals[0]),
            _lines("Spectral power", "frequency (Hz)", hertz[kept], unit, windows.axes, spectrum[0][:, kept]),
        ]

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        settings = settings_of(window, params)
        length, n = window["length"], settings.fft_length
        sections = settings.sections
        filters = np.zeros(1, np.float32) if sections is None else sections[:, [0, 1, 2, 4, 5]]
        quarter = np.sin(2 * np.pi * np.arange(n // 4 + 1) / n).astype(np.float32)
        return Export(
            symbol="ew_spectral_analysis",
            header="spectral_analysis.h",
            sources=["spectral_analysis.cpp"],
            modules=["biquad", "fft", "statistics"],
            tables={
                "scale": np.float32(settings.scale),
                "sections": 0 if sections is None else len(sections),
                "filter": filters,
                "fft_length": n,
                "overlap": int(settings.overlap),
                "log": int(settings.log),
                "first_bin": settings.first_bin,
                "last_bin": settings.last_bin,
                "quarter_wave": quarter,
            },
            inputs=[{"dtype": "float32", "shape": [length, len(window["axes"])]}],
            outputs=[{"name": "features", "dtype": "float32", "shape": [len(_labels(window, settings))]}],
            scratch_bytes=scratch_bytes(length, n, n // 2 + 1),
            tolerance={"absolute": 1e-3, "relative": 1e-4},
        )


def _labels(window: WindowSpec, settings: Settings) -> list[str]:
    return [f"{axis} {label}" for axis in window["axes"] for label in settings.labels()]


def _filtered(values: NDArray[Any], settings: Settings) -> NDArray[np.float32]:
    """Scale and filter in float32, as the device does; ``(n, axes, length)``."""
    signals = np.ascontiguousarray(values.transpose(0, 2, 1), dtype=np.float32) * np.float32(settings.scale)
    if settings.sections is None:
        return signals
    filtered: NDArray[np.float32] = filter_sections(settings.sections, signals)
    return filtered


def _power(
    signals: NDArray[np.float32],
    mean: NDArray[np.float64],
    constant: NDArray[np.bool_],
    settings: Settings,
) -> NDArray[np.float64]:
    """Spectrum of the signals without their mean, ``(n, axes, N/2 + 1)``; exactly 0 for a constant axis."""
    count, axes, length = signals.shape
    centred = np.where(constant[..., None], 0.0, signals - mean[..., None])
    power = max_hold_power(centred.reshape(-1, length), settings.fft_length, overlap=settings.overlap)
    return power.reshape(count, axes, -1)


def _lines(
    title: str, x_label: str, x: NDArray[Any], y_label: str, names: list[str], values: NDArray[Any]
) -> dict[str, Any]:
    series = [{"name": name, "values": line} for name, line in zip(names, values, strict=True)]
    return {
        "kind": "lines",
        "title": title,
        "x": {"label": x_label, "values": x},
        "y": {"label": y_label},
        "series": series,
    }
