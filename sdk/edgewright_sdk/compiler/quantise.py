"""Float32 → int8 after training: which values become int8, on which grid, and what each operation multiplies by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.compiler.evaluation import OPERATIONS, activated, reduced_count
from edgewright_sdk.compiler.integer_arithmetic import HIGH, LOW, Grid, fixed_point
from edgewright_sdk.compiler.ir import Op
from edgewright_sdk.compiler.quantise_grids import grids
from edgewright_sdk.compiler.quantise_parts import float_part, is_short
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph
    from edgewright_sdk.compiler.quantise_ranges import Ranges

#: With more products a sum might leave int32.
MOST_TAPS: Final = 32768
_LARGEST_BIAS: Final = 2**30
#: Both sides of a sum are raised by as many bits before they are scaled to one grid.
RAISED: Final = 20


@dataclass(frozen=True)
class Integer:
    """A network in int8.

    Attributes
    ----------
    graph : Graph
        What it computes is defined by :func:`~edgewright_sdk.compiler.integer.evaluate`. Its outputs are float32.
    entry : Grid or None
        On which the input lies; None where it is float32.
    """

    graph: Graph
    entry: Grid | None


def quantise(graph: Graph, ranges: Ranges) -> Integer:
    """Compute a network in int8 wherever its operations have an integer form.

    Parameters
    ----------
    graph : Graph
        After all passes and :func:`~edgewright_sdk.compiler.quantise_ranges.unfused`.
    ranges : Ranges
        Of its values, see :func:`~edgewright_sdk.compiler.quantise_ranges.observe_ranges`.

    Raises
    ------
    BlockError
        For a sum of too many products.
    """
    return _Quantiser(graph, ranges).result()


class _Quantiser:
    """The network that is being made."""

    def __init__(self, graph: Graph, ranges: Ranges) -> None:
        self.graph = graph
        self.floats = float_part(graph)
        self.grids = grids(graph, ranges, self.floats)
        self.ops: list[Op] = []
        self.shapes = dict(graph.shapes)
        self.constants: dict[str, NDArray[Any]] = {}
        self.dtypes: dict[str, str] = {}

    def result(self) -> Integer:
        for op in self.graph.ops:
            if self.is_float(op):
                self._as_float(op)
            else:
                _RULES[op.kind](self, op)
        outputs = tuple(self.number(name) for name in self.graph.outputs)
        made = replace(self.graph, outputs=outputs, ops=self.ops, shapes=self.shapes, dtypes=self.dtypes)
        return _entered(made.changed(self.ops, self.constants), self.grids[self.graph.input])

    def number(self, name: str) -> str:
        """Return the name of a value as float32."""
        if self.dtypes.get(name) != "int8":
            return name
        return self._converted(name, "dequantise", "~float", "float32", self.grids[name])

    def whole(self, name: str) -> str:
        """Return the name of a value or constant as int8."""
        if name in self.graph.constants:
            self.constants[f"{name}~int8"] = self.grids[name].quantised(self.graph.constants[name])
            return f"{name}~int8"
        if self.dtypes.get(name) == "int8":
            return name
        return self._converted(name, "quantise", "~int8", "int8", self.grids[name])

    def _converted(self, name: str, kind: str, suffix: str, dtype: str, on: Grid) -> str:
        made = name + suffix
        if made not in self.shapes:
            self.shapes[made] = self.shapes[name]
            self.dtypes[made] = dtype
            settings = {"scale": float(on.scale), "zero": on.zero}
            self.ops.append(Op(kind, (name,), made, f"{kind} {name!r}", settings))
        return made

    def _as_float(self, op: Op) -> None:
        inputs = tuple(name if name in self.graph.constants else self.number(name) for name in op.inputs)
        self.ops.append(_exact(replace(op, inputs=inputs)))

    def emit(self, op: Op, *inputs: str, constants: Mapping[str, Any] | None = None, **settings: Any) -> None:
        """Add an operation on int8; ``constants`` become further inputs."""
        names = {f"{op.output}#{what}": array for what, array in (constants or {}).items()}
        self.constants |= names
        kept = {name: value for name, value in op.settings.items() if name not in ("function", "numbers")}
        self.ops.append(replace(op, inputs=(*inputs, *names), settings={**kept, **settings}))
        self.dtypes[op.output] = "int8"

    def sum_as_numbers(self, op: Op, constants: dict[str, Any], **settings: Any) -> None:
        """Add a sum that stays float32, and its clip."""
        clip = {name: op.settings[name] for name in ("function", "numbers") if name in op.settings}
        name = f"{op.output}~sum" if clip else op.output
        self.emit(replace(op, output=name), self.whole(op.inputs[0]), constants=constants, **settings)
        del self.dtypes[name]
        if clip:
            self.shapes[name] = self.shapes[op.output]
            self.ops.append(Op("activation", (name,), op.output, op.node, clip))

    def bounds(self, op: Op) -> dict[str, Any]:
        """Zero of what an operation gives, and what its activation clamps to."""
        on, (low, high) = self.grids[op.output], (LOW, HIGH)
        if op.settings.get("function") == "clip":
            low, high = (on.rounded(value) for value in op.settings["numbers"])
        return {"zero": on.zero, "low": low, "high": max(low, high)}

    def is_float(self, op: Op) -> bool:
        """Whether an operation is computed in float32: at the network's ends, or an island without an integer form."""
        return op.output in self.floats or op.kind not in _RULES

    def is_number(self, name: str) -> bool:
        """Whether a value is needed as float32 only."""
        return is_short(self.graph, name) and all(map(self.is_float, self.graph.users(name)))


