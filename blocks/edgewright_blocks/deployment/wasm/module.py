"""Compile a package's sources into freestanding modules: one with SIMD, one for engines without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk.codegen.compilers import FLAGS, zig_compiler
from edgewright_sdk.codegen.package import cpp_sources, library_files, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk.codegen.graph import Graph

_API = [
    "init",
    "get_threshold",
    "set_threshold",
    "get_smoothing",
    "set_smoothing",
    "get_drift_limit",
    "set_drift_limit",
    "run",
    "features",
    "build_id",
    "axis_name",
    "output_name",
    "label",
    "class_label",
    "contribution_label",
    "feature_label",
    "status_text",
]
_IMAGE = ["wasm_run_frame", "wasm_frame_window"]
_STREAM = ["stream_init", "stream_push", "stream_reset"]
_CALIBRATION = [
    "calibrate_begin",
    "calibrate_add",
    "calibrate_commit",
    "calibrate_use",
    "wasm_work",
    "wasm_calibration",
    "wasm_calibration_bytes",
]
_OWN = [
    "wasm_start",
    "wasm_model",
    "wasm_result",
    "wasm_output_bytes",
    "wasm_window",
    "wasm_features",
    "wasm_used",
]

# What a freestanding target lacks of <string.h>; the compiler's own runtime has the functions.
_STRING_H = """\
#pragma once
#include <stddef.h>
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
}
"""
_STACK_BYTES = 65536


def compile_modules(graph: Graph, entry: str, work: Path) -> dict[str, Path]:
    """Compile a graph with the entry code into ``<name>.wasm`` and ``<name>.scalar.wasm``.

    Parameters
    ----------
    graph : Graph
    entry : str
        C++ that owns the module's memory.
    work : Path
        Empty folder.

    Returns
    -------
    dict of str to Path
        Modules by the name that each has in a package.

    Raises
    ------
    BlockError
        When zig isn't installed, or fails.
    """
    compiler = zig_compiler()
    write_files({**library_files(graph), "entry.cpp": entry, "freestanding/string.h": _STRING_H}, work)
    names = [*_API, *_OWN, *(_IMAGE if graph.image else [*_STREAM, "wasm_stream"])]
    if graph.calibration_windows:
        names += [*_CALIBRATION, *([] if graph.image else ["stream_window"])]
    sources = [path.relative_to(work) for path in cpp_sources(work)]
    link = ["-Wl,--no-entry", f"-Wl,-z,stack-size={_STACK_BYTES}"]
    link += [f"-Wl,--export={graph.name}_{name}" for name in names]
    modules = {}
    for name, cpu in module_cpus(graph.name).items():
        target = ["-target", "wasm32-freestanding", f"-mcpu={cpu}"]
        compiler.run([*target, "-O3", "-s", *FLAGS, "-Ifreestanding", *sources, "-o", name, *link], cwd=work)
        modules[name] = work / name
    return modules


def module_cpus(name: str) -> dict[str, str]:
    """What each module of a package is compiled for; the wrapper loads the first that its engine takes."""
    return {f"{name}.wasm": "generic+simd128+bulk_memory", f"{name}.scalar.wasm": "mvp"}
