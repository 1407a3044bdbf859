"""Cutting signals into frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray


def whole_frames(signals: NDArray[Any], length: int, step: int, count: int) -> NDArray[Any]:
    """Look at signals as frames that start at 0, ``step``, …; all of them lie inside.

    Parameters
    ----------
    signals : np.ndarray [shape=(n, samples)]
        In C order; changed, it changes the frames.
    length, step, count : int > 0

    Returns
    -------
    np.ndarray [shape=(n, count, length)]
        A view. Beyond the signals it is refused by numpy.
    """
    each = signals.itemsize  # sliding_window_view of one window costs as much as its transform
    strides = (signals.strides[0], step * each, each)
    frames: NDArray[Any] = np.ndarray((len(signals), count, length), signals.dtype, signals, 0, strides)
    return frames


def padded_frames(signals: NDArray[Any], length: int, step: int) -> NDArray[Any]:
    """Cut signals into frames that start at 0, ``step``, … while inside; the last ones end in zeros.

    Parameters
    ----------
    signals : np.ndarray [shape=(..., n)]
        ``n`` ≥ 1.
    length, step : int > 0
        In samples.

    Returns
    -------
    np.ndarray [shape=(..., ceil(n / step), length)]
        A read-only view of one padded copy.
    """
    size = signals.shape[-1]
    count = -(-size // step)
    padded = np.zeros((*signals.shape[:-1], (count - 1) * step + max(length, size)), signals.dtype)
    padded[..., :size] = signals
    return sliding_window_view(padded, length, axis=-1)[..., : count * step : step, :]
