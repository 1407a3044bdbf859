"""The parameters of one spectral analysis, checked against the window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright_sdk import BlockError
from edgewright_sdk.signal import butterworth

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgewright_sdk import Params, WindowSpec

_FFT_LENGTHS = [1 << bits for bits in range(2, 17)]
_ORDERS = (0, 2, 4, 6, 8)


@dataclass(frozen=True)
class Settings:
    """What the analysis needs, with nothing left to decide.

    Attributes
    ----------
    sections : np.ndarray [shape=(order / 2, 6), dtype=float32] or None
        The filter.
    first_bin, last_bin : int
        Spectral powers that are kept, both included.
    """

    scale: float
    sections: NDArray[np.float32] | None
    fft_length: int
    overlap: bool
    log: bool
    first_bin: int
    last_bin: int
    frequency: float

    def labels(self) -> list[str]:
        """Labels of one axis's features, without the axis."""
        width = self.frequency / self.fft_length
        edges = [
            (round(k * width - width / 2, 2), round(k * width + width / 2, 2))
            for k in range(self.first_bin, self.last_bin + 1)
        ]
        return [
            "RMS",
            "Skewness",
            "Kurtosis",
            "Spectral Skewness",
            "Spectral Kurtosis",
            *(f"Spectral Power {low} - {high} Hz" for low, high in edges),
        ]


def settings_of(window: WindowSpec, params: Params) -> Settings:
    """Check parameters against a window.

    Raises
    ------
    BlockError
        For what can't work, or doesn't yet.
    """
    _refuse_unsupported(params)
    frequency, fft_length = float(window["frequency"]), int(params.fft_length)
    if not (math.isfinite(frequency) and frequency > 0):
        raise _wrong("the sampling frequency", frequency, "a number of Hz above 0")
    if fft_length not in _FFT_LENGTHS:
        raise _wrong("fft-length", fft_length, "a power of two from 4 to 65536")
    if not math.isfinite(params.scale_axes):
        raise _wrong("scale-axes", params.scale_axes, "a finite number")
    kind, cutoff = params.filter_type, float(params.filter_cutoff)
    sections, first, last = None, 1, fft_length // 2
    if kind != "none":
        order = int(params.filter_order)
        if order not in _ORDERS:
            raise _wrong("filter-order", order, "0, 2, 4, 6 or 8")
        if not 0 < cutoff <= frequency / 2:
            raise _wrong(
                "filter-cutoff",
                cutoff,
                f"above 0 and at most {frequency / 2:g} Hz, half the sampling frequency",
            )
        if order:
            sections = butterworth(order, cutoff, kind, frequency)
        edge = cutoff * fft_length / frequency
        if kind == "low":
            last = min(math.floor(edge + 0.5), last)
        else:
            first = max(math.floor(edge - 0.5) + 1, 1)
    if first > last:
        raise BlockError(
            f"filter-cutoff {cutoff:g} Hz leaves no spectral power at fft-length {fft_length}, whose "
            f"bins are {frequency / fft_length:g} Hz apart; use a longer FFT or a higher cutoff"
        )
    return Settings(
        scale=float(params.scale_axes),
        sections=sections,
        fft_length=fft_length,
        overlap=bool(params.do_fft_overlap),
        log=bool(params.do_log),
        first_bin=first,
        last_bin=last,
        frequency=frequency,
    )


def _refuse_unsupported(params: Params) -> None:
    if params.analysis_type != "FFT":
        raise _not_yet("analysis-type", params.analysis_type, "FFT")
    if int(params.input_decimation_ratio) != 1:
        raise _not_yet("input-decimation-ratio", params.input_decimation_ratio, "1")
    if params.extra_low_freq:
        raise _not_yet("extra-low-freq", params.extra_low_freq, "false")


def _not_yet(name: str, got: object, allowed: str) -> BlockError:
    return BlockError(f"{name} {got!r} is not supported by this version; use {allowed}")


def _wrong(name: str, got: object, allowed: str) -> BlockError:
    return BlockError(f"{name} is {got}; allowed: {allowed}")
