"""A package's self-test: at most 8 windows with what Python computed, and a C++ program that compares.

The program prints one JSON object: the largest difference of each node, the windows whose decision differs, and
whether all is within tolerance. It exits with 0 when it is.
"""

from __future__ import annotations

from string import Template
from typing import Any

import numpy as np

from edgewright_sdk.arrays import Array
from edgewright_sdk.codegen.graph import Graph, Step, quantile_tables
from edgewright_sdk.codegen.literals import array_definition, float_literal
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.errors import RequestError

MAX_WINDOWS = 8

_PROGRAM = Template("""\
// SPDX-License-Identifier: 0BSD
// Self-test of $name: compares this library with what Python computed for the same windows.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "$n.h"
#include "selftest_data.h"

namespace {

struct comparison {
    double largest = 0.0;
    int beyond = 0;

    void add(double device, double python, double absolute, double relative) {
        const double difference = fabs(device - python);
        if (!(difference <= largest)) largest = difference;
        if (!(difference <= absolute + relative * fabs(python))) ++beyond;
    }
};

void print(const char* id, const char* what, const comparison& c, double absolute, double relative) {
    printf("\\"%s\\": {\\"output\\": \\"%s\\", \\"largest_difference\\": %.9g, \\"beyond_tolerance\\": %d, "
           "\\"tolerance\\": {\\"absolute\\": %.9g, \\"relative\\": %.9g}}",
           id, what, c.largest, c.beyond, absolute, relative);
}

unsigned char memory[${N}_ARENA_BYTES];
float device_features[most_features];
$stream_storage
}  // namespace

int main() {
    ${n}_model model;
    ${n}_result result;
    int failures = 0;
    if (${n}_init(&model, memory, sizeof memory) != ${N}_OK) return 2;
$stream_init
    printf("{\\"build_id\\": \\"%s\\", \\"windows\\": %d, \\"arena_bytes\\": %d, \\"stream_bytes\\": %d, \\"nodes\\": {",
           ${n}_build_id(), static_cast<int>(windows), static_cast<int>(${N}_ARENA_BYTES), $stream_bytes);
    const char* comma = "";
    for (int32_t node = 0; node < ${N}_FEATURE_NODES; ++node) {
        comparison c;
        for (int32_t w = 0; w < windows; ++w) {
            size_t count = 0;
            const int32_t status = ${n}_features(&model, node, window + w * ${N}_WINDOW_VALUES, ${N}_WINDOW_VALUES,
                                              device_features, most_features, &count);
            if (status != ${N}_OK) return 3;
            for (size_t i = 0; i < count; ++i) {
                c.add(static_cast<double>(device_features[i]),
                      static_cast<double>(features[node][static_cast<size_t>(w) * count + i]),
                      feature_tolerance[node][0], feature_tolerance[node][1]);
            }
        }
        printf("%s", comma);
        print(feature_ids[node], "features", c, feature_tolerance[node][0], feature_tolerance[node][1]);
        comma = ", ";
        failures += c.beyond;
    }

    comparison scores[${N}_OUTPUTS + 1];
    int p_beyond = 0;
    int stream_differs = 0;
    int decisions_beyond = 0;
    static char differing[(${N}_OUTPUTS + 1) * (windows + 1)];
    static float device_scores[(${N}_OUTPUTS + 1) * (windows + 1)];
    for (int32_t w = 0; w < windows; ++w) {
        const $ctype* const values = window + w * ${N}_WINDOW_VALUES;
        if (${n}_run(&model, values, ${N}_WINDOW_VALUES, &result) != ${N}_OK) return 3;
        for (int32_t o = 0; o < ${N}_OUTPUTS; ++o) {
            if (!compared[o]) continue;
            const expectation& e = expected[o][w];
            const ${n}_output& got = result.outputs[o];
            scores[o].add(static_cast<double>(got.score), static_cast<double>(e.score), score_tolerance[o][0],
                          score_tolerance[o][1]);
            if (got.p_value < e.p_lowest || got.p_value > e.p_highest) ++p_beyond;
            device_scores[o * windows + w] = got.score;
            if (got.decision == e.decision) continue;
            const double margin = fabs(static_cast<double>(e.score) - static_cast<double>(got.threshold));
            const double allowed = score_tolerance[o][0] + score_tolerance[o][1] * fabs(static_cast<double>(e.score));
            differing[o * windows + w] = margin <= allowed ? 1 : 2;
            if (margin > allowed) ++decisions_beyond;
        }
$stream_check    }
    for (int32_t o = 0; o < ${N}_OUTPUTS; ++o) {
        if (!compared[o]) continue;
        printf("%s", comma);
        print(${n}_output_name(o), "scores", scores[o], score_tolerance[o][0], score_tolerance[o][1]);
        comma = ", ";
        failures += scores[o].beyond;
    }
    printf("}, \\"p_values_beyond_tolerance\\": %d, \\"stream_differs\\": %d, \\"decisions_differ\\": [", p_beyond,
           stream_differs);
    comma = "";
    for (int32_t o = 0; o < ${N}_OUTPUTS; ++o) {
        for (int32_t w = 0; w < windows; ++w) {
            if (differing[o * windows + w] == 0) continue;
            printf("%s{\\"node\\": \\"%s\\", \\"window\\": %d, \\"device_score\\": %.9g, \\"python_score\\": %.9g, "
                   "\\"threshold\\": %.9g, \\"within_tolerance\\": %s}",
                   comma, ${n}_output_name(o), static_cast<int>(w), static_cast<double>(device_scores[o * windows + w]),
                   static_cast<double>(expected[o][w].score), static_cast<double>(${n}_get_threshold(&model, o)),
                   differing[o * windows + w] == 1 ? "true" : "false");
            comma = ", ";
        }
    }
    failures += p_beyond + stream_differs + decisions_beyond;
    printf("], \\"ok\\": %s}\\n", failures == 0 ? "true" : "false");
    return failures == 0 ? 0 : 1;
}
""")

