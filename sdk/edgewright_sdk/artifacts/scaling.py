"""Scalers before an estimator, folded into it: a device then computes no scaling at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.artifacts.kernels import Kernel
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.trees import Trees
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.pickles import Shell
    from edgewright_sdk.artifacts.predictor import Predictor

_SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")


@dataclass(frozen=True)
class Scaling:
    """``(x − shift) / divisor · factor + offset`` a feature, each step rounded to float32 as scikit-learn does."""

    shift: NDArray[np.float64]
    divisor: NDArray[np.float64]
    factor: NDArray[np.float64]
    offset: NDArray[np.float64]

    def apply(self, x: NDArray[np.float32], feature: NDArray[np.int32]) -> NDArray[np.float32]:
        """Scale values ``(n,)`` of the features given."""
        steps = (
            (np.subtract, self.shift),
            (np.divide, self.divisor),
            (np.multiply, self.factor),
            (np.add, self.offset),
        )
        with np.errstate(over="ignore", invalid="ignore"):
            for step, numbers in steps:
                x = step(x.astype(np.float64), numbers[feature]).astype(np.float32)
        return x


def scaling_of(step: Shell, name: str) -> Scaling:
    """Read a fitted scaler.

    Raises
    ------
    BlockError
        The step of a pipeline is something else.
    """
    kind = getattr(step, "name", type(step).__name__)
    if kind not in _SCALERS or step.get("clip"):
        what = f"{kind} with clip" if kind in _SCALERS else kind
        raise BlockError(
            f"{name}: a pipeline with {what} is not supported; allowed before the estimator: {', '.join(_SCALERS)}"
        )
    count = int(step.get("n_features_in_", default=len(np.atleast_1d(step.get("scale_", default=())))))
    shift = (
        step.get("center_")
        if kind == "RobustScaler"
        else step.get("mean_")
        if step.get("with_mean", default=True)
        else None
    )
    factor = step.get("scale_") if kind == "MinMaxScaler" else None
    divisor = None if kind == "MinMaxScaler" else step.get("scale_")
    offset = step.get("min_") if kind == "MinMaxScaler" else None
    return Scaling(
        *(
            _filled(values, default, count)
            for values, default in ((shift, 0), (divisor, 1), (factor, 1), (offset, 0))
        )
    )


def through(scalings: Sequence[Scaling], predictor: Predictor) -> Predictor:
    """Fold scalers, in the order they come, into what follows them."""
    if scalings and isinstance(predictor.scorer, Kernel):
        return _before_kernel(scalings, predictor)
    for scaling in reversed(scalings):
        scorer = predictor.scorer
        assert isinstance(scorer, Linear | Trees)
        predictor = replace(
            predictor,
            scorer=_linear(scaling, scorer) if isinstance(scorer, Linear) else _trees(scaling, scorer),
        )
    return predictor


def _before_kernel(scalings: Sequence[Scaling], predictor: Predictor) -> Predictor:
    """A radial kernel's distances can't absorb scales: mean and scale stay a step of their own, one for all scalers."""
    slope: NDArray[np.float64] = np.ones(len(scalings[0].shift))
    offset: NDArray[np.float64] = np.zeros(len(slope))
    for scaling in scalings:
        step = scaling.factor / scaling.divisor
        slope, offset = slope * step, (offset - scaling.shift) * step + scaling.offset
    standard = {"mean": (-offset / slope).astype(np.float32), "scale": (1 / slope).astype(np.float32)}
    return replace(predictor, extra=predictor.extra | standard)


def _filled(values: object, default: float, count: int) -> NDArray[np.float64]:
    return np.full(count, default, np.float64) if values is None else np.asarray(values, np.float64)


def _linear(scaling: Scaling, linear: Linear) -> Linear:
    slope = scaling.factor / scaling.divisor
    weights = linear.weights * slope
    return Linear(weights, linear.bias + linear.weights @ scaling.offset - weights @ scaling.shift)


def _trees(scaling: Scaling, trees: Trees) -> Trees:
    """Give each test the largest x whose scaled value still holds: found by bisection over all float32 numbers."""
    low: NDArray[np.int64] = np.full(len(trees.threshold), _ordered(-_LARGEST), np.int64)
    high: NDArray[np.int64] = np.full(len(trees.threshold), _ordered(_LARGEST), np.int64)
    for _ in range(33):
        middle = low + (high - low + 1) // 2
        holds = scaling.apply(_number(middle), trees.feature) <= trees.threshold
        low, high = np.where(holds, middle, low), np.where(holds, high, middle - 1)
        high = np.maximum(high, low)
    return replace(trees, threshold=_number(low))


def _ordered(value: np.float32) -> int:
    """Place of a float32 among all: integers in the order of the numbers."""
    bits = int(np.asarray(value, np.float32).view(np.int32))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFF)


def _number(place: NDArray[np.int64]) -> NDArray[np.float32]:
    bits = np.where(place >= 0, place, -place | 0x80000000).astype(np.uint32)
    return bits.view(np.float32)


_LARGEST = np.finfo(np.float32).max
