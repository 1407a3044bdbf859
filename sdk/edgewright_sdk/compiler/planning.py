"""The memory plan of a network: one arena, values that are never needed together share its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.memory import Slot, plan_arena

if TYPE_CHECKING:
    from edgewright_sdk.compiler.ir import Graph

_FLOAT = 4


@dataclass(frozen=True)
class Memory:
    """Where values lie.

    Attributes
    ----------
    places : dict of str to int
        Of each value, in floats from the start of the arena.
    size : int
        Bytes of the arena: the most that is needed at a time, as the plan places it.
    slots : list of Slot
        Bytes and life of each value, in operations. Values of the same numbers by another shape are one slot.
    """

    places: dict[str, int]
    size: int
    slots: list[Slot]


def plan_memory(graph: Graph) -> Memory:
    """Give every value its place; a reshape costs none."""
    roots = {graph.input: graph.input}
    first, last = {graph.input: 0}, {graph.input: 0}
    for step, op in enumerate(graph.ops, start=1):
        for name in op.inputs:
            if name in roots:
                last[roots[name]] = step
        if op.kind == "reshape" and op.inputs[0] in roots:
            roots[op.output] = roots[op.inputs[0]]
        else:
            roots[op.output] = op.output
            first[op.output] = last[op.output] = step
    last[roots[graph.output]] = len(graph.ops) + 1
    slots = [Slot(name, _FLOAT * _count(graph, name), first[name], last[name]) for name in first]
    plan = plan_arena(slots)
    places = {name: plan.offsets[root] // _FLOAT for name, root in roots.items()}
    return Memory(places, plan.size, slots)


def _count(graph: Graph, name: str) -> int:
    return int(np.prod(graph.shapes[name], dtype=np.int64))
