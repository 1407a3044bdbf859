"""Spectral analysis: level, shape and power spectrum, or wavelet parts, of each axis after an optional filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Description, Export, Features, ProcessingBlock, remembered
from edgewright_sdk.plots import lines_plot, signal_plot
from edgewright_sdk.signal import bin_frequencies, decimate, filter_sections, max_hold_power, moments

from . import wavelet
from .nodes import export_spectrum, export_wavelet
from .settings import LOW_RATIO, POWER_FLOOR, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk import Params, Windows, WindowSpec

    from .settings import Settings, Spectrum


class SpectralAnalysis(ProcessingBlock):
    """Per axis: RMS, skewness, kurtosis, spectral skewness and kurtosis and spectral powers; or statistics of wavelet parts."""

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say the labels, and refuse parameters that can't work with this window."""
        return Description(_labels(window, params))

    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of ``(n, length, axes)`` windows."""
        settings = settings_of(windows.spec, params)
        signals = _filtered(windows.values, settings)
        if settings.spectrum is None:
            parts = [wavelet.features(signals, settings.wavelet, settings.level)]
        else:
            features, centred = _spectral(signals, settings.spectrum)
            parts = [features]
            if settings.low is not None:
                parts.append(_spectral(decimate(centred, LOW_RATIO), settings.low)[0])
        flat = [part.reshape(len(windows), -1) for part in parts]
        return Features(np.concatenate(flat, axis=-1), _labels(windows.spec, params))

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:
        """Show the filtered signal of the first window, and its spectrum or its wavelet parts."""
        settings = settings_of(windows.spec, params)
        signals = _filtered(windows.values[:1], settings)
        plots = [signal_plot("After the filter", windows.axes, signals[0], settings.frequency)]
        if settings.spectrum is None:
            return [*plots, *_wavelet_plots(signals, settings, windows.axes)]
        _features, centred = _spectral(signals, settings.spectrum)
        plots += _spectrum_plots("Spectral power", centred, settings.spectrum, windows.axes)
        if settings.low is not None:
            low = decimate(centred, LOW_RATIO)
            plots += _spectrum_plots("Spectral power, low frequencies", low, settings.low, windows.axes)
        return plots

    def export(self, window: WindowSpec, params: Params) -> Export:
        """Give the node for the device."""
        settings = settings_of(window, params)
        count = len(_labels(window, params))
        return (export_wavelet if settings.spectrum is None else export_spectrum)(window, settings, count)


@remembered
def _labels(window: WindowSpec, params: Params) -> list[str]:
    axes, settings = window["axes"], settings_of(window, params)
    if settings.spectrum is None:
        return [f"{axis} {label}" for axis in axes for label in wavelet.labels(settings.level)]
    spectra = [spectrum for spectrum in (settings.spectrum, settings.low) if spectrum is not None]
    return [f"{axis} {label}" for spectrum in spectra for axis in axes for label in spectrum.labels()]


def _filtered(values: NDArray[Any], settings: Settings) -> NDArray[Any]:
    """Scale, decimate and filter ``(n, axes, length)``: in float32, as the device does; in float64 once decimated."""
    signals = np.ascontiguousarray(values.transpose(0, 2, 1), dtype=np.float32) * np.float32(settings.scale)
    signals = decimate(signals, settings.decimation)
    return signals if settings.sections is None else filter_sections(settings.sections, signals)


def _spectral(signals: NDArray[Any], spectrum: Spectrum) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Features ``(n, axes, f)`` of signals ``(n, axes, length)``, and the signals without their mean."""
    level = moments(signals)
    power = _power(level.centred, spectrum)
    shape = moments(power)
    kept = power[..., spectrum.first_bin : spectrum.last_bin + 1]
    if spectrum.log:
        kept = np.log10(np.where(kept > 0, kept, POWER_FLOOR))
    # Without its mean a signal's root mean square is its standard deviation.
    time = np.stack([level.stdev, level.skewness, level.kurtosis, shape.skewness, shape.kurtosis], axis=-1)
    return np.concatenate([time, kept], axis=-1), level.centred


def _power(centred: NDArray[np.float64], spectrum: Spectrum) -> NDArray[np.float64]:
    """Max-hold spectrum ``(n, axes, N/2 + 1)``; exactly 0 for a constant axis."""
    count, axes, length = centred.shape
    power = max_hold_power(centred.reshape(-1, length), spectrum.fft_length, overlap=spectrum.overlap)
    return power.reshape(count, axes, -1)


def _spectrum_plots(
    title: str, centred: NDArray[np.float64], spectrum: Spectrum, axes: Sequence[str]
) -> list[dict[str, Any]]:
    """The whole spectrum, and the bins that are features where those aren't all."""
    power = _power(centred, spectrum)[0]
    hertz = bin_frequencies(spectrum.fft_length, spectrum.frequency)
    shown = np.log10(np.maximum(power, POWER_FLOOR)) if spectrum.log else power
    unit = "power (log10)" if spectrum.log else "power"

    def draw(name: str, first: int, last: int) -> dict[str, Any]:
        bins = slice(first, last + 1)
        series = dict(zip(axes, shown[:, bins], strict=True))
        return lines_plot(name, ("frequency (Hz)", hertz[bins]), unit, series)

    first, last, end = spectrum.first_bin, spectrum.last_bin, spectrum.fft_length // 2
    chosen = draw(f"{title}, chosen bins {first}…{last}", first, last)
    return [draw(title, 1, end), *([] if (first, last) == (1, end) else [chosen])]


def _wavelet_plots(signals: NDArray[Any], settings: Settings, axes: Sequence[str]) -> list[dict[str, Any]]:
    parts = wavelet.split(signals, settings.wavelet, settings.level)
    plots = []
    for number, part in enumerate(parts):
        step = 2 ** (settings.level if number == 0 else settings.level + 1 - number)
        title = f"L{number}: {'the coarse rest' if number == 0 else 'details'}"
        plots.append(signal_plot(title, axes, part[0], settings.frequency / step, "coefficient"))
    return plots
