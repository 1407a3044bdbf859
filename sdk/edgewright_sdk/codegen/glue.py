"""``<name>.cpp``: the C API over the nodes. Calls and data only; what is computed lies in runtime and device code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk.codegen.calibration import Scaler, calibration_parts, check_windows, scalers
from edgewright_sdk.codegen.graph import RESIZE, WINDOW, resize_scratch_bytes
from edgewright_sdk.codegen.nodes import VIEW_TYPES, Port
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph, Step

#: Runtime modules that the glue itself calls, and further ones for commissioning.
MODULES = ("node", "decision", "vector", "ring", "columns", "drift")
CALIBRATION_MODULES = ("calibrate", "order")


def glue_modules(graph: Graph) -> tuple[str, ...]:
    """Runtime modules that a package's own source calls."""
    images = ("resize",) if graph.image else ()
    return (*MODULES, *images, *CALIBRATION_MODULES) if graph.calibration_windows else (*MODULES, *images)


def glue_source(graph: Graph) -> str:
    """Write ``<name>.cpp``."""
    check_windows(graph)
    n, upper = graph.name, graph.name.upper()
    features = [
        f"{{{step.index}, {graph.plan.offsets[step.slot(step.node.outputs[0].name)]}, {step.node.outputs[0].count}}}"
        for step in graph.processing
    ]
    window_at = graph.plan.offsets[WINDOW]
    if graph.image:
        scratch = {
            "scratch_at": graph.plan.offsets[RESIZE],
            "scratch_bytes": resize_scratch_bytes(*graph.shape[1:]),
        }
        stream = fill("package_image.cpp", n=n, N=upper, fit=graph.fit, window_at=window_at, **scratch)
    else:
        stream = fill("package_stream.cpp", n=n, N=upper, window_at=window_at)
    by_step = {scaler.step.index: scaler for scaler in scalers(graph)}
    check = "    if (!ew_all_finite(window, window_values)) return ew_not_finite;\n"
    return fill(
        "package.cpp",
        n=n,
        N=upper,
        name=n,
        build_id=graph.build_id,
        ctype="uint8_t" if graph.image else "float",
        image_include='#include "edgewright/resize.h"\n' if graph.image else "",
        values=graph.window_port.count,
        check="" if graph.image else check,
        steps="".join(_step(graph, step, by_step.get(step.index)) for step in graph.steps),
        runners="".join(_runner(graph, one) for one in by_step.values() if _calibrated(graph, one)),
        **calibration_parts(graph),
        output_slots=max(len(graph.learning), 1),
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


def _calibrated(graph: Graph, scaler: Scaler) -> bool:
    return graph.calibration_windows > 0 and scaler.step.entry["kind"] == "anomaly"


def _step(graph: Graph, step: Step, scaler: Scaler | None) -> str:
    """One node: gather its input, look at it, give it views, call it."""
    source = graph.source(step)
    lines = [f"{{  // {step.id}"]
    if graph.gathers(step):
        lines += [f"    {line}" for line in _gather(graph, step)]
    data = (
        "const_cast<window_value*>(window)"
        if source == "window"
        else f"memory + {graph.plan.offsets[source]}"
    )
    state = "nullptr"
    if step.node.state_bytes:
        state = f"states == nullptr ? nullptr : states + {graph.states[0][step.id]}"
    if scaler is not None:
        features = "window" if source == "window" else f"at<float>(memory, {graph.plan.offsets[source]})"
        lines += [f"    {line}" for line in _observe(graph, scaler, features)]
    if scaler is not None and _calibrated(graph, scaler):
        call = f"status = run_{step.identifier}(memory, {data}, {state}, scaler.mean, scaler.scale);"
        lines.append(f"    {call}")
    else:
        lines += [f"    {line}" for line in _views(graph, step, data)]
        lines.append(f"    status = {step.node.symbol}({step.identifier}, {state}, in, out, scratch);")
    lines += [f"    if (status != ew_ok || last == {step.index}) return status;", "}"]
    return "".join(f"    {line}\n" for line in lines)


def _views(graph: Graph, step: Step, data: str) -> list[str]:
    offsets = graph.plan.offsets
    outputs = [_view(f"memory + {offsets[step.slot(out.name)]}", out) for out in step.node.outputs]
    scratch = f"memory + {offsets[f'{step.id} scratch']}"
    return [
        f"const ew_view in[1] = {{{_view(data, step.node.inputs[0])}}};",
        f"ew_view out[{len(outputs)}] = {{{', '.join(outputs)}}};",
        f"ew_arena scratch = {{{scratch}, {scratch} + {step.node.scratch_bytes}}};",
    ]


def _observe(graph: Graph, scaler: Scaler, features: str) -> list[str]:
    """Take the node's input into drift, and keep it while commissioning."""
    mean, scale = scaler.table("mean"), scaler.table("scale")
    calibrated = _calibrated(graph, scaler)
    if calibrated:
        mean = f"fitted(model, {2 * scaler.at}, {mean})"
        scale = f"fitted(model, {2 * scaler.at + scaler.width}, {scale})"
    lines = [
        f"const ew_scaler scaler = {{{scaler.table('selected')}, {mean}, {scale}, {scaler.width}}};",
        "if (seen != nullptr && seen->running != nullptr) {",
        f"    seen->drift[{scaler.output}] = ew_drift(scaler, {features}, seen->running + {scaler.at});",
        "}",
    ]
    if calibrated:
        at = f"{scaler.at} * {graph.name.upper()}_CALIBRATION_WINDOWS + seen->keep->count * {scaler.width}"
        lines += [
            "if (seen != nullptr && seen->keep != nullptr) {",
            (
                f"    ew_select_columns({features}, 1, {scaler.step.node.inputs[0].count}, scaler.selected, "
                f"{scaler.width}, seen->keep->rows + {at});"
            ),
            "}",
        ]
    return lines


def _runner(graph: Graph, scaler: Scaler) -> str:
    """A node as a function of its scaler."""
    step = scaler.step
    names = step.node.standardisation
    assert names is not None
    lines = [
        (
            f"ew_status run_{step.identifier}(unsigned char* memory, const void* input, void* state, "
            "const float* mean, const float* scale) {"
        ),
        f"    {step.node.symbol}_tables tables = {step.identifier};",
        f"    tables.{names.mean} = mean;",
        f"    tables.{names.scale} = scale;",
        *(f"    {line}" for line in _views(graph, step, "const_cast<void*>(input)")),
        f"    return {step.node.symbol}(tables, state, in, out, scratch);",
        "}",
    ]
    return "\n".join(lines) + "\n\n"


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
