"""Drift: do the inputs of a model still lie where they lay in training? The rule, and the float32, of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Above it, drift is told: so many standard deviations of training.
DRIFT_LIMIT = 2.0
_PAST = np.float32(99.0) / np.float32(101.0)  # (k - 1)/(k + 1): about k = 100 windows are averaged
_FARTHEST = np.float32(10.0)


class Drift:
    """Running means of the features that a node standardises, on one stream.

    Parameters
    ----------
    selected : array-like of int [shape=(k,)]
        Columns of the features.
    mean, scale : array-like [shape=(k,)]
        Of training.

    Attributes
    ----------
    value : float
        How far the farthest of them is from training's mean, in standard deviations of training. A single window counts for
        no more than 10 deviations.

    Examples
    --------
    >>> drift = Drift([1], [5.0], [2.0])
    >>> for _ in range(400):
    ...     _ = drift.of([0.0, 12.0])
    >>> round(drift.value, 2)
    3.5
    """

    def __init__(self, selected: ArrayLike, mean: ArrayLike, scale: ArrayLike) -> None:
        self._selected = np.asarray(selected, np.intp)
        self._mean, self._scale = np.asarray(mean, np.float32), np.asarray(scale, np.float32)
        self._running: NDArray[np.float32] = np.zeros(len(self._selected), np.float32)
        self.value = 0.0

    def of(self, features: ArrayLike) -> float:
        """Take the features of the stream's next window in, and return ``value``."""
        x = np.asarray(features, np.float32)[self._selected]
        z = np.clip((x - self._mean) / self._scale, -_FARTHEST, _FARTHEST)
        self._running = np.asarray(_PAST * self._running + (np.float32(1) - _PAST) * z, np.float32)
        self.value = float(np.abs(self._running).max(initial=0.0))
        return self.value
