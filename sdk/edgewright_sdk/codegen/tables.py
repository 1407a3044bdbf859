"""``<name>_tables.h``: every constant of a package, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.graph import KINDS, Graph, Step, quantile_tables
from edgewright_sdk.codegen.literals import array_definition, float_literal, string_literal, tables_definition
from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

_KIND_NAMES = {number: f"ew_{name}" for name, number in KINDS.items()}


def tables_header(graph: Graph) -> str:
    """Write the constants of all nodes, the outputs' quantiles, thresholds and names."""
    parts = [
        "// SPDX-License-Identifier: 0BSD",
        f"// Generated from build {graph.build_id}. Included once, by {graph.name}.cpp.",
        f"#ifndef {graph.name.upper()}_TABLES_H",
        f"#define {graph.name.upper()}_TABLES_H",
        "",
        *(f'#include "{symbol}/{header}"' for symbol, header in symbols(graph)),
        '#include "edgewright/decision.h"',
        "",
        "namespace EW_NS {",
        "namespace {",
    ]
    for step in graph.steps:
        parts += ["", f"// {step.id}", tables_definition(step.identifier, step.node)]
        columns = graph.columns(step)
        if columns is not None:
            parts.append(
                f"const int32_t {step.identifier}_columns[{len(columns)}] = {{{', '.join(map(str, columns))}}};"
            )
    parts += [
        "",
        *_outputs(graph),
        "",
        *_names(graph),
        "",
        "}  // namespace",
        "}  // namespace EW_NS",
        "",
        "#endif",
        "",
    ]
    return "\n".join(parts)


def symbols(graph: Graph) -> list[tuple[str, str]]:
    """Symbol and header of each block, once each."""
    return list(dict.fromkeys((step.node.symbol, step.node.header) for step in graph.steps))


def _outputs(graph: Graph) -> list[str]:
    parts, entries, thresholds, smoothings = [], [], [], []
    for step in graph.learning:
        held_out, values, counts = quantile_tables(step)
        name = step.identifier
        parts += [array_definition(f"{name}_quantiles", values), array_definition(f"{name}_counts", counts)]
        entries.append(_learning(graph, step, held_out, len(values)))
        thresholds.append(float_literal(threshold_of(step)))
        smoothings.append(float_literal(smoothing_of(step)))
    count = max(len(entries), 1)
    parts += [
        f"const ew_learning output_nodes[{count}] = {{",
        ",\n".join(entries) or "    {}",
        "};",
        f"const float thresholds[{count}] = {{{', '.join(thresholds) or '0.0f'}}};",
        f"const float smoothings[{count}] = {{{', '.join(smoothings) or '0.0f'}}};",
        f"const int32_t history_at[{count}] = {{{', '.join(str(v) for v in graph.histories[0].values()) or '0'}}};",
    ]
    return parts


def threshold_of(step: Step) -> float:
    """Value of the node's threshold; an anomaly node without one calls nothing anomalous until one is set."""
    value = (step.entry.get("threshold") or {}).get("value")
    if value is None:
        return float(np.finfo(np.float32).max) if step.entry["kind"] == "anomaly" else 0.0
    return float(value)


def smoothing_of(step: Step) -> float:
    """Weight of the past in a stream of the node, 0 where the impulse sets none.

    Raises
    ------
    RequestError
        It isn't at least 0 and below 1.
    """
    value = float((step.entry.get("threshold") or {}).get("smoothing") or 0.0)
    if not 0.0 <= value < 1.0:
        raise RequestError(f"node {step.id!r}: smoothing {value:g}; at least 0 and below 1 is allowed")
    return value


def _learning(graph: Graph, step: Step, held_out: int, stored: int) -> str:
    def offset(name: str) -> int:
        return graph.plan.offsets[step.slot(name)] if step.output(name) else -1

    contributions, heat = step.output("contributions"), step.output("map")
    probabilities = step.output("probabilities")
    fields = [
        _KIND_NAMES[KINDS[step.entry["kind"]]],
        offset("scores"),
        offset("contributions"),
        contributions.count if contributions else 0,
        offset("probabilities"),
        probabilities.count if probabilities else 0,
        offset("map"),
        heat.shape[-2] if heat else 0,
        heat.shape[-1] if heat else 0,
        f"{{{held_out}, {stored}, {step.identifier}_quantiles, {step.identifier}_counts}}",
    ]
    return "    {" + ", ".join(map(str, fields)) + "}"


def _names(graph: Graph) -> list[str]:
    """Text tables: a linker drops those that the application doesn't ask for."""
    axes = [] if graph.image else [str(axis) for axis in graph.window["axes"]]
    parts = [
        _strings("axis_names", axes),
        _strings("output_names", [step.id for step in graph.learning]),
        *_lists("class_labels", [step.classes for step in graph.learning]),
        *_lists("contribution_labels", [step.labels for step in graph.learning]),
        *_lists("feature_labels", [step.labels for step in graph.processing]),
    ]
    return ["struct name_list {\n    const char* const* names;\n    int32_t count;\n};", *parts]


def _lists(name: str, lists: Sequence[Sequence[str]]) -> list[str]:
    parts = [_strings(f"{name}_{i}", items) for i, items in enumerate(lists)]
    entries = ", ".join(f"{{{name}_{i}, {len(items)}}}" for i, items in enumerate(lists))
    return [*parts, f"const name_list {name}[{max(len(lists), 1)}] = {{{entries or '{nullptr, 0}'}}};"]


def _strings(name: str, items: Sequence[str]) -> str:
    texts = ",\n    ".join(string_literal(item) for item in items) or "nullptr"
    return f"const char* const {name}[{max(len(items), 1)}] = {{\n    {texts}}};"