_STREAM_CHECK = Template("""\
        // The same window, row by row through the stream, must give the very same scores.
        ${n}_result streamed;
        ${n}_stream_reset(&stream);
        int32_t status = ${N}_MORE;
        for (int32_t row = 0; row < ${N}_WINDOW_LENGTH; ++row) {
            size_t used = 0;
            status = ${n}_stream_push(&stream, values + row * ${N}_AXES, 1, &used, &streamed);
        }
        if (status != ${N}_OK || streamed.start != 0) ++stream_differs;
        for (int32_t o = 0; o < ${N}_OUTPUTS && status == ${N}_OK; ++o) {
            if (memcmp(&streamed.outputs[o].score, &result.outputs[o].score, sizeof(float)) != 0) ++stream_differs;
        }
""")


def selftest_files(graph: Graph, impulse: TrainedImpulse) -> dict[str, str] | None:
    """Write ``selftest.cpp`` and ``selftest_data.h``; None when the deployment folder has no windows."""
    windows = impulse.selftest("windows")
    if windows is None or len(windows) == 0:
        return None
    if len(windows) > MAX_WINDOWS or windows.shape[1:] != graph.shape:
        raise RequestError(
            f"selftest/windows.npy has shape {windows.shape}; at most {MAX_WINDOWS} windows of {graph.shape} are allowed"
        )
    n, upper = graph.name, graph.name.upper()
    streams = not graph.image
    program = _PROGRAM.substitute(
        n=n,
        N=upper,
        name=n,
        ctype="uint8_t" if graph.image else "float",
        stream_storage=f"{n}_stream stream;\n" if streams else "",
        stream_init=f"    if ({n}_stream_init(&stream, &model) != {upper}_OK) return 2;\n" if streams else "",
        stream_bytes=f"static_cast<int>(sizeof({n}_stream))" if streams else "0",
        stream_check=_STREAM_CHECK.substitute(n=n, N=upper) if streams else "",
    )
    return {"selftest.cpp": program, "selftest_data.h": _data(graph, impulse, windows)}


def expectations(
    step: Step, scores: Array, decisions: list[dict[str, Any]]
) -> list[tuple[float, float, float, int]]:
    """Score, lowest and highest p-value within tolerance, and decision of each window at an anomaly node."""
    held_out, values, counts = quantile_tables(step)
    rows = []
    for score, decision in zip(scores.astype(np.float64).tolist(), decisions, strict=True):
        allowed = step.node.tolerance.get("absolute", 0.0) + step.node.tolerance.get("relative", 0.0) * abs(
            score
        )
        bounds = [p_value(held_out, values, counts, edge) for edge in (score + allowed, score - allowed)]
        node = decision["nodes"][step.id]
        rows.append((score, bounds[0], bounds[1], int(bool(node["anomalous"]))))
    return rows


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
    decisions = impulse.decisions()
    tables, compared = [], []
    for step in graph.learning:
        scores = impulse.selftest(f"scores-{step.id}")
        compared.append(scores is not None and step.entry["kind"] == "anomaly")
        if not compared[-1] or scores is None:
            tables.append("    {}")
            continue
        if scores.shape != (count,) or len(decisions) != count:
            raise RequestError(f"selftest/scores-{step.id}.npy and decisions.json must hold {count} windows")
        rows = [
            f"{{{float_literal(score)}, {_below(low)}, {_above(high)}, {decision}}}"
            for score, low, high, decision in expectations(step, scores, decisions)
        ]
        tables.append("    {" + ",\n     ".join(rows) + "}")
    flags = ", ".join("true" if flag else "false" for flag in compared) or "false"
    return [
        f"const expectation expected[{size}][windows] = {{\n" + (",\n".join(tables) or "    {}") + "\n};",
        f"const bool compared[{size}] = {{{flags}}};",
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
