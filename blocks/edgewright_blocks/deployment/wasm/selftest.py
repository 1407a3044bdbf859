"""The self-test's windows and what Python computed for them, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.selftest import expectations, selftest_files

if TYPE_CHECKING:
    from edgewright_sdk import TrainedImpulse
    from edgewright_sdk.codegen.graph import Graph, Step


def selftest_document(graph: Graph, impulse: TrainedImpulse) -> dict[str, Any] | None:
    """Collect windows, features and expected outputs; None without windows."""
    if selftest_files(graph, impulse) is None:  # checks shapes as for C++
        return None
    windows = impulse.selftest("windows")
    assert windows is not None
    features = []
    for step in graph.processing:
        values = impulse.selftest(f"features-{step.id}")
        assert values is not None
        features.append({"name": step.id, "tolerance": _tolerance(step), "values": _rows(values)})
    outputs = []
    for index, step in enumerate(graph.learning):
        scores = impulse.selftest(f"scores-{step.id}")
        if scores is None or step.entry["kind"] != "anomaly":
            continue
        rows = [
            {"score": float(np.float32(score)), "p": [low, high], "decision": decision}
            for score, low, high, decision in expectations(step, scores, impulse.decisions())
        ]
        outputs.append({"name": step.id, "index": index, "tolerance": _tolerance(step), "expected": rows})
    return {
        "name": graph.name,
        "buildId": graph.build_id,
        "windows": _rows(windows),
        "features": features,
        "outputs": outputs,
    }


def _rows(values: np.ndarray[Any, np.dtype[Any]]) -> list[list[float]]:
    rows: list[list[float]] = values.reshape(len(values), -1).tolist()
    return rows


def _tolerance(step: Step) -> dict[str, float]:
    return {name: step.node.tolerance.get(name, 0.0) for name in ("absolute", "relative")}