def _entered(graph: Graph, on: Grid) -> Integer:
    """Let the input lie in int8 where nothing needs it as float32."""
    user = graph.only_user(graph.input)
    if user is None or user.kind != "quantise":
        return Integer(graph, None)
    ops = [op for op in graph.ops if op is not user]
    return Integer(replace(graph, input=user.output, ops=ops), on)


def _exact(op: Op) -> Op:
    """Give what float32 kernels may round in their own order a defined one."""
    if op.settings.get("function") == "sigmoid":
        return replace(op, kind="exact", settings={"function": "sigmoid", "axes": ()})
    if op.kind == "softmax":
        return replace(op, kind="exact", settings={"function": "softmax", "axes": (op.settings["axis"],)})
    if op.kind == "reduce" and op.settings["reduction"] in ("mean", "sum"):
        return replace(
            op, kind="exact", settings={"function": op.settings["reduction"], "axes": op.settings["axes"]}
        )
    return op


def _sum(made: _Quantiser, op: Op) -> None:
    """Convolutions and dense layers; what leaves the network, or goes on in float32, keeps all bits of the sum."""
    weights, bias = (made.graph.constants[name].astype(np.float64) for name in op.inputs[1:3])
    rows = weights.reshape(len(weights), -1)
    if rows.shape[1] > MOST_TAPS:
        raise BlockError(
            f"{made.graph.source} can't be computed in int8: {op.node}: it adds up {rows.shape[1]} products; allowed: {MOST_TAPS}"
        )
    given = float(made.grids[op.inputs[0]].scale)
    scales = np.maximum(np.abs(rows).max(axis=1) / HIGH, np.abs(bias) / (given * _LARGEST_BIAS))
    scales[scales == 0] = scales[scales > 0].min(initial=1.0)
    steps = scales.reshape(-1, *[1] * (weights.ndim - 1))
    constants: dict[str, Any] = {
        "weights8": np.clip(np.rint(weights / steps), -HIGH, HIGH).astype(np.int8),
        "bias32": np.rint(bias / (given * scales)).astype(np.int32),
    }
    zero = {"zero_in": made.grids[op.inputs[0]].zero}
    if made.is_number(op.output):
        constants["factors"] = (given * scales).astype(np.float32)
        made.sum_as_numbers(op, constants, **zero)
        return
    factors = [fixed_point(given * scale / float(made.grids[op.output].scale)) for scale in scales]
    for place, what in enumerate(("multipliers", "shifts")):
        constants[what] = np.array([factor[place] for factor in factors], np.int32)
    made.emit(op, made.whole(op.inputs[0]), constants=constants, **zero, **made.bounds(op))


