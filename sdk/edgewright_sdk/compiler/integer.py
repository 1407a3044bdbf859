"""What an int8 network computes: the definition, in numpy, that every device agrees with bit by bit.

Sums are exact in floats, and fit int32. Rounding is that of :mod:`~edgewright_sdk.compiler.integer_arithmetic`. What stays
float32 is computed by single operations, each correctly rounded, in the order that is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.compiler.evaluation import (
    FLOATS,
    REDUCTIONS,
    Evaluation,
    convolved,
    counted,
    image_of,
    largest,
    made_size,
    rows_at_once,
    totals,
)
from edgewright_sdk.compiler.integer_arithmetic import LOW, Grid, clamped, rescaled
from edgewright_sdk.compiler.quantise import RAISED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.compiler.evaluation import Evaluate
    from edgewright_sdk.compiler.ir import Op
    from edgewright_sdk.compiler.quantise import Integer

    Array = NDArray[Any]

#: e^x = 2^k e^r: 1/ln 2, ln 2 in two parts, and the polynomial of e^r − 1 − r over r².
_TO_POWERS: Final = np.float32(1.44269504)
_LN2: Final = (np.float32(0.693359375), np.float32(-2.12194440e-4))
_POLYNOMIAL: Final = [
    np.float32(value)
    for value in (
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
]
_MAGIC: Final = np.float32(1.5 * 2**23)
_LOWEST: Final = np.float32(-87.0)


def evaluate(network: Integer, windows: Array) -> list[Array]:
    """Compute an int8 network.

    Parameters
    ----------
    network : Integer
    windows : np.ndarray [shape=(n, …), dtype=float32]

    Returns
    -------
    list of np.ndarray [shape=(n, …)]
        One an output.
    """
    graph = network.graph
    parts: list[list[Array]] = []
    given: Array = np.asarray(windows, np.float32)
    if network.entry is not None:
        given = network.entry.quantised(given)
    step = rows_at_once(graph)
    for start in range(0, max(len(given), 1), step):
        evaluation = Evaluation(graph, given[start : start + step])
        for _ in evaluation.run(INTEGERS):
            pass
        parts.append([evaluation[name] for name in graph.outputs])
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def _is_int8(evaluation: Evaluation, op: Op) -> bool:
    return evaluation[op.inputs[0]].dtype == np.int8


def _either(whole: Evaluate, number: Evaluate) -> Evaluate:
    return lambda evaluation, op: (whole if _is_int8(evaluation, op) else number)(evaluation, op)


def _quantise(evaluation: Evaluation, op: Op) -> Array:
    return _grid(op).quantised(evaluation[op.inputs[0]])


def _dequantise(evaluation: Evaluation, op: Op) -> Array:
    return _grid(op).numbers(evaluation[op.inputs[0]])


def _grid(op: Op) -> Grid:
    return Grid(np.float32(op.settings["scale"]), op.settings["zero"])


def _conv(evaluation: Evaluation, op: Op) -> Array:
    values, weights = _factors(evaluation, op)
    return _summed(evaluation, op, convolved(image_of(values), weights, op, made_size(evaluation, op)))


def _dense(evaluation: Evaluation, op: Op) -> Array:
    values, weights = _factors(evaluation, op)
    return _summed(evaluation, op, values.reshape(len(values), -1, weights.shape[1]) @ weights.T)


def _factors(evaluation: Evaluation, op: Op) -> tuple[Array, Array]:
    """Values less their zero, and weights, as floats that hold every sum of their products exactly."""
    weights = evaluation.constant(op, 1)
    most = 255 * np.abs(weights.astype(np.int64)).reshape(len(weights), -1).sum(axis=1).max()
    dtype: Any = np.float32 if most < 2**24 else np.float64
    zero = dtype(op.settings["zero_in"])
    return evaluation[op.inputs[0]].astype(dtype) - zero, weights.astype(dtype)


def _summed(evaluation: Evaluation, op: Op, sums: Array) -> Array:
    whole = sums.astype(np.int64) + evaluation.constant(op, 2)
    if evaluation.graph.dtypes.get(op.output) != "int8":
        return np.asarray(whole.astype(np.int32).astype(np.float32) * evaluation.constant(op, 3))
    return _bounded(op, rescaled(whole, evaluation.constant(op, 3), evaluation.constant(op, 4)))


def _bounded(op: Op, values: Array) -> Array:
    return clamped(values + op.settings["zero"], op.settings["low"], op.settings["high"])


def _combine(evaluation: Evaluation, op: Op) -> Array:
    a, b = (
        values.astype(np.int64) - op.settings[side][0]
        for values, side in zip(evaluation.pair(op), ("a", "b"), strict=True)
    )
    if op.kind == "mul":
        return _bounded(op, rescaled(a * b, *op.settings["result"]))
    left, right = (
        rescaled(values << RAISED, *op.settings[side][1:]) for values, side in ((a, "a"), (b, "b"))
    )
    return _bounded(op, rescaled(left + right if op.kind == "add" else left - right, *op.settings["result"]))


def _lookup(evaluation: Evaluation, op: Op) -> Array:
    return np.asarray(evaluation.constant(op, 1)[evaluation[op.inputs[0]].astype(np.int64) - LOW])


def _pool(evaluation: Evaluation, op: Op) -> Array:
    if op.settings["pooling"] == "max":
        return largest(evaluation, op, LOW)
    real, padded = counted(evaluation, op)
    sums = totals(evaluation, op, np.int64)
    if op.settings["pooling"] == "average_padded":
        sums, real = sums + (padded - real) * op.settings["zero"], padded
    return clamped(_nearest(sums, real))


def _nearest(sums: Array, count: Array) -> Array:
    """Quotients, half away from zero; 0 where nothing was counted."""
    count = np.maximum(count, 1)
    return np.asarray(np.sign(sums) * ((np.abs(sums) + count // 2) // count))


def _reduce(evaluation: Evaluation, op: Op) -> Array:
    values, axes = evaluation[op.inputs[0]], tuple(1 + axis for axis in op.settings["axes"])
    if op.settings["reduction"] in ("max", "min"):
        return np.asarray(REDUCTIONS[op.settings["reduction"]](values, axis=axes))
    sums = (values.astype(np.int64) - op.settings["zero_in"]).sum(axis=axes)
    return _bounded(op, rescaled(sums, *op.settings["result"]))


def _exact(evaluation: Evaluation, op: Op) -> Array:
    """Compute float32 in a defined order: sums from the first to the last."""
    values, function = evaluation[op.inputs[0]], op.settings["function"]
    if function == "sigmoid":
        powers = power_of_e(-np.abs(values))
        return np.asarray(np.where(values < 0, powers, np.float32(1)) / (np.float32(1) + powers))
    rows, back = _along(values, op)
    if function == "softmax":
        powers = power_of_e(rows - rows.max(axis=-1, keepdims=True))
        return np.asarray(back(powers / np.add.accumulate(powers, axis=-1)[..., -1:]))
    sums = np.add.accumulate(rows, axis=-1)[..., -1:]
    return np.asarray(sums / np.float32(rows.shape[-1]) if function == "mean" else sums)


def _along(values: Array, op: Op) -> tuple[Array, Any]:
    """Rows of what an operation takes together, and what puts rows as long back in place."""
    axes = [1 + axis for axis in op.settings["axes"]]
    order = [axis for axis in range(values.ndim) if axis not in axes] + axes
    moved = values.transpose(order)
    kept = values.ndim - len(axes)
    rows = moved.reshape(*moved.shape[:kept], -1)
    return rows, lambda made: made.reshape(moved.shape).transpose(np.argsort(order))


def power_of_e(values: Array) -> Array:
    """e^x of numbers up to 0, in float32 steps; below −87 as of −87."""
    x = np.where(values > _LOWEST, values, _LOWEST)
    whole = (x * _TO_POWERS + _MAGIC) - _MAGIC
    rest = (x - whole * _LN2[0]) - whole * _LN2[1]
    sums = np.full_like(rest, _POLYNOMIAL[0])
    for factor in _POLYNOMIAL[1:]:
        sums = sums * rest + factor
    sums = (sums * (rest * rest) + rest) + np.float32(1)
    return np.asarray(sums * ((whole.astype(np.int32) + 127) << 23).view(np.float32))


#: Kind of an operation → what computes it.
INTEGERS: Final[dict[str, Evaluate]] = {
    **FLOATS,
    "quantise": _quantise,
    "dequantise": _dequantise,
    "conv": _conv,
    "dense": _dense,
    "lookup": _lookup,
    "exact": _exact,
    "pool": _pool,
    **{kind: _either(_combine, FLOATS[kind]) for kind in ("add", "sub", "mul")},
    "reduce": _either(_reduce, FLOATS["reduce"]),
}
