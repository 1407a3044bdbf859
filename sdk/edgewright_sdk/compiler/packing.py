"""The order in which kernels read the weights of convolutions: ``network_gemm.h`` and ``network_depthwise.h``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Output channels that lie side by side, ``ew_panel``.
PANEL: Final = 16


def packed(weights: NDArray[Any], groups: int = 1) -> NDArray[Any]:
    """Put weights into the order of the kernels.

    Parameters
    ----------
    weights : np.ndarray [shape=(filters, channels, height, width)]
        As ONNX has them: `channels` are those of one group. Of a dense layer ``(outputs, inputs)``.
    groups : int >= 1

    Returns
    -------
    np.ndarray [shape=(n,)]
        Of each group, panels of 16 filters ``(height, width, channels, 16)``, the last as wide as what is left. Where each
        channel stands by itself ``(height, width, filters)``.
    """
    by_tap = np.moveaxis(weights.reshape(*weights.shape[:2], -1), 1, -1)  # filter, tap, channel
    filters, taps, channels = by_tap.shape
    if is_depthwise(filters, channels, groups):
        return by_tap.reshape(filters, taps).T.ravel()
    of_group = filters // groups
    panels = [
        by_tap[first : min(first + PANEL, end)]
        for end in range(of_group, filters + 1, of_group)
        for first in range(end - of_group, end, PANEL)
    ]
    return np.concatenate([np.moveaxis(panel, 0, -1).ravel() for panel in panels])


def is_depthwise(filters: int, channels: int, groups: int) -> bool:
    """Whether each channel stands by itself; `channels` are those of one group."""
    return filters == groups > 1 and channels == 1
