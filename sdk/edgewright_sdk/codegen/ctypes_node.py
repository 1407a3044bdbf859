"""Device code called from Python: compiled once, its structs filled through ctypes.

One shared library holds the runtime and the device code of any number of blocks. A table set is data, so a test
of a thousand parameter sets compiles nothing.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.compilers import FLAGS, Compiler, native_compiler
from edgewright_sdk.codegen.nodes import MAX_RANK, VIEW_TYPES, Node, Port, Table
from edgewright_sdk.codegen.sources import module_files, needed_modules, package_files
from edgewright_sdk.errors import BlockError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from edgewright_sdk.arrays import Array

#: ``ew_status`` in words.
STATUS = {
    0: "ok",
    -1: "an input or output has another shape than the tables were made for",
    -2: "scratch_bytes is too small",
    -3: "not finite",
    -4: "the tables contradict each other",
}

_NAMESPACE = "edgewright_node"
_ALIGNMENT = 64


class _View(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int32 * MAX_RANK),
    )


class _Arena(ctypes.Structure):
    _fields_ = (("next", ctypes.c_void_p), ("end", ctypes.c_void_p))


class DeviceLibrary:
    """A shared library with the node functions of some blocks.

    Parameters
    ----------
    path : Path
        What :func:`build_library` wrote.
    """

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))

    def function(self, name: str) -> ctypes._NamedFuncPointer:
        """Find a C function by name.

        Raises
        ------
        RequestError
            When the library wasn't built with it.
        """
        try:
            return self._library[name]
        except AttributeError:
            raise RequestError(f"the device library holds no {name!r}") from None


class DeviceNode:
    """One exported node, ready to be called.

    Parameters
    ----------
    library : DeviceLibrary
        Built from the node's sources.
    node : Node
    """

    def __init__(self, library: DeviceLibrary, node: Node) -> None:
        self.node = node
        self._call = library.function(f"call_{node.symbol}")
        self._call.restype = ctypes.c_int32
        size = library.function(f"size_{node.symbol}")
        size.restype = ctypes.c_size_t
        self._arrays = [np.ascontiguousarray(t.value) for t in node.tables if t.is_array]
        structure = _structure(node)
        if size() != ctypes.sizeof(structure):
            raise RequestError(
                f"{node.symbol}_tables has {size()} bytes in C++ and {ctypes.sizeof(structure)} by export.json; "
                "the fields of the struct must be those of `tables`, in order and type"
            )
        pointers = iter(self._arrays)
        values = [next(pointers).ctypes.data if t.is_array else t.value for t in node.tables]
        self._tables = structure(*values)
        self._scratch = _aligned(node.scratch_bytes)

    def run(self, *inputs: Array, state: Array | None = None) -> dict[str, Array]:
        """Run one window.

        Parameters
        ----------
        inputs : np.ndarray
            One array an input, of the declared shape and dtype.
        state : np.ndarray, optional
            From :meth:`new_state`, for windows of a stream; without it the call stands alone.

        Returns
        -------
        dict of str to np.ndarray
            Outputs by name.

        Raises
        ------
        RequestError
            When an input isn't what the export declares.
        BlockError
            When the node refuses, or writes outside its scratch memory.
        """
        views = self._views(inputs)
        outputs = [np.full(port.shape, -1, dtype=port.dtype) for port in self.node.outputs]
        out = (_View * len(outputs))(*map(_view, outputs))
        self._scratch[:] = 0xA5
        start = self._scratch.ctypes.data
        arena = _Arena(start, start + self.node.scratch_bytes)
        pointer = state.ctypes.data if state is not None and self.node.state_bytes else None
        status = self._call(
            ctypes.byref(self._tables), ctypes.c_void_p(pointer), views, out, ctypes.byref(arena)
        )
        if status != 0:
            raise BlockError(f"{self.node.symbol} returned {status}: {STATUS.get(status, 'unknown status')}")
        if (self._scratch[self.node.scratch_bytes :] != 0xA5).any():
            raise BlockError(f"{self.node.symbol} wrote beyond its scratch_bytes ({self.node.scratch_bytes})")
        if state is not None and (state[self.node.state_bytes :] != 0).any():
            raise BlockError(f"{self.node.symbol} wrote beyond its state_bytes ({self.node.state_bytes})")
        return {port.name: array for port, array in zip(self.node.outputs, outputs, strict=True)}

    def new_state(self) -> Array:
        """Return the memory of a stream that begins."""
        return _aligned(self.node.state_bytes)

    def batch(self, *inputs: Array, stream: bool = False) -> dict[str, Array]:
        """Run each row of batches ``(n, …)``; outputs are stacked.

        With ``stream`` the rows are the windows of one stream, each a stride further on; else each stands alone.
        """
        state = self.new_state() if stream else None
        rows = [self.run(*row, state=state) for row in zip(*inputs, strict=True)]
        return {
            port.name: np.stack([row[port.name] for row in rows])
            if rows
            else np.zeros((0, *port.shape), port.dtype)
            for port in self.node.outputs
        }

    def _views(self, inputs: Sequence[Array]) -> ctypes.Array[_View]:
        if len(inputs) != len(self.node.inputs):
            raise RequestError(f"{self.node.symbol} takes {len(self.node.inputs)} inputs, not {len(inputs)}")
        self._held = [
            _as_declared(array, port, self.node.symbol)
            for array, port in zip(inputs, self.node.inputs, strict=True)
        ]
        return (_View * len(inputs))(*map(_view, self._held))


def build_library(
    nodes: Iterable[Node], out: Path, *, compiler: Compiler | None = None, options: Sequence[str] = ()
) -> DeviceLibrary:
    """Compile the device code of nodes, with the runtime, into one shared library.

    Parameters
    ----------
    nodes : iterable of Node
        At least one a block; further nodes of a block add nothing.
    out : Path
        Empty folder for sources and ``device.so``.
    compiler : Compiler, optional
        By default the first one found.
    options : sequence of str
        Further options for the compiler: warnings, sanitizers.

    Raises
    ------
    BlockError
        When there is no compiler or it fails.
    """
    nodes = list(nodes)
    compiler = compiler or native_compiler()
    symbols = {node.symbol: node for node in nodes}
    files = package_files(nodes, _NAMESPACE)
    files["calls.cpp"] = _calls(symbols.values())
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = [name for name in files if name.endswith(".cpp")]
    compiler.run(["-O2", "-shared", "-fPIC", *FLAGS, *options, *sources, "-o", "device.so", "-lm"], cwd=out)
    return DeviceLibrary(out / "device.so")


def runtime_sources(names: Iterable[str]) -> list[Path]:
    """Source files of runtime modules and of all that they include."""
    return [path for name in needed_modules(names) for path in module_files(name) if path.suffix == ".cpp"]


def _calls(nodes: Iterable[Node]) -> str:
    nodes = list(nodes)
    lines = [f'#include "{node.symbol}/{node.header}"' for node in nodes]
    for node in nodes:
        symbol = node.symbol
        lines += [
            f'extern "C" size_t size_{symbol}() {{ return sizeof(EW_NS::{symbol}_tables); }}',
            (
                f'extern "C" int32_t call_{symbol}(const void* tables, void* state, const EW_NS::ew_view* in, '
                "EW_NS::ew_view* out, EW_NS::ew_arena* scratch) {"
            ),
            (
                f"    return EW_NS::{symbol}(*static_cast<const EW_NS::{symbol}_tables*>(tables), state, in, out, "
                "*scratch);"
            ),
            "}",
        ]
    return "\n".join(lines) + "\n"


def _structure(node: Node) -> type[ctypes.Structure]:
    fields = [(table.name, ctypes.c_void_p if table.is_array else _scalar(table)) for table in node.tables]
    return type(f"{node.symbol}_tables", (ctypes.Structure,), {"_fields_": fields})


def _scalar(table: Table) -> type[ctypes.c_float]:
    kind: type[ctypes.c_float] = np.ctypeslib.as_ctypes_type(np.dtype(table.dtype))
    return kind


def _aligned(size: int) -> Array:
    """Bytes on a 64-byte boundary, with a guard behind them."""
    raw = np.zeros(size + 2 * _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size + _ALIGNMENT]


def _view(array: Array) -> _View:
    shape = (ctypes.c_int32 * MAX_RANK)(*array.shape)
    return _View(array.ctypes.data, VIEW_TYPES[array.dtype.name], array.ndim, shape)


def _as_declared(array: Array, port: Port, symbol: str) -> Array:
    array = np.ascontiguousarray(array)
    if array.dtype.name != port.dtype or array.shape != port.shape:
        raise RequestError(
            f"{symbol} takes {port.dtype} {list(port.shape)}, not {array.dtype.name} {list(array.shape)}"
        )
    return array
