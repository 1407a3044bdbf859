"""A WebAssembly module: its size by sections, and its instructions as wasmtime counts them."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from edgewright_sdk import BlockError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CODE, _DATA, _MEMORY = 10, 11, 5
PAGE = 65536
_FUEL = 1 << 60


def section_bytes(path: Path) -> dict[str, int]:
    """Bytes of code, of data and of the whole file, and of the memory that it begins with."""
    data = path.read_bytes()
    if data[:4] != b"\0asm":
        raise BlockError(f"{path.name} is no WebAssembly module")
    sizes, at, memory = {}, 8, 0
    while at < len(data):
        kind = data[at]
        length, start = _number(data, at + 1)
        sizes[kind] = length
        if kind == _MEMORY:
            memory = _number(data, start + 2)[0] * PAGE  # one memory, its flags, its pages
        at = start + length
    return {"code": sizes.get(_CODE, 0), "data": sizes.get(_DATA, 0), "file": len(data), "memory": memory}


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a LEB128 number; it and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def has_wasmtime() -> bool:
    """Whether modules can be run here."""
    return importlib.util.find_spec("wasmtime") is not None


def count(path: Path, plan: Mapping[str, Any]) -> dict[str, dict[int, list[int]]]:
    """Instructions by kind and number, as the counting program of other processors gives them."""
    import wasmtime

    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    store.set_fuel(_FUEL)
    exports = wasmtime.Instance(store, wasmtime.Module.from_file(engine, str(path)), []).exports(store)

    def spent(name: str, *arguments: int) -> int:
        before = store.get_fuel()
        exports[name](store, *arguments)  # type: ignore[operator]
        return int(before - store.get_fuel())

    spent("ew_begin")
    last = len(plan["nodes"]) - 1
    found: dict[str, dict[int, list[int]]] = {"w": {}}
    for number in range(last):
        found["w"][number] = [spent("ew_nodes", window, number) for window in range(plan["windows"])]
    found["w"][last] = [spent("ew_whole", window) for window in range(plan["windows"])]
    if plan["streams"]:
        found["s"] = {0: [spent("ew_next")]}
    return found
