"""Programs for Linux: hand-written C++, the package's sources, and one generated header between them.

``text/program/`` has what such programs share: readers of recordings and pictures, JSON. A deployment block adds its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk.codegen.compilers import FLAGS, Compiler
from edgewright_sdk.codegen.edge_impulse import SENSORS, class_names, sensor_of
from edgewright_sdk.codegen.literals import string_literal
from edgewright_sdk.codegen.package import cpp_sources, library_files, write_files
from edgewright_sdk.codegen.selftest import selftest_files
from edgewright_sdk.codegen.templates import TEXT, fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgewright_sdk import TrainedImpulse
    from edgewright_sdk.codegen.graph import Graph

_SHARED: Final = TEXT / "program"
#: Sources that impulses of the other kind have no use for.
_OF_SIGNALS: Final = {"csv.cpp", "wav.cpp"}
_OF_IMAGES: Final = {
    "pictures.cpp", "picture.cpp", "png.cpp", "inflate.cpp", "jpeg.cpp", "jpeg_scan.cpp", "jpeg_pixels.cpp",
}  # fmt: skip

_SIGNAL: Final = """
using stream = @n@_stream;
inline constexpr auto& stream_init = @n@_stream_init;
inline constexpr auto& stream_push = @n@_stream_push;
constexpr int32_t axes = @N@_AXES, window_length = @N@_WINDOW_LENGTH;
constexpr bool whole = @whole@;  // each window is a recording, cut off or filled up with zeros
"""
_IMAGE: Final = """
using frame = @n@_frame;
inline constexpr auto& run_frame = @n@_run_frame;
constexpr int32_t width = @N@_WIDTH, height = @N@_HEIGHT;
constexpr int32_t rgb888 = @N@_RGB888, gray8 = @N@_GRAY8;
"""


def write_program(
    graph: Graph,
    impulse: TrainedImpulse,
    own: Path,
    work: Path,
    *,
    selftest: bool,
    generated: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write everything that is compiled into a folder.

    Parameters
    ----------
    graph : Graph
    impulse : TrainedImpulse
    own : Path
        Folder of the C++ that the block adds.
    work : Path
        Empty folder.
    selftest : bool
        Whether the self-test becomes part of the program.
    generated : mapping, optional
        Name -> text of headers that the block writes itself.

    Returns
    -------
    list of Path
        Sources, relative to ``work``: what :func:`compile_program` takes.
    """
    tests = selftest_files(graph, impulse) if selftest else None
    unused = _OF_SIGNALS if graph.image else _OF_IMAGES
    for path in (*sorted(_SHARED.iterdir()), *sorted(own.iterdir())):
        if path.name not in unused and path.suffix in (".h", ".cpp"):
            write_files({path.name: path.read_text(encoding="utf-8")}, work)
    sources = [path.relative_to(work) for path in cpp_sources(work)]
    write_files(library_files(graph), work / "src")
    write_files(tests or {}, work / "selftest")
    header = fill(_SHARED / "impulse.h", **_values(graph, selftest=tests is not None))
    write_files({"impulse.h": header, **(generated or {})}, work)
    return [*sources, *(path.relative_to(work) for path in cpp_sources(work / "src"))]


def compile_program(
    compiler: Compiler, sources: Sequence[Path], work: Path, name: str, options: Sequence[str]
) -> Path:
    """Compile and link what :func:`write_program` wrote. Raises BlockError where the compiler fails."""
    compiler.run(["-O2", *FLAGS, *options, "-I.", "-Isrc", *sources, "-o", name, "-lm"], cwd=work)
    return work / name


def model_parameters(graph: Graph) -> dict[str, Any]:
    """What ``hello`` of the Linux runner protocol tells of the model; thresholds come beside it."""
    height, width, channels = graph.shape if graph.image else (0, 0, 0)
    rows, columns = (height * width, 1) if graph.image else graph.shape[:2]
    frequency = 0.0 if graph.image else float(graph.window.get("frequency") or 0)
    labels = class_names(graph)
    return {
        "model_type": "classification",
        "sensor": SENSORS[sensor_of(graph.window)],
        "frequency": frequency,
        "interval_ms": 1000.0 / frequency if frequency else 1.0,
        "axis_count": columns,
        "input_features_count": rows * columns,
        "image_input_width": width,
        "image_input_height": height,
        "image_channel_count": channels,
        "image_input_frames": 1 if graph.image else 0,
        "image_resize_mode": str(graph.window.get("resize") or "squash") if graph.image else "none",
        "label_count": len(labels),
        "labels": labels,
        "has_anomaly": max([_anomaly(step.entry, step.output("map")) for step in graph.learning], default=0),
        "has_object_tracking": False,
        "use_continuous_mode": False,
        "slice_size": 0,
    }


def _anomaly(entry: dict[str, Any], heat: object) -> int:
    """Kinds of anomaly models by the protocol's numbers."""
    if entry["kind"] != "anomaly":
        return 0
    if heat is not None:
        return 4
    return 1 if str(entry.get("block")) == "kmeans" else 2


def _threshold_type(entry: dict[str, Any]) -> str:
    if entry["kind"] == "anomaly":
        return "anomaly_kmeans" if str(entry.get("block")) == "kmeans" else "anomaly_gmm"
    return "classification" if entry["kind"] == "classification" else ""


def _values(graph: Graph, *, selftest: bool) -> dict[str, str]:
    names = {"n": graph.name, "N": graph.name.upper()}
    kind = _IMAGE if graph.image else _SIGNAL
    parameters = model_parameters(graph)
    types = [string_literal(_threshold_type(step.entry)) for step in graph.learning]
    # Some clients of the protocol count braces, also those in names.
    inner = json.dumps(parameters)[1:-1].replace("{", r"\u007b").replace("}", r"\u007d")
    return {
        **names,
        "build_id": graph.build_id,
        "image": str(int(graph.image)),
        "channels": str(parameters["image_channel_count"]),
        "selftest": str(int(selftest)),
        "frequency": repr(float(parameters["frequency"])),
        "kind": kind.replace("@n@", names["n"])
        .replace("@N@", names["N"])
        .replace("@whole@", str(bool(graph.window.get("whole"))).lower()),
        "title": string_literal(str(graph.document["name"])),
        "parameters": string_literal(inner),
        "threshold_types": ", ".join(types) or '""',
        "kinds": ", ".join(string_literal(step.entry["kind"]) for step in graph.learning) or '""',
    }
