"""Run the self-test of a module in the engines that are here."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError
from edgewright_sdk.codegen.expectations import compare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OUTPUTS_AT, _OUTPUT_BYTES, _CLASSES_AT = (
    28,
    80,
    52,
)  # layout of <name>_result, checked when the module is compiled
_SECONDS = 300


def run_node(package: Path, module: str) -> dict[str, Any] | None:
    """Run ``selftest.mjs`` on one module by Node; None where there is none."""
    node = shutil.which("node")
    if node is None:
        return None
    command = [node, str(package / "selftest" / "selftest.mjs"), module]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise BlockError(f"Node didn't finish the self-test within {_SECONDS} s") from None
    except ValueError:
        shown = (done.stderr or done.stdout)[-2000:]
        raise BlockError(f"Node ended with {done.returncode} and printed no result:\n{shown}") from None
    return found


def run_wasmtime(module: Path, document: dict[str, Any]) -> dict[str, Any] | None:
    """Compare the module with the self-test's document by wasmtime; None where it isn't installed."""
    if importlib.util.find_spec("wasmtime") is None:
        return None
    instance = _Instance(module, str(document["name"]))
    dtype = np.uint8 if document.get("kind") == "image" else np.float32
    windows = [np.asarray(window, dtype) for window in document["windows"]]
    features = [
        np.array([instance.features(window, index, len(given["values"][0])) for window in windows])
        for index, given in enumerate(document["features"])
    ]
    outputs = [
        [instance.run(window, output["index"]) for window in windows] for output in document["outputs"]
    ]
    return compare(document, len(windows), features, outputs)


def merged(found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Say of several engines what holds for all: the largest differences, and every decision that differs in one of them."""
    first = next(iter(found.values()))
    nodes = {
        name: max((result["nodes"][name] for result in found.values()), key=_how_far)
        for name in first["nodes"]
    }
    differing = [
        {**one, "engine": engine} for engine, result in found.items() for one in result["decisions_differ"]
    ]
    ok = all(result["ok"] for result in found.values())
    return {**first, "nodes": nodes, "decisions_differ": differing, "ok": ok}


def _how_far(node: Mapping[str, Any]) -> tuple[int, float]:
    return node["beyond_tolerance"], node["largest_difference"]


class _Instance:
    """The module under wasmtime, called by its C functions."""

    _exports: Any

    def __init__(self, path: Path, name: str) -> None:
        import wasmtime

        self._store = wasmtime.Store()
        module = wasmtime.Module.from_file(self._store.engine, str(path))
        if module.imports:
            raise BlockError(
                f"{path.name} imports {[i.name for i in module.imports]}; it must import nothing"
            )
        self._exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._name = name
        self._call("wasm_start")
        self._model, self._result, self._window, self._features, self._used = (
            self._value(f"wasm_{what}") for what in ("model", "result", "window", "features", "used")
        )

    def _value(self, function: str, *arguments: int) -> int:
        return int(self._exports[f"{self._name}_{function}"](self._store, *arguments))

    def _call(self, function: str, *arguments: int) -> None:
        status = self._value(function, *arguments)
        if status != 0:
            raise BlockError(f"{self._name}_{function} returned {status}")

    def _read(self, start: int, count: int) -> bytes:
        return bytes(self._exports["memory"].read(self._store, start, start + count))

    def features(self, window: Any, node: int, count: int) -> Any:
        """Features of one window."""
        self._exports["memory"].write(self._store, window.tobytes(), self._window)
        self._call(
            "features", self._model, node, self._window, window.size, self._features, count, self._used
        )
        return np.frombuffer(self._read(self._features, 4 * count), np.float32)

    def run(self, window: Any, output: int) -> dict[str, Any]:
        """Score, p-value, threshold, decision and class scores of one window."""
        self._exports["memory"].write(self._store, window.tobytes(), self._window)
        self._call("run", self._model, self._window, window.size, self._result)
        at = self._result + _OUTPUTS_AT + output * _OUTPUT_BYTES
        _, decision, score, _, threshold, p = struct.unpack("<iiffff", self._read(at, 24))
        count, classes = struct.unpack("<iI", self._read(at + _CLASSES_AT, 8))
        given = (
            np.frombuffer(self._read(classes, 4 * count), np.float32) if classes else np.zeros(0, np.float32)
        )
        return {"score": score, "p": p, "threshold": threshold, "decision": decision, "classes": given}
