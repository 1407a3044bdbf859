"""The programs that are compiled to measure: the least application, and one that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.firmware import BOARDS
from edgewright_sdk.codegen.literals import array_definition
from edgewright_sdk.codegen.package import library_files
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import TrainedImpulse
    from edgewright_sdk.arrays import Array
    from edgewright_sdk.codegen.graph import Graph

WINDOWS, IMAGES = 8, 2  # counted at most
#: How instructions are counted, by processor; the others' programs are only compiled.
PLATFORMS = {"cortex-m4f": "cortex_m", "cortex-m7": "cortex_m", "esp32s3": "cortex_m", "x86-64": "callgrind"}
MODULE = "browser"
#: Boards of QEMU's that stand for a processor.
BOARD_OF = {
    "cortex-m4f": BOARDS["Cortex-M4"],
    "cortex-m7": BOARDS["Cortex-M7"],
    "esp32s3": BOARDS["Cortex-M7"],
}

_PUSH = """\
    float row[{N}_AXES];
    for (float& value : row) value = ew_score;
    size_t used = 0;
    {n}_stream_init(&ew_stream, &ew_model);
    for (int32_t i = 0; i < 2 * {N}_WINDOW_LENGTH; ++i) {{
        if ({n}_stream_push(&ew_stream, row, 1, &used, &result) == {N}_OK) ew_score = result.outputs[0].score;
    }}"""
_FRAME = """\
    if ({n}_run_frame(&ew_model, &ew_frame, &result) == {N}_OK) ew_score = result.outputs[0].score;"""
_STREAMED = """\
    if (window_count > 0) {{
        {n}_stream_init(&stream, &model);
        push({N}_WINDOW_LENGTH);
        count('s', 0, [] {{ push({N}_STRIDE); }});
        deepest([] {{ push({N}_STRIDE); }});
    }}"""
_STREAM = """\
{n}_stream stream;

void push(int32_t rows) {{
    while (rows > 0) {{
        const int32_t part = rows < {N}_WINDOW_LENGTH ? rows : {N}_WINDOW_LENGTH;
        size_t done = 0;
        while (done < static_cast<size_t>(part)) {{
            size_t used = 0;
            {n}_stream_push(&stream, windows + done * {N}_AXES, static_cast<size_t>(part) - done, &used, &result);
            done += used;
        }}
        rows -= part;
    }}
}}"""


def program_files(graph: Graph, windows: Array | None, cpu: str, templates: Path) -> dict[str, str]:
    """The library's sources below ``src/``, and what measures them below ``measure/``."""
    names = {"n": graph.name, "N": graph.name.upper()}
    values = {**names, "ctype": "uint8_t" if graph.image else "float"}
    files = {f"src/{name}": text for name, text in library_files(graph).items()}
    files["measure/probe.cpp"] = fill(templates / "probe.cpp", **values)
    work, stream = (_FRAME, "{n}_frame ew_frame;") if graph.image else (_PUSH, "{n}_stream ew_stream;")
    files["measure/application.cpp"] = fill(
        templates / "application.cpp", **values, work=work.format(**names), stream=stream.format(**names)
    )
    files["measure/start.cpp"] = fill(templates / "start.cpp")
    if cpu in PLATFORMS:
        platform = PLATFORMS[cpu]
        streams = not graph.image
        files[f"measure/{platform}.h"] = fill(templates / f"{platform}.h")
        files["measure/windows.h"] = _windows(graph, windows)
        files["measure/count.cpp"] = fill(
            templates / "count.cpp", **values, platform=platform, nodes=len(graph.steps), main="EW_MAIN",
            stream=_STREAM.format(**names) if streams else "", streamed=_STREAMED.format(**names) if streams else "",
        )  # fmt: skip
    if cpu == MODULE:
        streams = not graph.image
        files["measure/windows.h"] = _windows(graph, windows)
        begin = "{n}_stream_init(&stream, &model);\n    if (window_count > 0) push({N}_WINDOW_LENGTH);"
        files["measure/module.cpp"] = fill(
            templates / "module.cpp", **values, stream=_STREAM.format(**names) if streams else "",
            begin="    " + begin.format(**names) if streams else "", next="push({N}_STRIDE);".format(**names) if streams else "",
        )  # fmt: skip
    if cpu in BOARD_OF:
        files["measure/mps2.ld"] = fill("firmware/mps2.ld", psram=BOARD_OF[cpu].psram)
    return dict(sorted(files.items()))


def counted_windows(graph: Graph, impulse: TrainedImpulse) -> Array | None:
    """The windows that instructions are counted over; None where there are none."""
    stored = impulse.selftest("windows")
    if stored is None or not len(stored):
        return None
    kind = np.uint8 if graph.image else np.float32
    return np.ascontiguousarray(stored[: IMAGES if graph.image else WINDOWS], kind)


def _windows(graph: Graph, windows: Array | None) -> str:
    values = np.zeros(1, np.uint8 if graph.image else np.float32) if windows is None else windows.ravel()
    count = 0 if windows is None else len(windows)
    lines = ["#include <stdint.h>", "namespace {", f"constexpr int32_t window_count = {count};"]
    return "\n".join([*lines, array_definition("windows", values), "}  // namespace", ""])
