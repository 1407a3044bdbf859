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
    nodes, differing, beyond = {}, [], 0
    for index, features in enumerate(document["features"]):
        device = np.array(
            [instance.features(window, index, len(features["values"][0])) for window in windows]
        )
        nodes[features["name"]] = _compared(
            "features", device, np.array(features["values"]), features["tolerance"]
        )
    for output in document["outputs"]:
        results = [instance.run(window, output["index"]) for window in windows]
        expected = output["expected"]
        what = "classes" if output["output"] == "probabilities" else "score"
        device = np.array([result[what] for result in results])
        python = np.array([row[what] for row in expected])
        nodes[output["name"]] = _compared(output["output"], device, python, output["tolerance"])
        for number, (result, row) in enumerate(zip(results, expected, strict=True)):
            beyond += not row["p"][0] - 1e-6 <= result["p"] <= row["p"][1] + 1e-6
            if result["decision"] != row["decision"]:
                # What the score was weighed against: the threshold, or the class that the device prefers.
                other_class = what == "classes" and result["decision"] >= 0
                rival = row["classes"][result["decision"]] if other_class else result["threshold"]
                allowed = (2 if other_class else 1) * _allowed(row["score"], output["tolerance"])
                differing.append(
                    {
                        "node": output["name"],
                        "window": number,
                        "device_score": result["score"],
                        "python_score": row["score"],
                        "threshold": result["threshold"],
                        "within_tolerance": abs(row["score"] - rival) <= allowed,
                    }
                )
    ok = not beyond and all(n["beyond_tolerance"] == 0 for n in nodes.values())
    return {
        "build_id": document["buildId"],
        "windows": len(windows),
        "nodes": nodes,
        "p_values_beyond_tolerance": beyond,
        "decisions_differ": differing,
        "ok": ok and all(d["within_tolerance"] for d in differing),
    }


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


def _allowed(value: Any, tolerance: dict[str, float]) -> Any:
    return tolerance["absolute"] + tolerance["relative"] * np.abs(value)


def _compared(what: str, device: Any, python: Any, tolerance: dict[str, float]) -> dict[str, Any]:
    difference = np.nan_to_num(np.abs(device.astype(np.float64) - python), nan=1e300, posinf=1e300)
    beyond = ~(difference <= _allowed(python, tolerance))
    return {
        "output": what,
        "largest_difference": float(difference.max(initial=0.0)),
        "beyond_tolerance": int(beyond.sum()),
        "tolerance": tolerance,
    }


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
