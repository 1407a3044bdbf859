"""The memory plan of a network: one arena, values that are never needed together share its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edgewright_sdk.codegen.memory import Slot, plan_arena, rounded

if TYPE_CHECKING:
    from edgewright_sdk.compiler.ir import Graph, Op

#: Kinds that take each number by itself → the inputs in whose place they may write.
EACH: Final = {
    "activation": (0,),
    **dict.fromkeys(("add", "sub", "mul", "div"), (0, 1)),
    "softmax": (0,),
    "lookup": (0,),
}
#: Kinds that add another value to what they give, number by number → that input.
RESIDUAL: Final = {"conv": 3, "dense": 3}


@dataclass(frozen=True)
class Memory:
    """Where values lie.

    Attributes
    ----------
    places : dict of str to int
        Of each value, in bytes from the start of the arena.
    size : int
        Bytes of the arena: the most that is needed at a time, as the plan places it.
    slots : list of Slot
        Bytes and life of what lies by itself, in operations.
    """

    places: dict[str, int]
    size: int
    slots: list[Slot]

    def spare(self, step: int) -> tuple[int, int]:
        """Place and size, in bytes, of the largest piece of the arena that no value needs at a step.

        Examples
        --------
        >>> slots = [Slot("a", 30, 0, 1), Slot("b", 10, 1, 2), Slot("c", 90, 2, 3)]
        >>> memory = Memory({"a": 0, "b": 96, "c": 0}, 112, slots)
        >>> memory.spare(1), memory.spare(2)
        ((32, 64), (0, 0))
        """
        taken = sorted(
            (self.places[slot.name], slot.size) for slot in self.slots if slot.first <= step <= slot.last
        )
        end, most, place = 0, 0, 0
        for begin, size in [*taken, (self.size, 0)]:
            if begin - end > most:
                most, place = begin - end, end
            end = max(end, begin + rounded(size))
        return place, most


def plan_memory(graph: Graph) -> Memory:
    """Give every value its place."""
    homes = Homes(graph)
    slots = homes.slots()
    plan = plan_arena(slots)
    places = {name: plan.offsets[root] + offset for name, (root, offset) in homes.found.items()}
    return Memory(places, plan.size, slots)


class Homes:
    """Which values are parts of others, and how long each is needed.

    A reshape has the numbers of what it takes, ``rows`` are a part of it; what ``stack`` takes are the parts of what it gives. What
    is worked out number by number lies where its input lay, if that isn't needed any more.

    Parameters
    ----------
    graph : Graph
    in_place : bool
        Whether anything may lie where its input lay.

    Attributes
    ----------
    found : dict of str to tuple of (str, int)
        In which value each lies, and from which byte on.
    """

    def __init__(self, graph: Graph, *, in_place: bool = True) -> None:
        self._graph = graph
        self.found = {graph.input: (graph.input, 0)}
        self._parts = {graph.input: [graph.input]}
        self._first, self._last = {graph.input: 0}, {graph.input: 0}
        for step, op in enumerate(graph.ops, start=1):
            self._use(op, step)
            self._place(op, step)
        for name in graph.outputs:
            self._last[self.found[name][0]] = len(graph.ops) + 1
        for step, op in enumerate(graph.ops if in_place else (), start=1):
            self._write_in_place(op, step)

    def slots(self) -> list[Slot]:
        """Bytes and life of what lies by itself."""
        return [Slot(name, self._bytes(name), self._first[name], self._last[name]) for name in self._first]

    def _use(self, op: Op, step: int) -> None:
        for name in op.inputs:
            if name in self.found:
                self._last[self.found[name][0]] = step

    def _place(self, op: Op, step: int) -> None:
        if op.kind in ("reshape", "rows"):
            root, offset = self.found[op.inputs[0]]
            self.found[op.output] = (root, offset + part_begin(self._graph, op))
            self._parts[root].append(op.output)
            return
        self.found[op.output] = (op.output, 0)
        self._parts[op.output] = [op.output]
        self._first[op.output] = self._last[op.output] = step
        if op.kind == "stack":
            offset = 0
            for name in op.inputs:
                self._join(self.found[name][0], op.output, offset)
                offset += self._bytes(name)

    def _write_in_place(self, op: Op, step: int) -> None:
        places = EACH.get(op.kind, ())
        if "residual" in op.settings:
            places = (RESIDUAL[op.kind],)
        for place in places:
            name = op.inputs[place]
            others = [other for i, other in enumerate(op.inputs) if i != place and other in self.found]
            if name in self.found and self._may_end(op, name, step) and self._apart(op, name, others):
                root, offset = self.found[op.output]
                self._join(self.found[name][0], root, offset)
                return

    def _may_end(self, op: Op, name: str, step: int) -> bool:
        """Whether the output may lie where this input does: nobody needs it later, and sizes are the same."""
        (root, offset), (made, _) = self.found[name], self.found[op.output]
        same = offset == 0 and self._bytes(root) == self._bytes(name) == self._bytes(op.output)
        # A large value shouldn't begin to live earlier because a part of it does.
        sooner = self._first[root] < self._first[made] and self._bytes(made) > self._bytes(op.output)
        return same and root != made and self._last[root] == step and not sooner

    def _apart(self, op: Op, name: str, others: list[str]) -> bool:
        """Whether no other input is read at other numbers than are written."""
        root, _ = self.found[name]
        return all(
            self.found[other][0] != root or (op.kind in EACH and self._bytes(other) == self._bytes(name))
            for other in others
        )

    def _join(self, root: str, into: str, offset: int) -> None:
        parts = self._parts.pop(root)
        for name in parts:
            self.found[name] = (into, self.found[name][1] + offset)
        self._parts[into] += parts
        self._first[into] = min(self._first[into], self._first.pop(root))
        self._last[into] = max(self._last[into], self._last.pop(root))

    def _bytes(self, name: str) -> int:
        return self._graph.count(name) * self._graph.itemsize(name)


def part_begin(graph: Graph, op: Op) -> int:
    """From which byte of its input a reshape or rows begin."""
    if op.kind == "reshape":
        return 0
    whole = graph.shapes[op.inputs[0]]
    row = graph.count(op.inputs[0]) // whole[1] * graph.itemsize(op.inputs[0])
    return int(op.settings["begin"]) * row
