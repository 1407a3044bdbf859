"""Numbers as int8: their scale and zero, and rounding that is the same everywhere (that of TensorFlow Lite and CMSIS-NN)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LOW: Final = -128
HIGH: Final = 127
#: A sum of two floats this large is a multiple of 1, rounded half to even.
_MAGIC: Final = np.float32(1.5 * 2**23)
_FAR: Final = np.float32(512.0)


class Grid(NamedTuple):
    """What int8 values stand for: ``scale · (q − zero)``, with a zero that is exact."""

    scale: np.float32
    zero: int

    @property
    def inverse(self) -> np.float32:
        """Steps per unit, as the device multiplies."""
        return np.float32(1.0) / self.scale

    def rounded(self, value: float) -> int:
        """Value on the grid that is nearest to a number."""
        return int(self.quantised(np.float32(np.clip(value, -3e38, 3e38))))

    def quantised(self, values: ArrayLike) -> NDArray[np.int8]:
        """Nearest values, half to even, in float32 steps; NaN becomes the lowest."""
        with np.errstate(over="ignore", invalid="ignore"):
            steps = np.asarray(values, np.float32) * self.inverse
        steps = np.where(steps > -_FAR, steps, -_FAR)
        steps = np.where(steps < _FAR, steps, _FAR)
        whole = ((steps + _MAGIC) - _MAGIC).astype(np.int32) + self.zero
        return np.clip(whole, LOW, HIGH).astype(np.int8)

    def numbers(self, values: NDArray[np.int8]) -> NDArray[np.float32]:
        """What values on the grid stand for."""
        return np.asarray((values.astype(np.int32) - self.zero).astype(np.float32) * self.scale, np.float32)


def grid(low: float, high: float) -> Grid:
    """Choose a grid for values between two numbers; 0 lies on it."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    scale = np.float32((high - low) / (HIGH - LOW))
    if not np.isfinite(scale) or scale < np.finfo(np.float32).tiny:
        scale = np.float32(1.0)
    return Grid(scale, int(np.clip(round(LOW - low / float(scale)), LOW, HIGH)))


def fixed_point(factor: float) -> tuple[int, int]:
    """Write a factor as ``multiplier · 2^(shift − 31)``; the multiplier is 0 or 2^30 at least.

    Examples
    --------
    >>> fixed_point(0.75)
    (1610612736, 0)
    >>> fixed_point(0.0)
    (0, -1)
    """
    nothing = 0, -1  # kernels for SIMD shift to the right alone
    if factor < 2.0**-62:
        return nothing
    part, shift = math.frexp(factor)
    multiplier = round(part * 2**31)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31:  # so small that every sum of int32 gives 0
        return nothing
    if shift > 30:
        return 2**31 - 1, 30
    return multiplier, shift


def rescaled(sums: NDArray[Any], multiplier: ArrayLike, shift: ArrayLike) -> NDArray[np.int64]:
    """``sums · multiplier · 2^(shift − 31)``, rounded twice: half up to 2^−31, then half away from zero.

    Parameters
    ----------
    sums : np.ndarray [dtype=int32 or int64]
        What int32 can hold, also after a shift to the left; it saturates there.
    multiplier, shift : int or array of int
        Of :func:`fixed_point`; an array for the last axis.
    """
    by = np.asarray(shift, np.int64)
    left, right = np.maximum(by, 0), np.maximum(-by, 0)
    raised = np.clip(sums.astype(np.int64) << left, -(2**31), 2**31 - 1)
    high = (raised * np.asarray(multiplier, np.int64) + 2**30) >> 31
    mask = (np.int64(1) << right) - 1
    rest, down = high & mask, high >> right
    return np.asarray(down + (rest > (mask >> 1) + (down < 0)), np.int64)


def clamped(values: NDArray[Any], low: int = LOW, high: int = HIGH) -> NDArray[np.int8]:
    """Values within bounds, as int8."""
    return np.asarray(np.clip(values, low, high).astype(np.int8))
