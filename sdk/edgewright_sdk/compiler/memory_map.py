"""What a network needs of the arena, operation by operation: for people to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from edgewright_sdk.compiler.ir import Op
    from edgewright_sdk.compiler.program import Program

#: Kinds that only name parts of values.
_FREE: Final = ("reshape", "rows", "stack")


def memory_map(program: Program) -> dict[str, Any]:
    """Describe a program's memory.

    Returns
    -------
    dict
        ``arena`` and ``weights`` in bytes; ``repeated``, the share of multiply-adds that strips do twice; ``steps``, an operation each: ``name`` (of the ONNX node) and ``kind``; ``values``:
        ``name``, ``offset`` and ``size`` in bytes, ``first`` and ``last`` step at which it is needed. Step 0 is before the first
        operation, when the input is there.
    """
    graph = program.graph
    steps = [op for op in graph.ops if op.kind not in _FREE]
    numbers = _numbers(graph.ops)
    values = [
        {
            "name": slot.name.split("@")[0],
            "offset": program.memory.places[slot.name],
            "size": slot.size,
            "first": numbers[slot.first],
            "last": numbers[slot.last],
        }
        for slot in program.memory.slots
    ]
    tables = (program.weights, program.weights8, program.weights32)
    return {
        "arena": program.memory.size,
        "weights": sum(table.nbytes for table in tables),
        "repeated": program.repeated,
        "steps": [{"name": op.node, "kind": op.kind} for op in steps],
        "values": values,
    }


def _numbers(ops: list[Op]) -> list[int]:
    """Of each step of the plan, how many operations compute something until then; behind the last too."""
    found = [0]
    for op in ops:
        found.append(found[-1] + (op.kind not in _FREE))
    return [*found, found[-1]]
