"""The parameters of one spectral analysis, checked against the window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright_sdk import BlockError, remembered
from edgewright_sdk.signal import DECIMATIONS, butterworth

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgewright_sdk import Params, WindowSpec

_FFT_LENGTHS = [1 << bits for bits in range(2, 17)]
_ORDERS = (0, 2, 4, 6, 8)
#: A cutoff after decimation may come this near to half the new rate: beyond, the decimator's own filter has its say.
_DECIMATED_NYQUIST = 0.9
#: Of fewer samples there is no shape to tell, only rounding.
_DECIMATED_SAMPLES = 4
#: By how much the copy for low frequencies is decimated, and how many half FFT lengths a signal must have for it.
LOW_RATIO = 10
_LOW_HALVES = 10
#: In the place of a power of exactly 0, before the logarithm.
POWER_FLOOR = 1e-10
#: Samples that each wavelet level needs at least.
_WAVELET_SAMPLES = 32


@dataclass(frozen=True)
class Spectrum:
    """One spectrum of a signal: which powers are kept, and how they are given.

    ``first_bin`` and ``last_bin`` are both included; ``suffix`` ends its labels.
    """

    fft_length: int
    overlap: bool
    log: bool
    first_bin: int
    last_bin: int
    frequency: float
    suffix: str = ""

    def labels(self) -> list[str]:
        """Labels of one axis's features, without the axis."""
        width = self.frequency / self.fft_length
        edges = [
            (round(k * width - width / 2, 2), round(k * width + width / 2, 2))
            for k in range(self.first_bin, self.last_bin + 1)
        ]
        names = [
            "RMS",
            "Skewness",
            "Kurtosis",
            "Spectral Skewness",
            "Spectral Kurtosis",
            *(f"Spectral Power {low} - {high} Hz" for low, high in edges),
        ]
        return [name + self.suffix for name in names]


@dataclass(frozen=True)
class Settings:
    """What the analysis needs, with nothing left to decide.

    Attributes
    ----------
    decimation : int
        Only every so many samples are looked at.
    sections : np.ndarray [shape=(order / 2, 6), dtype=float32] or None
        The filter, for the decimated signal.
    frequency : float
        Of the decimated signal, in Hz.
    spectrum, low : Spectrum or None
        What is taken of the filtered signal, and of it decimated once more. Without them it is ``wavelet``.
    wavelet, level
        Name of the mother wavelet, and how often the signal is split.
    """

    scale: float
    decimation: int
    sections: NDArray[np.float32] | None
    frequency: float
    spectrum: Spectrum | None
    low: Spectrum | None
    wavelet: str
    level: int


@remembered
def settings_of(window: WindowSpec, params: Params) -> Settings:
    """Check parameters against a window.

    Raises
    ------
    BlockError
        For what can't work.
    """
    frequency, ratio = float(window["frequency"]), int(params.input_decimation_ratio)
    if not (math.isfinite(frequency) and frequency > 0):
        raise _wrong("the sampling frequency", frequency, "a number of Hz above 0")
    if not math.isfinite(params.scale_axes):
        raise _wrong("scale-axes", params.scale_axes, "a finite number")
    if ratio not in DECIMATIONS:
        raise _wrong("input-decimation-ratio", ratio, ", ".join(map(str, DECIMATIONS)))
    rate, samples = frequency, window["length"]
    for stage in DECIMATIONS[ratio]:  # stage by stage, as the signal is: labels show the last digit
        rate, samples = rate / stage, -(-samples // stage)
    if ratio > 1 and samples < _DECIMATED_SAMPLES:
        raise BlockError(
            f"input-decimation-ratio {ratio} leaves {samples} samples of a window of {window['length']}; allowed: ratios that "
            f"leave {_DECIMATED_SAMPLES} or more, or a longer window"
        )
    sections = _filter(params, frequency, ratio)
    spectrum = low = None
    if params.analysis_type == "FFT":
        spectrum = _spectrum(params, rate)
        if params.extra_low_freq:
            low = _low(params, rate, samples)
    else:
        _check_level(params, samples)
    return Settings(
        scale=float(params.scale_axes),
        decimation=ratio,
        sections=sections,
        frequency=rate,
        spectrum=spectrum,
        low=low,
        wavelet=str(params.wavelet),
        level=int(params.wavelet_level),
    )


def _filter(params: Params, frequency: float, ratio: int) -> NDArray[np.float32] | None:
    kind, cutoff, order = params.filter_type, float(params.filter_cutoff), int(params.filter_order)
    if kind == "none":
        return None
    if order not in _ORDERS:
        raise _wrong("filter-order", order, "0, 2, 4, 6 or 8")
    highest, what = frequency / ratio / 2, "half the sampling frequency"
    if ratio > 1:
        highest, what = highest * _DECIMATED_NYQUIST, f"0.9 of half the frequency after decimation by {ratio}"
    if not 0 < cutoff <= highest:
        raise _wrong("filter-cutoff", cutoff, f"above 0 and at most {highest:g} Hz, {what}")
    return butterworth(order, cutoff, kind, frequency / ratio) if order else None


def _spectrum(params: Params, frequency: float, suffix: str = "") -> Spectrum:
    fft_length, cutoff = int(params.fft_length), float(params.filter_cutoff)
    if fft_length not in _FFT_LENGTHS:
        raise _wrong("fft-length", fft_length, "a power of two from 4 to 65536")
    first, last = 1, fft_length // 2
    edge = cutoff * fft_length / frequency
    if params.filter_type == "low":
        last = min(math.floor(edge + 0.5), last)
    elif params.filter_type == "high":
        first = max(math.floor(edge - 0.5) + 1, 1)
    if first > last:
        apart = frequency / fft_length
        cutoffs = (
            f"from {apart / 2:g} Hz"
            if params.filter_type == "low"
            else f"below {(frequency + apart) / 2:g} Hz"
        )
        raise BlockError(
            f"filter-cutoff {cutoff:g} Hz leaves no spectral power at fft-length {fft_length}{suffix}, whose bins are "
            f"{apart:g} Hz apart; allowed: a cutoff {cutoffs}, or a longer FFT"
        )
    return Spectrum(
        fft_length=fft_length,
        overlap=bool(params.do_fft_overlap),
        log=bool(params.do_log),
        first_bin=first,
        last_bin=last,
        frequency=frequency,
        suffix=suffix,
    )


def _low(params: Params, frequency: float, samples: int) -> Spectrum:
    needed = _LOW_HALVES * params.fft_length // 2
    if samples < needed:
        raise BlockError(
            f"extra-low-freq needs windows of {needed} samples at fft-length {params.fft_length}, and there are {samples}; "
            "allowed: a longer window, a shorter FFT, or extra-low-freq false"
        )
    return _spectrum(params, frequency / LOW_RATIO, " LF")


def _check_level(params: Params, samples: int) -> None:
    level = int(params.wavelet_level)
    most = int(math.log2(samples / _WAVELET_SAMPLES)) if samples >= _WAVELET_SAMPLES else 0
    if level > most:
        allowed = f"1 to {most}" if most else "no level at all: use a longer window or analysis-type FFT"
        raise BlockError(
            f"wavelet-level is {level}, which needs {_WAVELET_SAMPLES} · 2^{level} samples, and a window has {samples}; "
            f"allowed: {allowed}"
        )


def _wrong(name: str, got: object, allowed: str) -> BlockError:
    return BlockError(f"{name} is {got}; allowed: {allowed}")
