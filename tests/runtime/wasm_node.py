"""Exported nodes called in wasm32: one freestanding module, its structs laid out by ctypes with pointers of 32 bits."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.compilers import FLAGS, zig_compiler
from edgewright_sdk.codegen.nodes import VIEW_TYPES, Node
from edgewright_sdk.codegen.sources import package_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AREA = 1 << 24
#: Processors that packages are compiled for.
SIMD, PLAIN = "generic+simd128+bulk_memory", "mvp"
STRING_H = """#pragma once
#include <stddef.h>
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
}
"""


class View(ctypes.Structure):
    """An ``ew_view`` of wasm32."""

    _fields_ = (
        ("data", ctypes.c_uint32),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int32 * 4),
    )


class WasmLibrary:
    """Runtime and device code of nodes, compiled as packages are, instantiated in wasmtime.

    Parameters
    ----------
    nodes : iterable of Node
        At least one a symbol.
    folder : Path
        Empty.
    cpu : str
        :data:`SIMD` or :data:`PLAIN`.
    """

    def __init__(self, nodes: Iterable[Node], folder: Path, cpu: str = SIMD) -> None:
        import wasmtime

        nodes = list(nodes)
        symbols = {node.symbol: node for node in nodes}
        files = package_files(nodes, "wasm_test")
        files["calls.cpp"] = _calls(symbols.values())
        for name, text in {**files, "freestanding/string.h": STRING_H}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        target = [
            "-target",
            "wasm32-freestanding",
            f"-mcpu={cpu}",
            "-O3",
            "-Ifreestanding",
        ]
        exports = [f"-Wl,--export={kind}_{name}" for name in symbols for kind in ("call", "size")]
        link = ["-nostdlib++", "-Wl,--no-entry", "-Wl,--export=place", *exports]
        sources = [name for name in files if name.endswith(".cpp")]
        zig_compiler().run([*target, *FLAGS, *sources, "-o", "nodes.wasm", *link], cwd=folder)
        self._store = wasmtime.Store()
        module = wasmtime.Module.from_file(self._store.engine, str(folder / "nodes.wasm"))
        self.imports = [item.name for item in module.imports]
        self._exports: Any = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._first = int(self._exports["place"](self._store))
        self._next = self._first

    def batch(self, node: Node, windows: np.ndarray) -> np.ndarray:
        """Give the first output of a node for each of ``(n, …)`` windows."""
        self._next = self._first
        fields = [(t.name, ctypes.c_uint32 if t.is_array else _scalar(t.dtype)) for t in node.tables]
        structure = type("tables", (ctypes.Structure,), {"_fields_": fields})
        assert self._call(f"size_{node.symbol}") == ctypes.sizeof(structure)
        values = [
            self._keep(np.ascontiguousarray(t.value).tobytes()) if t.is_array else t.value
            for t in node.tables
        ]
        tables = self._keep(bytes(structure(*values)))
        window = self._take(node.inputs[0].nbytes)
        outputs = [self._take(port.nbytes) for port in node.outputs]
        into = self._keep(_view(window, node.inputs[0].dtype, node.inputs[0].shape))
        views = [_view(at, port.dtype, port.shape) for at, port in zip(outputs, node.outputs, strict=True)]
        out = self._keep(b"".join(views))
        scratch = self._take(node.scratch_bytes)
        guard = self._keep(b"\xa5" * 64)
        arena = self._take(8)
        rows = []
        for values_of_one in windows:
            self._write(window, np.ascontiguousarray(values_of_one).tobytes())
            self._write(arena, np.array([scratch, scratch + node.scratch_bytes], "<u4").tobytes())
            status = self._call(f"call_{node.symbol}", tables, 0, into, out, arena)
            assert status == 0, f"{node.symbol} returned {status}"
            assert self._read(guard, 64) == b"\xa5" * 64, f"{node.symbol} wrote beyond its scratch memory"
            port = node.outputs[0]
            rows.append(np.frombuffer(self._read(outputs[0], port.nbytes), port.dtype).reshape(port.shape))
        return np.stack(rows)

    def _call(self, name: str, *arguments: int) -> int:
        return int(self._exports[name](self._store, *arguments))

    def _take(self, size: int) -> int:
        at = self._next
        self._next += -(-size // 16) * 16
        assert self._next <= self._first + AREA, "the module's memory is too small for this case"
        return at

    def _keep(self, data: bytes) -> int:
        at = self._take(len(data))
        self._write(at, data)
        return at

    def _write(self, at: int, data: bytes) -> None:
        self._exports["memory"].write(self._store, data, at)

    def _read(self, at: int, size: int) -> bytes:
        return bytes(self._exports["memory"].read(self._store, at, at + size))


def _calls(nodes: Iterable[Node]) -> str:
    nodes = list(nodes)
    lines = [f'#include "{node.symbol}/{node.header}"' for node in nodes]
    lines += ["using namespace EW_NS;", f"alignas(16) static unsigned char area[{AREA}];", 'extern "C" {']
    lines.append("unsigned char* place() { return area; }")
    for node in nodes:
        tables = f"{node.symbol}_tables"
        lines += [
            f"uint32_t size_{node.symbol}() {{ return sizeof({tables}); }}",
            f"int32_t call_{node.symbol}(const {tables}* tables, void* state, const ew_view* in, ew_view* out, ew_arena* a) {{",
            f"    return {node.symbol}(*tables, state, in, out, *a);",
            "}",
        ]
    return "\n".join([*lines, "}", ""])


def _scalar(dtype: str) -> Any:
    return np.ctypeslib.as_ctypes_type(np.dtype(dtype))


def _view(data: int, dtype: str, shape: tuple[int, ...]) -> bytes:
    sizes = (ctypes.c_int32 * 4)(*shape)
    return bytes(View(data, VIEW_TYPES[dtype], len(shape), sizes))
