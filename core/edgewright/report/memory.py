"""What a node's network needs of the arena on the device, operation by operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright_specs.interface import MEMORY_FILE

if TYPE_CHECKING:
    from edgewright.running.run import Run

MAX_VALUES = 3000
MAX_STEPS = 3000
_NUMBERS = ("offset", "size", "first", "last")


def build(run: Run, node: str) -> dict[str, Any] | None:
    """The memory plan that the node's export tells; None where it tells none, or a larger one than a page can hold."""
    path = run.path / "outputs" / node / "export" / MEMORY_FILE
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    values: list[dict[str, Any]] = [
        {"name": str(value["name"]), **{name: max(int(value[name]), 0) for name in _NUMBERS}}
        for value in told["values"]
    ]
    steps = [f"{step['kind']} · {step['name']}" for step in told["steps"]]
    if not steps or not values or len(values) > MAX_VALUES or len(steps) > MAX_STEPS:
        return None
    live = [
        sum(value["size"] for value in values if value["first"] <= step <= value["last"])
        for step in range(len(steps) + 1)
    ]
    return {
        "arena": max(int(told["arena"]), 1),
        "weights": max(int(told["weights"]), 0),
        "repeated": max(float(told.get("repeated", 0.0)), 0.0),
        "steps": ["before the first operation", *steps],
        "values": values,
        "live": live,
        "peak": live.index(max(live)),
    }