def _arithmetic(made: _Quantiser, op: Op) -> None:
    """Give sums, differences and products; with one number, as scaled pixels have it, they are a table."""
    for place, name in enumerate(op.inputs):
        constant, other = made.graph.constants.get(name), op.inputs[1 - place]
        if constant is None or np.ptp(constant) != 0 or made.shapes[other] != made.shapes[op.output]:
            continue
        number = float(constant.ravel()[0])
        function = OPERATIONS[op.kind]
        _tabulate(made, op, other, lambda x: function(x, number) if place else function(number, x))  # noqa: B023
        return
    (_mul if op.kind == "mul" else _add)(made, op)


def _add(made: _Quantiser, op: Op) -> None:
    a, b = (made.grids[name] for name in op.inputs)
    common = 2.0 * max(float(a.scale), float(b.scale))
    terms = [(on.zero, *fixed_point(float(on.scale) / common)) for on in (a, b)]
    result = fixed_point(common / (2**RAISED * float(made.grids[op.output].scale)))
    made.emit(op, *map(made.whole, op.inputs), a=terms[0], b=terms[1], result=result, **made.bounds(op))


def _mul(made: _Quantiser, op: Op) -> None:
    a, b = (made.grids[name] for name in op.inputs)
    result = fixed_point(float(a.scale) * float(b.scale) / float(made.grids[op.output].scale))
    made.emit(
        op, *map(made.whole, op.inputs), a=(a.zero, 0, 0), b=(b.zero, 0, 0), result=result, **made.bounds(op)
    )


def _activation(made: _Quantiser, op: Op) -> None:
    _tabulate(made, op, op.inputs[0], lambda x: activated(x, op))


def _tabulate(
    made: _Quantiser, op: Op, name: str, function: Callable[[NDArray[np.float64]], NDArray[Any]]
) -> None:
    """Apply a function of one value as a table of what each of the 256 becomes."""
    every = np.arange(LOW, HIGH + 1, dtype=np.int64).astype(np.int8)
    with np.errstate(invalid="ignore"):
        table = function(made.grids[name].numbers(every).astype(np.float64))
        table8 = made.grids[op.output].quantised(table)
    made.emit(replace(op, kind="lookup"), made.whole(name), constants={"table8": table8})


def _moved(made: _Quantiser, op: Op) -> None:
    """Put values elsewhere; they stay on one grid."""
    settings = dict(op.settings)
    if op.kind == "pad":
        settings["value"] = made.grids[op.output].rounded(op.settings["value"])
    made.emit(replace(op, settings=settings), *map(made.whole, op.inputs))


def _pool(made: _Quantiser, op: Op) -> None:
    made.emit(op, made.whole(op.inputs[0]), zero=made.grids[op.output].zero)


def _reduce(made: _Quantiser, op: Op) -> None:
    given = made.grids[op.inputs[0]]
    settings: dict[str, Any] = {}
    if op.settings["reduction"] in ("mean", "sum"):
        count = reduced_count(made.graph, op) if op.settings["reduction"] == "mean" else 1
        factor = float(given.scale) / (count * float(made.grids[op.output].scale))
        settings = {"zero_in": given.zero, "result": fixed_point(factor), **made.bounds(op)}
    made.emit(op, made.whole(op.inputs[0]), **settings)


#: Kind of an operation → what writes its integer form. Others are islands of float32.
_RULES: Final[dict[str, Callable[[_Quantiser, Op], None]]] = {
    "conv": _sum,
    "dense": _sum,
    **dict.fromkeys(("add", "sub", "mul"), _arithmetic),
    "activation": _activation,
    "pool": _pool,
    "reduce": _reduce,
    **dict.fromkeys(("reshape", "transpose", "concat", "pad"), _moved),
}
