"""Linear models: one weighted sum an output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Linear:
    """``raw = weights · x + bias``.

    Attributes
    ----------
    weights : np.ndarray [shape=(outputs, features), dtype=float64]
    bias : np.ndarray [shape=(outputs,), dtype=float64]
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    @property
    def features(self) -> int:
        """Number of features."""
        return int(self.weights.shape[1])

    @property
    def outputs(self) -> int:
        """Number of raw outputs."""
        return int(self.weights.shape[0])

    def raw(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Raw outputs of rows ``(n, features)``, in float64. A row's sum doesn't depend on how many rows there are."""
        wide = x.astype(np.float64)
        columns = [(wide * weights).sum(axis=1) for weights in self.weights]
        return np.stack(columns, axis=1) + self.bias

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """As arrays of a model."""
        return {"weights": self.weights, "bias": self.bias}
