"""How large a package is on a Cortex-M4: what links into a program that pushes samples, at -Os."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from deployment_folder import block_folder, params_of
from wasm_node import STRING_H

from edgewright_sdk.codegen.compilers import FLAGS, has_zig, zig_compiler
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.package import cpp_sources
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

if TYPE_CHECKING:
    from pathlib import Path

CODE_BYTES, ARENA_BYTES = 20_000, 4096
# What the compiler's and the C library would bring: arm-none-eabi's soft double, memcpy and log10f are 4 KB together.
ELSEWHERE_BYTES = 4096
MAIN = """\
#include "pump_monitor.h"
extern "C" {
static unsigned char memory[PUMP_MONITOR_ARENA_BYTES];
static pump_monitor_model model;
static pump_monitor_stream stream;
volatile float sample[PUMP_MONITOR_AXES];
volatile float score;

void _start() {
    pump_monitor_result result;
    pump_monitor_init(&model, memory, sizeof memory);
    pump_monitor_stream_init(&stream, &model);
    for (;;) {
        float row[PUMP_MONITOR_AXES];
        size_t used = 0;
        for (int i = 0; i < PUMP_MONITOR_AXES; ++i) row[i] = sample[i];
        if (pump_monitor_stream_push(&stream, row, 1, &used, &result) == PUMP_MONITOR_OK) score = result.outputs[0].score;
    }
}
}
"""
ELSEWHERE = (
    "__aeabi_f2d", "__aeabi_d2f", "__aeabi_dadd", "__aeabi_dsub", "__aeabi_dmul", "__aeabi_memclr4", "__aeabi_memclr8",
    "__aeabi_memcpy", "__aeabi_memcpy4", "__aeabi_memclr", "memcpy", "memset", "log10f", "sqrtf",
)  # fmt: skip


def flash_bytes(program: bytes) -> int:
    """Bytes of an ELF file for 32 bits that lie in read-only memory: its code and constants."""
    start, size, count = struct.unpack_from("<I10xHH", program, 28)
    segments = [struct.unpack_from("<8I", program, start + i * size) for i in range(count)]
    return sum(length for kind, _, _, _, length, _, flags, _ in segments if kind == 1 and not flags & 2)


@pytest.mark.skipif(not has_zig(), reason="the ziglang wheel isn't installed")
def test_spectral_analysis_and_kmeans_fit_a_small_processor(deployment: Path, tmp_path: Path) -> None:
    impulse = TrainedImpulse.load(deployment)
    loaded = load_block(block_folder("cpp"))
    loaded.new().build(impulse, params_of("cpp", {"selftest-data": "none"}), tmp_path)
    loaded.close()
    source = tmp_path / "src"
    (source / "main.cpp").write_text(MAIN)
    (source / "elsewhere.c").write_text("".join(f"void {name}(void) {{}}\n" for name in ELSEWHERE))
    (source / "freestanding").mkdir()
    (source / "freestanding" / "string.h").write_text(STRING_H)
    target = ["-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp", "-Ifreestanding", "-I."]
    sections = ["-ffunction-sections", "-fdata-sections", "-nostdlib", "-Wl,--gc-sections"]
    compiler = zig_compiler()
    compiler.run([*target, "-Os", "-fno-builtin", "-c", "elsewhere.c"], cwd=source)
    sources = [path.relative_to(source) for path in cpp_sources(source)]
    options = [*target, "-Os", *FLAGS, *sections]
    compiler.run([*options, *sources, "elsewhere.o", "-o", "program"], cwd=source)
    size = flash_bytes((source / "program").read_bytes())
    assert 5_000 < size < CODE_BYTES - ELSEWHERE_BYTES
    assert arena_bytes(Graph(impulse)) <= ARENA_BYTES
