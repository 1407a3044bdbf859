"""Cells in int8: each channel in equal steps from its smallest to its largest value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOWEST, _COUNT = -128, 255  # of the numbers; steps between the smallest and the largest


@dataclass(frozen=True)
class Steps:
    """Cells whose values are ``offset + scale * numbers``.

    Attributes
    ----------
    numbers : np.ndarray [shape=(m, channels), dtype=int8]
    scale, offset : np.ndarray [shape=(channels,), dtype=float32]
    """

    numbers: NDArray[np.int8]
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]

    @property
    def cells(self) -> NDArray[np.float32]:
        """The values in float32."""
        return self.offset + self.scale * self.numbers.astype(np.float32)


def in_steps(cells: NDArray[np.float32]) -> Steps:
    """Put cells into steps: none is off by more than half of one."""
    low = cells.min(axis=0).astype(np.float64)
    scale = (cells.max(axis=0) - low) / _COUNT
    scale[scale == 0] = 1.0  # a channel that stands still
    numbers = np.clip(np.rint((cells - low) / scale), 0, _COUNT) + _LOWEST
    offset = low - _LOWEST * scale
    return Steps(numbers.astype(np.int8), scale.astype(np.float32), offset.astype(np.float32))
