"""Some operations done band by band: a few rows of what the last one gives at a time, and of all values between only what these need.

Rows that two bands need are computed twice. Each band is ordinary operations on ``rows`` of values; ``stack`` joins the bands.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from edgewright_sdk.compiler.ir import Op

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright_sdk.compiler.ir import Graph

_SLIDING: Final = ("conv", "pool")
_ROW_BY_ROW: Final = (
    "activation", "add", "sub", "mul", "div", "dense", "softmax", "concat", "lookup", "quantise", "dequantise",
)  # fmt: skip


class Rows(NamedTuple):
    """From one row to before another."""

    begin: int
    end: int


def has_bands(graph: Graph, op: Op) -> bool:
    """Whether a row of what an operation gives needs only rows nearby."""
    shape = graph.shapes[op.output]
    if len(shape) not in (3, 4) or shape[1] == 1 or op.kind not in (*_SLIDING, *_ROW_BY_ROW):
        return False
    computed = [graph.shapes[name] for name in op.inputs if name not in graph.constants]
    if op.settings.get("axis", 2) == 1 or any(len(given) != len(shape) for given in computed):
        return False
    if op.kind in _SLIDING:
        first, last = needed(graph, op, 0, Rows(0, 1)), needed(graph, op, 0, Rows(shape[1] - 1, shape[1]))
        return first.begin < first.end and last.begin < last.end
    # A value that is repeated along the rows, or a constant with rows of its own, isn't cut.
    constants = [graph.shapes[name] for name in op.inputs if name in graph.constants and op.kind != "dense"]
    cut = [given for given in constants if len(given) == len(shape) and given[1] > 1]
    return not cut and all(given[1] in (1, shape[1]) for given in computed)


def needed(graph: Graph, op: Op, place: int, made: Rows) -> Rows:
    """Rows of an input that rows of the output need; nothing may be left of them in the padding."""
    rows = graph.shapes[op.inputs[place]][1]
    if op.kind in _SLIDING and place == 0:
        begin, end = _window(graph, op, made)
        return Rows(max(begin, 0), min(end, rows))
    return made if rows > 1 else Rows(0, 1)


def _window(graph: Graph, op: Op, made: Rows) -> Rows:
    """Rows that windows cover, padding with them."""
    s, axis = op.settings, 4 - len(graph.shapes[op.output])
    step, reach, pad = s["strides"][axis], (s["kernel"][axis] - 1) * s["dilations"][axis] + 1, s["pads"][axis]
    return Rows(made.begin * step - pad, (made.end - 1) * step - pad + reach)


def in_bands(
    graph: Graph, ops: Sequence[Op], height: int
) -> tuple[list[Op], dict[str, tuple[int, ...]], dict[str, str]]:
    """Do operations band by band.

    Parameters
    ----------
    graph : Graph
    ops : sequence of Op
        One after another; what they give, but for the last, nobody else takes. :func:`has_bands` holds for all.
    height : int
        Rows of what the last one gives in each band.

    Returns
    -------
    ops, shapes, dtypes
        What to do instead, and what the graph has to know of the new values.
    """
    writer = _Bands(graph, ops)
    whole = graph.shapes[ops[-1].output][1]
    parts = [writer.band(Rows(begin, min(begin + height, whole))) for begin in range(0, whole, height)]
    writer.ops.append(Op("stack", tuple(parts), ops[-1].output, ops[-1].node))
    return writer.ops, writer.shapes, writer.dtypes


def demands(graph: Graph, ops: Sequence[Op], made: Rows) -> dict[str, Rows]:
    """Rows of all values that some rows of the last operation's output need."""
    found = {ops[-1].output: made}
    for op in reversed(ops):
        for place, name in enumerate(op.inputs):
            if name in graph.constants:
                continue
            rows = needed(graph, op, place, found[op.output])
            old = found.get(name, rows)
            found[name] = Rows(min(old.begin, rows.begin), max(old.end, rows.end))
    return found


class _Bands:
    """What has been written so far."""

    def __init__(self, graph: Graph, ops: Sequence[Op]) -> None:
        self._graph, self._chain = graph, ops
        self._inside = {op.output for op in ops}
        self._count = 0
        self.ops: list[Op] = []
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.dtypes: dict[str, str] = {}

    def band(self, made: Rows) -> str:
        """Write the operations of one band; gives the name of its part."""
        wanted = demands(self._graph, self._chain, made)
        self._count += 1
        for op in self._chain:
            rows = wanted[op.output]
            inputs = [
                name if name in self._graph.constants else self._rows(op, place, name, rows, wanted)
                for place, name in enumerate(op.inputs)
            ]
            settings = self._padded(op, rows) if op.kind in _SLIDING else op.settings
            output = self._new(op.output, rows)
            self.ops.append(replace(op, inputs=tuple(inputs), output=output, settings=settings))
        return self._name(self._chain[-1].output)

    def _rows(self, op: Op, place: int, name: str, made: Rows, wanted: dict[str, Rows]) -> str:
        """Rows of a value that a band needs: a part of the whole one, or of what the band has of it."""
        rows = needed(self._graph, op, place, made)
        inside = name in self._inside
        held = wanted[name] if inside else Rows(0, self._graph.shapes[name][1])
        source = self._name(name) if inside else name
        if rows == held:
            return source
        part = f"{name}@{rows.begin}-{rows.end}"
        if self._name(part) not in self.shapes:
            begin = {"begin": rows.begin - held.begin}
            self.ops.append(Op("rows", (source,), self._new(part, rows, like=name), op.node, begin))
        return self._name(part)

    def _padded(self, op: Op, made: Rows) -> dict[str, object]:
        """Settings with the padding that a band still has above and below."""
        axis = 4 - len(self._graph.shapes[op.output])
        begin, end = _window(self._graph, op, made)
        pads = list(op.settings["pads"])
        pads[axis] = max(-begin, 0)
        pads[axis + 2] = min(max(end - self._graph.shapes[op.inputs[0]][1], 0), pads[axis + 2])
        return {**op.settings, "pads": tuple(pads)}

    def _name(self, value: str) -> str:
        return f"{value}@{self._count}"

    def _new(self, value: str, rows: Rows, like: str = "") -> str:
        name, old = self._name(value), self._graph.shapes[like or value]
        self.shapes[name] = (old[0], rows.end - rows.begin, *old[2:])
        dtype = self._graph.dtypes.get(like or value)
        if dtype is not None:
            self.dtypes[name] = dtype
        return name


def work(graph: Graph, op: Op) -> int:
    """Multiply-adds of one row of what an operation gives, roughly."""
    row = graph.count(op.output) // graph.shapes[op.output][1]
    if op.kind in ("conv", "dense"):
        return row * int(math.prod(graph.constants[op.inputs[1]].shape[1:]))
    return row * int(math.prod(op.settings.get("kernel", (1,))))
