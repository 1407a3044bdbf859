"""What values of a network lie between, as calibration windows show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.compiler.evaluation import FLOATS, Evaluation, rows_at_once
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph, Op

Ranges = dict[str, tuple[float, float]]

_CLAMPS: Final = ("none", "clip")


def observe_ranges(graph: Graph, windows: NDArray[Any], *, share: float = 1.0) -> Ranges:
    """Smallest and largest number of each value, over calibration windows.

    Parameters
    ----------
    graph : Graph
        After all passes and :func:`unfused`.
    windows : np.ndarray [shape=(n, …)]
        What goes into the network.
    share : float
        Below 1, that share of the windows is held: the range is a quantile of what each window reaches, so that a few odd windows
        don't make it wide. What lies beyond is clamped.

    Raises
    ------
    BlockError
        There are no windows, or a value isn't finite.
    """
    if len(windows) == 0:
        raise BlockError(f"{graph.source}: int8 needs windows to calibrate with; there are none")
    seen: dict[str, list[NDArray[Any]]] = {}
    step = rows_at_once(graph)
    for start in range(0, len(windows), step):
        evaluation = Evaluation(graph, windows[start : start + step])
        _note(seen, graph.input, evaluation[graph.input])
        for op, made in evaluation.run(FLOATS):
            _note(seen, op.output, made)
    ranges: Ranges = {}
    for name, extremes in seen.items():
        low, high = np.concatenate(extremes, axis=1)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise BlockError(f"{graph.source}: its value {name!r} isn't finite for a calibration window")
        ranges[name] = float(np.quantile(low, 1 - share)), float(np.quantile(high, share))
    return ranges


def _note(seen: dict[str, list[NDArray[Any]]], name: str, values: NDArray[Any]) -> None:
    rows = values.reshape(len(values), -1).astype(np.float64)
    seen.setdefault(name, []).append(np.stack([rows.min(axis=1), rows.max(axis=1)]))


def unfused(graph: Graph) -> Graph:
    """Take residuals and activations that aren't clips out of sums: integers round in between."""
    ops: list[Op] = []
    shapes = dict(graph.shapes)
    graph = _without_divisors(graph)
    for op in graph.ops:
        chain = _chain(op)
        for place in range(len(chain) - 1):
            name = f"{op.output}~{place}"
            shapes[name] = graph.shapes[op.output]
            after = chain[place + 1]
            chain[place : place + 2] = (
                replace(chain[place], output=name),
                replace(after, inputs=(name, *after.inputs[1:])),
            )
        ops += chain
    return replace(graph, ops=ops, shapes=shapes)


def _chain(op: Op) -> list[Op]:
    """Operations that one with a residual or an activation stands for."""
    settings = dict(op.settings)
    residual = settings.pop("residual", False)
    function, numbers = settings.pop("function", "none"), settings.pop("numbers", ())
    if op.kind not in ("conv", "dense") or (not residual and function in _CLAMPS):
        return [op]
    chain = [replace(op, inputs=op.inputs[:3], settings=settings)]
    if residual:
        chain.append(replace(op, kind="add", inputs=("", op.inputs[3]), settings={}))
    if function != "none":
        chain.append(
            replace(op, kind="activation", inputs=("",), settings={"function": function, "numbers": numbers})
        )
    return chain


def _without_divisors(graph: Graph) -> Graph:
    """Multiply by the inverse of constants instead of dividing."""
    ops, inverses = [], {}
    for op in graph.ops:
        divisor = graph.constants.get(op.inputs[1]) if op.kind == "div" else None
        if divisor is not None and (divisor != 0).all():
            name = f"{op.inputs[1]}#inverse"
            inverses[name] = 1 / divisor
            op = replace(op, kind="mul", inputs=(op.inputs[0], name))
        ops.append(op)
    return graph.changed(ops, inverses)
