"""Programs of one processing node each, for ``benchmarks/device.py``: its device code, its tables and one window."""

from __future__ import annotations

import ctypes
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Params, load_block
from edgewright_sdk.codegen.compilers import FLAGS, native_compiler, zig_compiler
from edgewright_sdk.codegen.literals import array_definition, tables_definition
from edgewright_sdk.codegen.nodes import VIEW_TYPES, Node, Port, load_node
from edgewright_sdk.codegen.sources import package_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

BLOCKS = Path(__file__).resolve().parents[1] / "blocks" / "edgewright_blocks" / "processing"
WASM = ("-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory", "-O3")
_STRING_H = """#pragma once
#include <stddef.h>
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
}
"""
_MAIN = 'extern "C" int run(int);\nint main(int count, char**) { return run(count - 1); }\n'


@dataclass(frozen=True)
class Program:
    """A node and a window, as source files in a folder."""

    folder: Path
    node: Node
    files: tuple[str, ...]

    @property
    def arena_bytes(self) -> int:
        """Memory of a call: scratch and what comes out."""
        return self.node.scratch_bytes + sum(port.nbytes for port in self.node.outputs)


def export(block: str, window: dict[str, Any], params: dict[str, Any], folder: Path) -> Node:
    """Export a built-in processing block."""
    loaded = load_block(BLOCKS / block)
    try:
        given = Params.defaults(BLOCKS / block, **params)
        loaded.new().export(window, given).write(folder, BLOCKS / block / "device")
    finally:
        loaded.close()
    return load_node(folder)


def write_program(node: Node, window: NDArray[Any], folder: Path) -> Program:
    """Write the sources that call `node` with `window` as often as they are told."""
    files = package_files([node], "bench")
    files["run.cpp"] = _run_source(node, window)
    for name, text in {**files, "main.cpp": _MAIN, "freestanding/string.h": _STRING_H}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Program(folder, node, tuple(name for name in files if name.endswith(".cpp")))


def native(program: Program, options: Sequence[str]) -> tuple[Callable[[int], int], int, Path]:
    """Compile for this machine: what runs it so many times, bytes of its code, and an executable."""
    name = re.sub(r"\W+", "", "".join(options))
    work = program.folder / name
    work.mkdir()
    sources = [f"../{file}" for file in program.files]
    compiler = native_compiler()
    compiler.run([*options, "-fPIC", *FLAGS, "-c", *sources], cwd=work)
    objects = sorted(path.name for path in work.glob("*.o"))
    compiler.run(["-shared", *objects, "-o", "run.so", "-lm"], cwd=work)
    compiler.run(["../main.cpp", *objects, "-o", "run", "-lm"], cwd=work)
    code = sum(_text_bytes(work / file) for file in objects if file != "run.o")
    library = ctypes.CDLL(str(work / "run.so"))
    return library.run, code, work / "run"


def in_wasm(program: Program) -> tuple[Callable[[int], int], int]:
    """Compile for wasm32 with SIMD: what runs it in wasmtime, and bytes of the module's code."""
    import wasmtime

    link = ["-nostdlib++", "-Wl,--no-entry", "-Wl,--export=run", "-s"]
    options = [*WASM, *FLAGS, "-Ifreestanding", *program.files, "-o", "run.wasm", *link]
    zig_compiler().run(options, cwd=program.folder)
    store = wasmtime.Store()
    module = wasmtime.Module.from_file(store.engine, str(program.folder / "run.wasm"))
    if module.imports:
        raise SystemExit(f"{program.node.symbol}: the module imports {[i.name for i in module.imports]}")
    run: Any = wasmtime.Instance(store, module, []).exports(store)["run"]
    return lambda count: int(run(store, count)), _code_bytes((program.folder / "run.wasm").read_bytes())


def instructions(executable: Path) -> int | None:
    """Instructions of one window, counted by callgrind; None without valgrind."""
    try:
        one, eleven = (_collected(executable, count) for count in (1, 11))
    except FileNotFoundError:
        return None
    return (eleven - one) // 10


def _collected(executable: Path, count: int) -> int:
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        str(executable),
        *["x"] * count,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if found is None:
        raise SystemExit(f"valgrind counted nothing: {done.stderr[-500:]}")
    return int(found.group(1))


def _run_source(node: Node, window: NDArray[Any]) -> str:
    outputs = [f"static {_ctype(port)} out{i}[{port.count}];" for i, port in enumerate(node.outputs)]
    views = ", ".join(_view(f"out{i}", port) for i, port in enumerate(node.outputs))
    return "\n".join(
        [
            f'#include "{node.symbol}/{node.header}"',
            "using namespace EW_NS;",
            tables_definition("tables", node),
            array_definition("window", np.ascontiguousarray(window)),
            *outputs,
            f"alignas(16) static unsigned char scratch[{max(node.scratch_bytes, 16)}];",
            'extern "C" int32_t run(int32_t count) {',
            "    int32_t status = 0;",
            "    for (int32_t i = 0; i < count; ++i) {",
            f"        const ew_view in[1] = {{{_view('const_cast<void*>(static_cast<const void*>(window))', node.inputs[0])}}};",
            f"        ew_view out[{len(node.outputs)}] = {{{views}}};",
            "        ew_arena arena = {scratch, scratch + sizeof scratch};",
            f"        status |= {node.symbol}(tables, nullptr, in, out, arena);",
            "    }",
            "    return status;",
            "}",
            "",
        ]
    )


def _ctype(port: Port) -> str:
    return {"float32": "float"}.get(port.dtype, f"{port.dtype}_t")


def _view(data: str, port: Port) -> str:
    shape = ", ".join(map(str, port.shape))
    return f"{{{data}, static_cast<ew_dtype>({VIEW_TYPES[port.dtype]}), {len(port.shape)}, {{{shape}}}}}"


def _text_bytes(object_file: Path) -> int:
    listed = subprocess.run(
        ["size", "--format=sysv", str(object_file)], capture_output=True, text=True, check=True
    ).stdout
    return sum(int(line.split()[1]) for line in listed.splitlines() if line.startswith(".text"))


def _code_bytes(module: bytes) -> int:
    """Size of a module's code section (number 10)."""
    at = 8
    while at < len(module):
        section, at = module[at], at + 1
        size = shift = 0
        while True:
            byte, at = module[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if section == 10:
            return size
        at += size
    return 0
