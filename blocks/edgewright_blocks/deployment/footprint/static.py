"""What is known of an impulse's needs before anything is compiled: tables, and the plan of its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.memory import rounded

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph, Step


def plan_document(graph: Graph) -> dict[str, Any]:
    """Tables, memory and states of every node, and of all.

    ``live_bytes`` of a node is what must lie in the arena while it runs: its input, scratch and outputs, and the outputs of
    others that are still needed.
    """
    _, state_bytes = graph.states
    return {
        "name": graph.name,
        "arena_bytes": arena_bytes(graph),
        "state_bytes": state_bytes,
        "tables_bytes": sum(_tables(step) for step in graph.steps),
        "nodes": [
            {
                "id": step.id,
                "symbol": step.node.symbol,
                "tables_bytes": _tables(step),
                "state_bytes": step.node.state_bytes,
                "scratch_bytes": step.node.scratch_bytes,
                "live_bytes": sum(
                    rounded(slot.size) for slot in graph.slots if slot.first <= step.index <= slot.last
                ),
            }
            for step in graph.steps
        ],
    }


def _tables(step: Step) -> int:
    return sum(np.asarray(table.value).nbytes for table in step.node.tables if table.is_array)
