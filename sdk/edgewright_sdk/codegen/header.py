"""The C header of a package: names, sizes and types that an application sees. C99 and C++."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk.codegen.calibration import calibration_parts, total_width
from edgewright_sdk.codegen.literals import float_literal
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph, Step


def arena_bytes(graph: Graph) -> int:
    """Size of the arena that the caller gives: the plan, and what aligning a buffer can cost."""
    return graph.plan.size + 16


def c_header(graph: Graph) -> str:
    """Write ``<name>.h``."""
    n, upper = graph.name, graph.name.upper()
    values = graph.window_port.count
    shape = " * ".join(map(str, graph.shape))
    if graph.image:
        sizes = [("WIDTH", graph.shape[1]), ("HEIGHT", graph.shape[0]), ("CHANNELS", graph.shape[2])]
        text = f"{shape} bytes, rows of pixels"
    else:
        sizes = [("WINDOW_LENGTH", graph.shape[0]), ("AXES", graph.shape[1]), ("STRIDE", graph.stride)]
        text = f"{graph.shape[0]} rows of {graph.shape[1]} values ({', '.join(graph.window['axes'])})"
    lines = [f"#define {upper}_{name} {value}" for name, value in [*sizes, ("WINDOW_VALUES", values)]]
    frequency = graph.window.get("frequency")
    if frequency and not graph.image:
        lines.append(f"#define {upper}_FREQUENCY {float_literal(frequency)} /* Hz */")
    slots = max(len(graph.learning), 1)
    if graph.image:
        height, width, _ = graph.shape
        fit = graph.window.get("resize") or "squash"
        stream = fill("package_image.h", n=n, N=upper, width=width, height=height, fit=fit)
    else:
        stream = fill(
            "package_stream.h",
            n=n,
            N=upper,
            values=values,
            histories=max(graph.histories[1], 1),
            running=max(total_width(graph), 1),
            states=max(graph.states[1] // 8, 1),
        )
    return fill(
        "package.h",
        name=comment_text(str(graph.document["name"])),
        n=n,
        N=upper,
        build_id=graph.build_id,
        arena_bytes=arena_bytes(graph),
        sizes="\n".join(lines),
        processing=len(graph.processing),
        outputs=len(graph.learning),
        nodes=",\n".join(_node_names(graph, upper)),
        output_slots=slots,
        window_text=comment_text(text),
        ctype="uint8_t" if graph.image else "float",
        stream=stream,
        **calibration_parts(graph),
    )


def comment_text(text: str) -> str:
    """Text that can stand in a C comment."""
    return text.encode("ascii", "replace").decode().replace("*/", "* /").replace("\\", "/").replace("\n", " ")


def _node_names(graph: Graph, upper: str) -> list[str]:
    def unique(steps: list[Step], kind: str) -> list[str]:
        names: dict[str, int] = {}
        for i, step in enumerate(steps):
            name = f"{upper}_{kind}_{_upper_id(step)}"
            names[name if name not in names else f"{name}_{i}"] = i
        return [f"    {name} = {i}" for name, i in names.items()]

    return unique(graph.processing, "FEATURES") + unique(graph.learning, "OUTPUT") or [
        "    " + upper + "_NO_NODES = 0"
    ]


def _upper_id(step: Step) -> str:
    return step.identifier.split("_", 1)[1].upper()
