"""Support vector machines with a radial kernel: weighted sums of how near the support vectors are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Kernel:
    """``raw_k = bias_k + Σ over support vectors v of coefficients[v, k] · exp(−gamma · |x − v|²)``.

    Attributes
    ----------
    vectors : np.ndarray [shape=(vectors, features), dtype=float64]
    coefficients : np.ndarray [shape=(vectors, outputs), dtype=float64]
    bias : np.ndarray [shape=(outputs,), dtype=float64]
    gamma : float
    """

    vectors: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    bias: NDArray[np.float64]
    gamma: float

    @property
    def features(self) -> int:
        """Number of features."""
        return int(self.vectors.shape[1])

    @property
    def outputs(self) -> int:
        """Number of raw outputs."""
        return len(self.bias)

    def raw(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Raw outputs of rows ``(n, features)``, in float64. A row's sum doesn't depend on how many rows there are."""
        wide = x.astype(np.float64)
        raw = np.zeros((len(x), self.outputs))
        for vector, coefficients in zip(self.vectors, self.coefficients, strict=True):
            away = wide - vector
            near = np.exp(-self.gamma * np.square(away, out=away).sum(axis=1))
            raw += near[:, None] * coefficients
        return raw + self.bias

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """As arrays of a model."""
        return {
            "vectors": self.vectors,
            "coefficients": self.coefficients,
            "bias": self.bias,
            "gamma": np.array([self.gamma]),
        }
