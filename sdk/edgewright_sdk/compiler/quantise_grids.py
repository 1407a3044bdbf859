"""Which values share a grid, and what it spans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edgewright_sdk.compiler.integer_arithmetic import Grid, grid

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgewright_sdk.compiler.ir import Graph, Op
    from edgewright_sdk.compiler.quantise_ranges import Ranges

#: Operations that only choose or move values: what they take and give lies on one grid, so that bytes are copied.
_KEEPING: Final = ("reshape", "transpose", "concat", "pad", "pool")


def grids(graph: Graph, ranges: Ranges, floats: Collection[str]) -> dict[str, Grid]:
    """Give each value and each constant operand its grid.

    Parameters
    ----------
    graph : Graph
    ranges : Ranges
    floats : collection of str
        Values that stay float32; their making asks for no common grid.
    """
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while above.get(name, name) != name:
            name = above[name]
        return name

    spans = {
        name: (float(array.min()), float(array.max())) for name, array in graph.constants.items()
    } | ranges
    for op in graph.ops:
        if op.output not in floats and _keeps(op):
            for name in op.inputs:
                above[root(name)] = root(op.output)
            if op.kind == "pad":
                low, high = spans[op.output]
                spans[op.output] = min(low, op.settings["value"]), max(high, op.settings["value"])
    wide: dict[str, tuple[float, float]] = {}
    for name, (low, high) in spans.items():
        least, most = wide.get(root(name), (0.0, 0.0))
        wide[root(name)] = min(least, low), max(most, high)
    made = {name: grid(*span) for name, span in wide.items()}
    return {name: made[root(name)] for name in spans}


def _keeps(op: Op) -> bool:
    return op.kind in _KEEPING or (op.kind == "reduce" and op.settings["reduction"] in ("max", "min"))
