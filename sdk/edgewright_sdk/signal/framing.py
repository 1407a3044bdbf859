"""Cutting signals into frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
