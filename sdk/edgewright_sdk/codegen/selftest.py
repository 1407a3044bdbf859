"""A package's self-test: at most 8 windows with what Python computed, and a C++ program that compares.

The program prints one JSON object: the largest difference of each node, the windows whose decision differs, and
whether all is within tolerance. It exits with 0 when it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.graph import Graph, Step, quantile_tables
from edgewright_sdk.codegen.literals import array_definition, float_literal
from edgewright_sdk.codegen.tables import threshold_of
from edgewright_sdk.codegen.templates import fill
from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from edgewright_sdk.arrays import Array
    from edgewright_sdk.deployment import TrainedImpulse

MAX_WINDOWS = 8


def selftest_files(graph: Graph, impulse: TrainedImpulse) -> dict[str, str] | None:
    """Write ``selftest.cpp`` and ``selftest_data.h``; None when the deployment folder has no windows."""
    windows = selftest_windows(graph, impulse)
    if windows is None:
        return None
    n, upper = graph.name, graph.name.upper()
    streams = not graph.image
    program = fill(
        "selftest.cpp",
        n=n,
        N=upper,
        name=n,
        ctype="uint8_t" if graph.image else "float",
        stream_storage=f"{n}_stream stream;\n" if streams else "",
        stream_init=f"    if ({n}_stream_init(&stream, &model) != {upper}_OK) return 2;\n" if streams else "",
        stream_bytes=f"static_cast<int>(sizeof({n}_stream))" if streams else "0",
        stream_check=fill("selftest_stream.cpp", n=n, N=upper) if streams else "",
    )
    return {"selftest.cpp": program, "selftest_data.h": _data(graph, impulse, windows)}


def selftest_windows(graph: Graph, impulse: TrainedImpulse) -> Array | None:
    """The windows of a self-test; None when the deployment folder has none.

    Raises
    ------
    RequestError
        When they are too many or of another shape.
    """
    windows = impulse.selftest("windows")
    if windows is None or len(windows) == 0:
        return None
    if len(windows) > MAX_WINDOWS or windows.shape[1:] != graph.shape:
        raise RequestError(
            f"selftest/windows.npy has shape {windows.shape}; at most {MAX_WINDOWS} windows of {graph.shape} are allowed"
        )
    return windows


@dataclass(frozen=True)
class Expected:
    """What a learning node gives for each of the windows.

    Attributes
    ----------
    output : str
        ``probabilities`` of a classifier, else ``scores``.
    rows : list of tuple
        Score, lowest and highest p-value within tolerance, and decision: see the package's ``output`` struct.
    probabilities : np.ndarray [shape=(windows, classes)] or None
    """

    output: str
    rows: list[tuple[float, float, float, int]]
    probabilities: Array | None = None


def expected_of(step: Step, impulse: TrainedImpulse, windows: int) -> Expected | None:
    """Read what Python computed at a learning node; None when the deployment folder doesn't hold it.

    Raises
    ------
    RequestError
        When it is of another number of windows or classes.
    """
    classifies = step.entry["kind"] == "classification"
    output = "probabilities" if classifies else "scores"
    given = impulse.selftest(f"{output}-{step.id}")
    if given is None:
        return None
    shape = (windows, len(step.classes)) if classifies else (windows,)
    decisions = impulse.decisions()
    if given.shape != shape or len(decisions) != windows:
        raise RequestError(
            f"selftest/{output}-{step.id}.npy must have shape {shape}, and decisions.json hold {windows} windows"
        )
    if classifies:
        return Expected(output, [_of_classes(row, threshold_of(step)) for row in given], given)
    scores = given.astype(np.float64).tolist()
    if step.entry["kind"] == "regression":
        return Expected(output, [(score, -1.0, -1.0, 0) for score in scores])
    flags = [int(bool(decision["nodes"][step.id]["anomalous"])) for decision in decisions]
    return Expected(
        output, [(score, *_chances(step, score), flag) for score, flag in zip(scores, flags, strict=True)]
    )


def _of_classes(row: Array, threshold: float) -> tuple[float, float, float, int]:
    best = int(row.argmax())
    return float(row[best]), -1.0, -1.0, best if np.float32(row[best]) >= np.float32(threshold) else -1


def _chances(step: Step, score: float) -> tuple[float, float]:
    """Lowest and highest p-value of scores within tolerance."""
    held_out, values, counts = quantile_tables(step)
    tolerance = step.node.tolerance
    allowed = tolerance.get("absolute", 0.0) + tolerance.get("relative", 0.0) * abs(score)
    return (
        p_value(held_out, values, counts, score + allowed),
        p_value(held_out, values, counts, score - allowed),
    )


def p_value(held_out: int, values: Array, counts: Array, score: float) -> float:
    """The p-value of docs/architecture.md, as the device computes it; -1 when unknown."""
    if held_out < 1:
        return -1.0
    place = int(np.searchsorted(values, np.float32(score), side="left"))
    extreme = int(counts[place]) if place < len(counts) else 0
    return (extreme + 1) / (held_out + 1)


def _data(graph: Graph, impulse: TrainedImpulse, windows: Array) -> str:
    count = len(windows)
    kind = np.uint8 if graph.image else np.float32
    parts = [
        "// SPDX-License-Identifier: 0BSD",
        f"// Windows and Python's results for the self-test of build {graph.build_id}.",
        "#ifndef SELFTEST_DATA_H",
        "#define SELFTEST_DATA_H",
        "",
        "#include <stdint.h>",
        "",
        "namespace {",
        "",
        f"constexpr int32_t windows = {count};",
        f"constexpr int32_t most_features = {max([s.node.outputs[0].count for s in graph.processing], default=1)};",
        array_definition("window", np.ascontiguousarray(windows, kind)),
        *_features(graph, impulse, count),
        "",
        "struct expectation {\n    float score;\n    float p_lowest;\n    float p_highest;\n    int32_t decision;\n};",
        *_expected(graph, impulse, count),
        "",
        "}  // namespace",
        "",
        "#endif",
        "",
    ]
    return "\n".join(parts)


def _features(graph: Graph, impulse: TrainedImpulse, count: int) -> list[str]:
    parts = []
    for i, step in enumerate(graph.processing):
        array = impulse.selftest(f"features-{step.id}")
        if array is None or array.shape != (count, step.node.outputs[0].count):
            raise RequestError(f"selftest/features-{step.id}.npy is missing or not ({count}, features)")
        parts.append(array_definition(f"features_{i}", np.ascontiguousarray(array, np.float32)))
    size = max(len(parts), 1)
    names = ", ".join(f"features_{i}" for i in range(len(parts))) or "nullptr"
    ids = ", ".join(f'"{step.id}"' for step in graph.processing) or '""'
    return [
        *parts,
        f"const float* const features[{size}] = {{{names}}};",
        f"const char* const feature_ids[{size}] = {{{ids}}};",
        _tolerances("feature_tolerance", graph.processing),
    ]


def _expected(graph: Graph, impulse: TrainedImpulse, count: int) -> list[str]:
    size = max(len(graph.learning), 1)
    parts, tables, flags, pointers = [], [], [], []
    for i, step in enumerate(graph.learning):
        expected = expected_of(step, impulse, count)
        flags.append("false" if expected is None else "true")
        pointers.append("nullptr")
        if expected is None:
            tables.append("    {}")
            continue
        if expected.probabilities is not None:
            pointers[-1] = f"probabilities_{i}"
            parts.append(
                array_definition(pointers[-1], np.ascontiguousarray(expected.probabilities, np.float32))
            )
        rows = [
            f"{{{float_literal(score)}, {_below(low)}, {_above(high)}, {decision}}}"
            for score, low, high, decision in expected.rows
        ]
        tables.append("    {" + ",\n     ".join(rows) + "}")
    return [
        *parts,
        f"const expectation expected[{size}][windows] = {{\n" + (",\n".join(tables) or "    {}") + "\n};",
        f"const bool compared[{size}] = {{{', '.join(flags) or 'false'}}};",
        f"const float* const probabilities[{size}] = {{{', '.join(pointers) or 'nullptr'}}};  // of classifiers",
        _tolerances("score_tolerance", graph.learning),
    ]


def _below(p: float) -> str:
    return float_literal(np.nextafter(np.float32(p), np.float32(-np.inf)))


def _above(p: float) -> str:
    return float_literal(np.nextafter(np.float32(p), np.float32(np.inf)))


def _tolerances(name: str, steps: list[Step]) -> str:
    pairs = [
        f"{{{step.node.tolerance.get('absolute', 0.0)!r}, {step.node.tolerance.get('relative', 0.0)!r}}}"
        for step in steps
    ]
    return f"const double {name}[{max(len(pairs), 1)}][2] = {{{', '.join(pairs) or '{0.0, 0.0}'}}};"
