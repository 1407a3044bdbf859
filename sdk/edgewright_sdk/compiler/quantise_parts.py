"""What of an int8 network stays float32: what only scales its input, and what comes behind its last sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edgewright_sdk.compiler.ir import Graph, Op

_ARITHMETIC: Final = ("add", "sub", "mul", "div")
_LAYOUT: Final = ("reshape", "transpose", "concat", "pad")
_FUNCTIONS: Final = ("clip", "sigmoid", "abs", "sqrt")
#: Values of more numbers, maps, aren't worth four bytes a number.
_MOST: Final = 4096


def float_part(graph: Graph) -> set[str]:
    """Values that are computed in float32, by single roundings in a defined order: equal on every device."""
    return _head(graph) | _tail(graph)


def is_short(graph: Graph, name: str) -> bool:
    """Whether a value is a few numbers, such as scores, rather than a map."""
    return graph.count(name) <= _MOST


def _head(graph: Graph) -> set[str]:
    """Arithmetic with constants before anything else: features of very different sizes have no common grid before it."""
    if not is_short(graph, graph.input):
        return set()
    fixed = {graph.input, *graph.constants}
    found: list[Op] = []
    for op in graph.ops:
        if op.kind in (*_ARITHMETIC, "reshape", "transpose") and fixed.issuperset(op.inputs):
            fixed.add(op.output)
            found.append(op)
    # Moving bytes is cheaper than moving floats: what only moves values waits for the grid.
    kept: set[str] = set()
    for op in reversed(found):
        if op.kind in _ARITHMETIC or any(user.output in kept for user in graph.users(op.output)):
            kept.add(op.output)
    return kept


def _tail(graph: Graph) -> set[str]:
    """Whatever the outputs alone need behind the last sums: a score keeps more than 256 steps, and has no upper end."""
    tail: set[str] = set()
    for op in reversed(graph.ops):
        if not _is_exact(op) or not all(user.output in tail for user in graph.users(op.output)):
            continue
        if all(is_short(graph, name) for name in (op.output, *op.inputs)):
            tail.add(op.output)
    return tail


def _is_exact(op: Op) -> bool:
    if op.kind == "activation":
        return op.settings["function"] in _FUNCTIONS
    return op.kind in (*_ARITHMETIC, *_LAYOUT, "softmax", "reduce")
