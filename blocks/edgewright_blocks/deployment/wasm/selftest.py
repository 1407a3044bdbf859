"""The self-test's windows and what Python computed for them, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.selftest import expected_of, selftest_files

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
        expected = expected_of(step, impulse, len(windows))
        if expected is None:
            continue
        rows: list[dict[str, Any]] = [
            {"score": float(np.float32(score)), "p": [low, high], "decision": decision}
            for score, low, high, decision in expected.rows
        ]
        if expected.probabilities is not None:
            for row, classes in zip(rows, _rows(expected.probabilities), strict=True):
                row["classes"] = classes
        outputs.append(
            {
                "name": step.id,
                "index": index,
                "output": expected.output,
                "tolerance": _tolerance(step),
                "expected": rows,
            }
        )
    return {
        "name": graph.name,
        "buildId": graph.build_id,
        "kind": "image" if graph.image else "signal",
        "windows": _rows(windows),
        "features": features,
        "outputs": outputs,
    }


def _rows(values: np.ndarray[Any, np.dtype[Any]]) -> list[list[float]]:
    rows: list[list[float]] = values.reshape(len(values), -1).tolist()
    return rows


def _tolerance(step: Step) -> dict[str, float]:
    return {name: step.node.tolerance.get(name, 0.0) for name in ("absolute", "relative")}
