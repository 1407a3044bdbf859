"""What a package must give for the windows of its self-test, as JSON, and how what it gives is held to that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.selftest import expected_of
from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_sdk.arrays import Array
    from edgewright_sdk.codegen.graph import Graph, Step
    from edgewright_sdk.deployment import TrainedImpulse


def expectations(
    graph: Graph, impulse: TrainedImpulse, windows: int, *, least: float = 0.0
) -> dict[str, Any]:
    """Collect features and outputs that Python computed, each with its tolerance.

    Parameters
    ----------
    graph : Graph
    impulse : TrainedImpulse
    windows : int
        Of the self-test.
    least : float
        Tolerances below are raised to it.
    """
    features = []
    for step in graph.processing:
        values = impulse.selftest(f"features-{step.id}")
        if values is None or values.shape != (windows, step.node.outputs[0].count):
            raise RequestError(f"selftest/features-{step.id}.npy is missing or not ({windows}, features)")
        features.append(
            {"name": step.id, "tolerance": _tolerance(step, least), "values": rows_of(values)},
        )
    outputs = []
    for index, given in enumerate(graph.learning):
        tolerance = _tolerance(given, least)
        step = replace(given, node=replace(given.node, tolerance=tolerance))
        expected = expected_of(step, impulse, windows)
        if expected is None:
            continue
        rows: list[dict[str, Any]] = [
            {"score": float(np.float32(score)), "p": [low, high], "decision": decision}
            for score, low, high, decision in expected.rows
        ]
        if expected.probabilities is not None:
            for row, classes in zip(rows, rows_of(expected.probabilities), strict=True):
                row["classes"] = classes
        outputs.append(
            {"name": step.id, "index": index, "output": expected.output, "tolerance": tolerance, "expected": rows}
        )  # fmt: skip
    return {
        "name": graph.name,
        "buildId": graph.build_id,
        "kind": "image" if graph.image else "signal",
        "features": features,
        "outputs": outputs,
    }


def rows_of(values: Array) -> list[list[float]]:
    """Windows as JSON has them: a list of numbers each."""
    rows: list[list[float]] = values.reshape(len(values), -1).tolist()
    return rows


def compare(
    document: Mapping[str, Any],
    windows: int,
    features: Sequence[Array] | None,
    outputs: Sequence[Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """Say how far a package is from Python.

    Parameters
    ----------
    document : mapping
        Of :func:`expectations`.
    windows : int
    features : sequence of np.ndarray, optional
        Of each processing node; None where the package doesn't give them.
    outputs : sequence
        Of each of the document's outputs and each window: ``score``, ``p``, ``threshold``, ``decision``, and ``classes`` of a
        classifier.

    Returns
    -------
    dict
        ``ok``, and what was found, as ``verification.json`` holds it.
    """
    nodes, differing, beyond = {}, [], 0
    for expected, given in zip(document["features"], features or (), strict=False):
        nodes[expected["name"]] = _compared(
            "features", given, np.array(expected["values"]), expected["tolerance"]
        )
    for output, results in zip(document["outputs"], outputs, strict=True):
        rows = output["expected"]
        what = "classes" if output["output"] == "probabilities" else "score"
        device = np.array([result[what] for result in results])
        python = np.array([row[what] for row in rows])
        nodes[output["name"]] = _compared(output["output"], device, python, output["tolerance"])
        for number, (result, row) in enumerate(zip(results, rows, strict=True)):
            beyond += not row["p"][0] - 1e-6 <= result["p"] <= row["p"][1] + 1e-6
            if result["decision"] != row["decision"]:
                # What the score was weighed against: the threshold, or the class that the device prefers.
                other_class = what == "classes" and result["decision"] >= 0
                rival = row["classes"][result["decision"]] if other_class else result["threshold"]
                allowed = (2 if other_class else 1) * _allowed(row["score"], output["tolerance"])
                differing.append(
                    {
                        "node": output["name"],
                        "window": number,
                        "device_score": result["score"],
                        "python_score": row["score"],
                        "threshold": result["threshold"],
                        "within_tolerance": bool(abs(row["score"] - rival) <= allowed),
                    }
                )
    ok = not beyond and all(n["beyond_tolerance"] == 0 for n in nodes.values())
    return {
        "build_id": document["buildId"],
        "windows": windows,
        "nodes": nodes,
        "p_values_beyond_tolerance": beyond,
        "decisions_differ": differing,
        "ok": ok and all(d["within_tolerance"] for d in differing),
    }


def _tolerance(step: Step, least: float) -> dict[str, float]:
    return {name: max(step.node.tolerance.get(name, 0.0), least) for name in ("absolute", "relative")}


def _allowed(value: Any, tolerance: Mapping[str, float]) -> Any:
    return tolerance["absolute"] + tolerance["relative"] * np.abs(value)


def _compared(what: str, device: Any, python: Any, tolerance: Mapping[str, float]) -> dict[str, Any]:
    difference = np.nan_to_num(np.abs(device.astype(np.float64) - python), nan=1e300, posinf=1e300)
    beyond = ~(difference <= _allowed(python, tolerance))
    return {
        "output": what,
        "largest_difference": float(difference.max(initial=0.0)),
        "beyond_tolerance": int(beyond.sum()),
        "tolerance": tolerance,
    }
