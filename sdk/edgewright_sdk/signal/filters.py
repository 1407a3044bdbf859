"""Recursive filters as second-order sections. Needs scipy, imported when first used."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def butterworth(
    order: int, cutoff: float, kind: Literal["low", "high"], frequency: float
) -> NDArray[np.float32]:
    """Design a Butterworth filter, rounded to float32 as a device runs it.

    Parameters
    ----------
    order : int > 0
        Even.
    cutoff : float
        In Hz, 0 < cutoff < frequency / 2.
    kind : {"low", "high"}
    frequency : float > 0
        Sampling frequency, in Hz.

    Returns
    -------
    np.ndarray [shape=(order / 2, 6), dtype=float32]
        Rows ``b0 b1 b2 a0 a1 a2`` with ``a0 = 1``.

    Raises
    ------
    BlockError
        When a pole of the rounded sections lies on or outside the unit circle, so the filter would never settle.
    """
    if cutoff >= frequency / 2:
        raise _unstable(order, cutoff, frequency, "a lower cutoff, or order 0")
    from scipy.signal import butter

    sections: NDArray[np.float32] = np.asarray(
        butter(order, cutoff, btype=kind, fs=frequency, output="sos"), dtype=np.float32
    )
    a1, a2 = sections[:, 4].astype(np.float64), sections[:, 5].astype(np.float64)
    inside = (np.abs(a2) < 1) & (np.abs(a1) < 1 + a2)  # the stability triangle of z² + a1·z + a2
    if not (np.isfinite(sections).all() and inside.all()):
        raise _unstable(
            order,
            cutoff,
            frequency,
            "a lower order, or a cutoff further from 0 and half the sampling frequency",
        )
    return sections


def filter_sections(sections: NDArray[Any], signals: NDArray[Any]) -> NDArray[Any]:
    """Filter along the last axis: causal, from rest, in the precision of the arguments.

    Parameters
    ----------
    sections : np.ndarray [shape=(s, 6)]
    signals : np.ndarray [shape=(..., length)]
    """
    from scipy.signal import sosfilt

    filtered: NDArray[Any] = sosfilt(sections.astype(signals.dtype), signals, axis=-1)
    return filtered


#: Ratios of :func:`decimate`, each with the stages that make it.
DECIMATIONS: Final[dict[int, tuple[int, ...]]] = {
    1: (),
    3: (3,),
    10: (10,),
    30: (3, 10),
    100: (10, 10),
    1000: (10, 10, 10),
}


@lru_cache(maxsize=4)
def decimator(ratio: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Design the low-pass filter of one decimation stage: Chebyshev type I, order 8, ripple 0.05 dB.

    Returns
    -------
    sections : np.ndarray [shape=(4, 6), dtype=float64]
        Cut off at 0.8 of the new half rate.
    settled : np.ndarray [shape=(4, 2), dtype=float64]
        State of a filter that has seen ones for ever.
    """
    from scipy.signal import cheby1, sosfilt_zi

    sections = np.asarray(cheby1(8, 0.05, 0.8 / ratio, output="sos"), np.float64)
    return sections, np.asarray(sosfilt_zi(sections), np.float64)


def decimate(signals: NDArray[Any], ratio: int) -> NDArray[Any]:
    """Keep every `ratio`-th sample from the first on, after low-pass filters that begin settled on the first sample.

    Parameters
    ----------
    signals : np.ndarray [shape=(..., n)]
    ratio : {1, 3, 10, 30, 100, 1000}

    Returns
    -------
    np.ndarray [shape=(..., ceil(n / ratio)), dtype=float64]
        For a ratio of 1 the signals themselves.
    """
    from scipy.signal import sosfilt

    for stage in DECIMATIONS[ratio]:
        sections, settled = decimator(stage)
        x = np.asarray(signals, np.float64)
        start = np.moveaxis(np.multiply.outer(settled, x[..., 0]), 1, -1)
        filtered, _state = sosfilt(sections, x, axis=-1, zi=start)
        signals = np.ascontiguousarray(filtered[..., ::stage])
        still = np.ptp(x, axis=-1) == 0  # what doesn't move must not begin to by rounding
        signals[still] = signals[still][..., :1]
    return signals


def _unstable(order: int, cutoff: float, frequency: float, advice: str) -> BlockError:
    return BlockError(
        f"a Butterworth filter of order {order} at {cutoff:g} Hz is unstable at a sampling frequency of "
        f"{frequency:g} Hz; allowed: {advice}"
    )
