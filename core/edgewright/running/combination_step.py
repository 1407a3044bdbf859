"""Host step from the decisions of several learning nodes to one decision a window, and its metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.planner.plan import INDEX
from edgewright.planner.tasks import FromTask, HostTask, StepInputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 2
#: Stands for a node in a run folder: what all learning nodes together decide. No node may have this id.
DECISION = "decision"


def combined_nodes(kinds: Mapping[str, str]) -> list[str]:
    """Nodes that decide together, by the kinds of all learning nodes in the order of the impulse.

    None where one decides alone, or none gives an anomaly score.
    """
    nodes = [node for node, kind in kinds.items() if kind in ("anomaly", "classification")]
    return nodes if len(nodes) > 1 and "anomaly" in kinds.values() else []


def combination_task(kinds: Mapping[str, str], seed: int) -> HostTask | None:
    """The step ``decision/combine``; None where no nodes decide together."""
    nodes = combined_nodes(kinds)
    if not nodes:
        return None
    return HostTask(
        id=f"{DECISION}/combine", node=DECISION, operation="combine", step=_combine, version=VERSION,
        settings={"nodes": nodes, "seed": seed},
        reads=(FromTask(INDEX, "samples"), *(FromTask(f"{node}/decide", "decisions") for node in nodes)),
    )  # fmt: skip


def _combine(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    from edgewright.scoring import combined_documents

    def read(task: str, output: str) -> Any:
        return json.loads(inputs[task, output].read_text(encoding="utf-8"))

    decisions = {node: read(f"{node}/decide", "decisions") for node in settings["nodes"]}
    documents = combined_documents(decisions, read(INDEX, "samples"), seed=settings["seed"])
    outputs = {}
    for name, document in zip(("decisions", "metrics"), documents, strict=True):
        outputs[name] = f"{name}.json"
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (out / outputs[name]).write_text(text, encoding="utf-8")
    return outputs
