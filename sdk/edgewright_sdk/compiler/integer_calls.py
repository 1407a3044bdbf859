"""Int8 operations → the runtime's calls. Fields are those of the structs in ``edgewright/network_int8.h``, in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edgewright_sdk.compiler.calls import (
    LOWERINGS,
    MOST_PIXELS,
    NOWHERE,
    combine_fields,
    image_sizes,
    pool_fields,
    reduce_fields,
)
from edgewright_sdk.compiler.integer_arithmetic import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright_sdk.compiler.calls import Calls, Lowering
    from edgewright_sdk.compiler.ir import Op

_QUANTISE, _DEQUANTISE, _CONVOLVE, _COMBINE, _LOOKUP, _POOL, _REDUCE, _EXACT = range(9, 17)
_FUNCTIONS: Final = {"softmax": 0, "sigmoid": 1, "mean": 2, "sum": 3}
#: Bytes behind the last weights: kernels read that far, and multiply by 0.
_BEHIND: Final = 16


def _convert(calls: Calls, op: Op) -> None:
    on = Grid(np.float32(op.settings["scale"]), op.settings["zero"])
    kind, number = (_QUANTISE, on.inverse) if op.kind == "quantise" else (_DEQUANTISE, on.scale)
    places = [calls.place(op.inputs[0]), calls.place(op.output)]
    calls.add(kind, places, calls.graph.count(op.output), calls.numbers(number), on.zero)


def _conv(calls: Calls, op: Op) -> None:
    (channels, *given), (filters, *made) = (
        image_sizes(calls.shape(name)) for name in (op.inputs[0], op.output)
    )
    s, groups = op.settings, op.settings["groups"]
    weights = np.moveaxis(calls.graph.constants[op.inputs[1]], 1, -1)  # by filter, row, column, channel
    if channels == groups == filters:
        weights = np.moveaxis(weights, 0, -1)
    _sums(
        calls,
        op,
        [calls.place(op.inputs[0]), groups, channels // groups, *given],
        [calls.place(op.output), filters // groups, *made],
        [*s["kernel"], *s["strides"], *s["dilations"], *s["pads"][:2], _weights(calls, op, weights)],
    )


def _dense(calls: Calls, op: Op) -> None:
    outputs, inputs = calls.shape(op.inputs[1])
    rows = calls.graph.count(op.output) // outputs
    weights = _weights(calls, op, calls.graph.constants[op.inputs[1]])
    for first in range(0, rows, MOST_PIXELS):
        count = min(rows - first, MOST_PIXELS)
        given = calls.place(op.inputs[0]) + first * inputs
        made = calls.place(op.output) + first * outputs * calls.graph.itemsize(op.output)
        _sums(calls, op, [given, 1, inputs, 1, count], [made, outputs, 1, count], [*[1] * 6, 0, 0, weights])


def _weights(calls: Calls, op: Op, weights: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> int:
    """Place of weights in the order of the kernels; bands of one operation share them."""
    return calls.once(f"{op.inputs[1]}#int8", np.append(weights, np.zeros(_BEHIND, np.int8)))


def _sums(calls: Calls, op: Op, given: list[int], made: list[int], sliding: list[int]) -> None:
    bias, *rest = (calls.place(name) for name in op.inputs[2:])
    scaled = [*rest, NOWHERE] if len(rest) == 2 else [NOWHERE, NOWHERE, *rest]
    calls.add(
        _CONVOLVE, given, made, sliding, [bias, NOWHERE, 0, NOWHERE, op.settings["zero_in"], *scaled, *_bounds(op)],
        calls.spare(),
    )  # fmt: skip


def _bounds(op: Op) -> list[int]:
    return [op.settings.get(name, 0) for name in ("zero", "low", "high")]


def _result(op: Op) -> list[int]:
    return [*op.settings.get("result", (0, 0)), *_bounds(op)]


def _combine(calls: Calls, op: Op) -> None:
    calls.add(_COMBINE, combine_fields(calls, op), op.settings["a"], op.settings["b"], _result(op))


def _lookup(calls: Calls, op: Op) -> None:
    places = [calls.place(op.inputs[0]), calls.place(op.output)]
    calls.add(_LOOKUP, places, calls.graph.count(op.output), calls.place(op.inputs[1]))


def _pool(calls: Calls, op: Op) -> None:
    calls.add(_POOL, pool_fields(calls, op), op.settings["zero"])


def _reduce(calls: Calls, op: Op) -> None:
    calls.add(_REDUCE, reduce_fields(calls, op), op.settings.get("zero_in", 0), _result(op))


def _exact(calls: Calls, op: Op) -> None:
    function = op.settings["function"]
    calls.add(_EXACT, reduce_fields(calls, op.with_settings(reduction="sum"))[:-1], _FUNCTIONS[function])


def _either(whole: Lowering, number: Lowering) -> Lowering:
    def lower(calls: Calls, op: Op) -> None:
        (whole if calls.graph.dtypes.get(op.inputs[0]) == "int8" or _is_int8(calls, op.inputs) else number)(
            calls, op
        )

    return lower


def _is_int8(calls: Calls, names: Sequence[str]) -> bool:
    return any(
        name in calls.graph.constants and calls.graph.constants[name].dtype == np.int8 for name in names
    )


#: Kind of an operation → what writes its calls, float32 or int8.
ALL_LOWERINGS: Final[dict[str, Lowering]] = {
    **LOWERINGS,
    "quantise": _convert,
    "dequantise": _convert,
    "lookup": _lookup,
    "exact": _exact,
    "conv": _either(_conv, LOWERINGS["conv"]),
    "dense": _either(_dense, LOWERINGS["dense"]),
    "pool": _either(_pool, LOWERINGS["pool"]),
    "reduce": _either(_reduce, LOWERINGS["reduce"]),
    **{kind: _either(_combine, LOWERINGS[kind]) for kind in ("add", "sub", "mul")},
}
