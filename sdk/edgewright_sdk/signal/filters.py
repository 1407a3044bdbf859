"""Recursive filters as second-order sections. Needs scipy, imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

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
        raise _unstable(order, cutoff, frequency, "use a lower cutoff, or order 0")
    from scipy.signal import butter

    sections: NDArray[np.float32] = np.asarray(
        butter(order, cutoff, btype=kind, fs=frequency, output="sos"), dtype=np.float32
    )
    a1, a2 = sections[:, 4].astype(np.float64), sections[:, 5].astype(np.float64)
    inside = (np.abs(a2) < 1) & (np.abs(a1) < 1 + a2)  # the stability triangle of z² + a1·z + a2
    if not (np.isfinite(sections).all() and inside.all()):
        raise _unstable(order, cutoff, frequency, "use a lower order, or a cutoff further from 0 and Nyquist")
    return sections


def filter_sections(sections: NDArray[Any], signals: NDArray[Any]) -> NDArray[Any]:
    """Filter along the last axis: causal, from rest, in the precision of the arguments.

    Parameters
    ----------
    sections : np.ndarray [shape=(s, 6)]
    signals : np.ndarray [shape=(..., length)]
    """
    from scipy.signal import sosfilt

    filtered: NDArray[Any] = sosfilt(sections, signals, axis=-1)
    return filtered


def _unstable(order: int, cutoff: float, frequency: float, advice: str) -> BlockError:
    return BlockError(
        f"a Butterworth filter of order {order} at {cutoff:g} Hz is unstable at a sampling frequency of "
        f"{frequency:g} Hz; {advice}"
    )
