"""``<name>.cpp``: the C API over the nodes. Calls and data only; what is computed lies in runtime and device code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk.codegen.nodes import VIEW_TYPES, Port
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph, Step

#: Runtime modules that the glue itself calls.
MODULES = ("node", "decision", "vector", "ring", "columns")


def glue_source(graph: Graph) -> str:
    """Write ``<name>.cpp``."""
    n, upper = graph.name, graph.name.upper()
    features = [
        f"{{{step.index}, {graph.plan.offsets[step.slot(step.node.outputs[0].name)]}, {step.node.outputs[0].count}}}"
        for step in graph.processing
    ]
    stream = ""
    if not graph.image:
        stream = fill("package_stream.cpp", n=n, N=upper, window_at=graph.plan.offsets["window"])
    check = "    if (!ew_all_finite(window, window_values)) return ew_not_finite;\n"
    return fill(
        "package.cpp",
        n=n,
        N=upper,
        name=n,
        build_id=graph.build_id,
        ctype="uint8_t" if graph.image else "float",
        values=graph.window_port.count,
        check="" if graph.image else check,
        steps="".join(_step(graph, step) for step in graph.steps),
        last=len(graph.steps) - 1,
        **_together(graph),
        feature_slots=max(len(features), 1),
        feature_nodes=", ".join(features) or "{-1, 0, 0}",
        stream=stream,
        axes=0 if graph.image else graph.shape[1],
    )


def _together(graph: Graph) -> dict[str, str]:
    """How the outputs make one decision: what an anomaly leaves is the first classification's, else normal."""
    kinds = [step.entry["kind"] for step in graph.learning]
    if "classification" not in kinds:
        text = '"normal"' if "anomaly" in kinds else "nullptr"
        return {"classify": "", "named": f"    return {text};\n"}
    at = kinds.index("classification")
    return {
        "classify": (
            "    if (status == ew_ok && result->decision == 0) "
            f"result->class_index = result->outputs[{at}].decision;\n"
        ),
        "named": (
            f"    const char* const name = name_of(class_labels, {len(kinds)}, {at}, result->class_index);\n"
            '    return name == nullptr ? "uncertain" : name;\n'
        ),
    }


def _step(graph: Graph, step: Step) -> str:
    """One node: gather its input, give it views, call it."""
    offsets, states = graph.plan.offsets, graph.states[0]
    port = step.node.inputs[0]
    lines = [f"    {{  // {step.id}"]
    source = graph.source(step)
    if graph.gathers(step):
        lines += [f"        {line}" for line in _gather(graph, step)]
    data = "const_cast<window_value*>(window)" if source == "window" else f"memory + {offsets[source]}"
    lines.append(f"        const ew_view in[1] = {{{_view(data, port)}}};")
    outputs = [_view(f"memory + {offsets[step.slot(out.name)]}", out) for out in step.node.outputs]
    lines.append(f"        ew_view out[{len(outputs)}] = {{{', '.join(outputs)}}};")
    scratch = f"memory + {offsets[f'{step.id} scratch']}"
    lines.append(f"        ew_arena scratch = {{{scratch}, {scratch} + {step.node.scratch_bytes}}};")
    state = "nullptr"
    if step.node.state_bytes:
        state = f"states == nullptr ? nullptr : states + {states[step.id]}"
    lines += [
        f"        status = {step.node.symbol}({step.identifier}, {state}, in, out, scratch);",
        f"        if (status != ew_ok || last == {step.index}) return status;",
        "    }",
    ]
    return "\n".join(lines) + "\n"


def _gather(graph: Graph, step: Step) -> list[str]:
    offset = graph.plan.offsets[f"{step.id} in"]
    columns = graph.columns(step)
    if columns is not None:
        rows, width = graph.shape[0], graph.shape[1]
        return [
            (
                f"ew_select_columns(window, {rows}, {width}, {step.identifier}_columns, {len(columns)}, "
                f"at<float>(memory, {offset}));"
            )
        ]
    lines = []
    for name, piece in zip(step.inputs, graph.pieces(step), strict=True):
        origin = graph.origin(name)
        start = "window" if origin is None else f"memory + {graph.plan.offsets[origin.slot(piece.name)]}"
        lines.append(f"memcpy(memory + {offset}, {start}, {piece.nbytes});")
        offset += piece.nbytes
    return lines


def _view(data: str, port: Port) -> str:
    shape = ", ".join(map(str, port.shape))
    return f"{{{data}, static_cast<ew_dtype>({VIEW_TYPES[port.dtype]}), {len(port.shape)}, {{{shape}}}}}"
