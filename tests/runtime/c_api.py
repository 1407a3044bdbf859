"""A package's C API called from Python: the shared library is compiled once, structs mirror the header."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.compilers import FLAGS, WARNINGS, native_compilers
from edgewright_sdk.codegen.package import cpp_sources

if TYPE_CHECKING:
    from pathlib import Path

OK, MORE, BAD_ARGUMENT, NO_MEMORY, NOT_FINITE = 0, 1, -1, -2, -3


class Contribution(ctypes.Structure):
    _fields_ = (("feature", ctypes.c_int32), ("value", ctypes.c_float))


class Output(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int32),
        ("decision", ctypes.c_int32),
        ("score", ctypes.c_float),
        ("smoothed", ctypes.c_float),
        ("threshold", ctypes.c_float),
        ("p_value", ctypes.c_float),
        ("contribution_count", ctypes.c_int32),
        ("contributions", Contribution * 3),
        ("class_count", ctypes.c_int32),
        ("class_scores", ctypes.POINTER(ctypes.c_float)),
        ("map_height", ctypes.c_int32),
        ("map_width", ctypes.c_int32),
        ("map", ctypes.POINTER(ctypes.c_float)),
        ("drift", ctypes.c_float),
        ("drifting", ctypes.c_int32),
    )


def result_type(outputs: int) -> type[ctypes.Structure]:
    fields = [
        ("status", ctypes.c_int32),
        ("decision", ctypes.c_int32),
        ("output_count", ctypes.c_int32),
        ("class_index", ctypes.c_int32),
        ("start", ctypes.c_uint64),
        ("build_id", ctypes.c_char_p),
        ("outputs", Output * max(outputs, 1)),
    ]
    return type("Result", (ctypes.Structure,), {"_fields_": fields})


class CApi:
    """One model and one stream of a package."""

    def __init__(self, package: Path, work: Path, name: str, *, outputs: int, arena_bytes: int) -> None:
        library = work / "package.so"
        native_compilers()[0].run(
            ["-O1", "-shared", "-fPIC", *FLAGS, *WARNINGS, *cpp_sources(package / "src"), "-o", library]
        )
        self._library = ctypes.CDLL(str(library))
        self._name = name
        self.arena = (ctypes.c_ubyte * (arena_bytes + 1))()
        self.arena_bytes = arena_bytes
        self.model = (ctypes.c_uint64 * 64)()
        self.stream = (ctypes.c_uint64 * 8192)()
        self.result = result_type(outputs)()

    def call(self, function: str, *arguments: Any) -> int:
        return int(self._library[f"{self._name}_{function}"](*arguments))

    def label(self) -> str | None:
        """What all outputs together say of the last window."""
        return self.text("label", ctypes.byref(self.result))

    def text(self, function: str, *arguments: Any) -> str | None:
        found = self._library[f"{self._name}_{function}"]
        found.restype = ctypes.c_char_p
        value = found(*arguments)
        return None if value is None else value.decode()

    def start(self, offset: int = 0) -> int:
        return self.call(
            "init", self.model, ctypes.byref(self.arena, offset), ctypes.c_size_t(self.arena_bytes)
        )

    def run(self, window: np.ndarray) -> int:
        data = np.ascontiguousarray(window)
        return self.call(
            "run",
            self.model,
            ctypes.c_void_p(data.ctypes.data),
            ctypes.c_size_t(data.size),
            ctypes.byref(self.result),
        )

    def push(self, rows: np.ndarray) -> tuple[int, int]:
        """Status and number of rows taken."""
        data = np.ascontiguousarray(rows)
        used = ctypes.c_size_t()
        at, count = ctypes.c_void_p(data.ctypes.data), ctypes.c_size_t(len(data))
        status = self.call(
            "stream_push", self.stream, at, count, ctypes.byref(used), ctypes.byref(self.result)
        )
        return status, used.value

    def get(self, what: str, output: int = 0) -> float:
        function = self._library[f"{self._name}_get_{what}"]
        function.restype = ctypes.c_float
        return float(function(self.model, output))

    def set(self, what: str, value: float, output: int = 0) -> int:
        return self.call(f"set_{what}", self.model, output, ctypes.c_float(value))
