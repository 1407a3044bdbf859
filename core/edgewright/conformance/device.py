"""Device code against Python: compiled once, run on this machine's CPU over the same inputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.conformance.checks import BrokenPromiseError
from edgewright.runners.process import source_paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.conformance.bench import Bench

#: The SDK's program; core never imports it.
PROGRAM = "edgewright_sdk.codegen.call"
COMPILE_SECONDS = 600
#: Absolute and relative, of ONNX graphs, whose sums a runtime takes in any order.
GRAPH_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Call:
    """One exported node, the batch to run it on, and what Python gave for it, by output."""

    name: str
    export: Path
    batch: NDArray[Any]
    expected: dict[str, NDArray[Any]]


def compare(bench: Bench, calls: Sequence[Call]) -> str:
    """Compile the nodes, run each over its batch, and compare every output with Python's.

    Returns
    -------
    str
        The compiler, and the largest difference as a share of the tolerance.

    Raises
    ------
    BrokenPromiseError
        The code doesn't compile, a node refuses its input, or a difference is above the export's tolerance.
    """
    import numpy as np

    folder = bench.new_folder()
    plan: dict[str, Any] = {"work": str(folder / "build"), "calls": []}
    (folder / "build").mkdir()
    for number, call in enumerate(calls):
        np.save(folder / f"{number}.npy", call.batch)
        plan["calls"].append(
            {
                "export": str(call.export),
                "input": str(folder / f"{number}.npy"),
                "out": str(folder / f"out-{number}"),
            }
        )
    answer = _run(plan, folder)
    worst = graphs = 0.0
    for number, (call, tolerance) in enumerate(zip(calls, answer["tolerances"], strict=True)):
        out = folder / f"out-{number}"
        wide = {key: max(tolerance.get(key, 0.0), GRAPH_TOLERANCE) for key in ("absolute", "relative")}
        worst = max(worst, _largest(call, out, tolerance, "on the device", "device/"))
        graphs = max(graphs, _largest(call, out / "onnx", wide, "in the ONNX graph", "the graph"))
    also = f", of ONNX graphs {graphs:.1%}" if graphs else ""
    return f"{answer['compiler']}: {len(calls)} parameter sets, largest difference {worst:.1%} of what is allowed{also}"


def _largest(call: Call, folder: Path, tolerance: dict[str, float], where: str, what: str) -> float:
    """Largest difference of the outputs in a folder, as a share of what is allowed."""
    import numpy as np

    worst = 0.0
    for name, expected in call.expected.items():
        path = folder / f"{name}.npy"
        if not path.is_file():
            continue  # a node gives the outputs it declares; `scores` is held by the deployment
        got = np.load(path, allow_pickle=False)
        if got.size != expected.size:
            raise BrokenPromiseError(
                f"{call.name}: {name} has shape {got.shape} {where} and {expected.shape} in Python",
                f"mend {what} (docs/device.md, docs/onnx.md)",
            )
        got = got.reshape(expected.shape)
        worst = max(worst, _compare(f"{call.name}: {name}", got, expected, tolerance, where, what))
    return worst


def _run(plan: dict[str, Any], folder: Path) -> dict[str, Any]:
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", PROGRAM, str(folder / "plan.json")],
            capture_output=True,
            text=True,
            timeout=COMPILE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise BrokenPromiseError(
            f"the device code ran for {COMPILE_SECONDS} s", "look for an endless loop"
        ) from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        raise BrokenPromiseError(
            f"the device code crashed ({how}) {done.stderr.strip()[-400:]}",
            "check the shapes before the loops: a node must never write beyond its outputs and scratch",
        ) from None
    if not answer["ok"]:
        raise BrokenPromiseError(
            str(answer["error"]), "mend device/ and export() until they agree (docs/device.md)"
        )
    return answer


def _environment() -> dict[str, str]:
    """The caller's, with the packages of a source checkout on the path of the child."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*source_paths(), os.environ.get("PYTHONPATH", "")])}


def _compare(
    output: str, got: NDArray[Any], expected: NDArray[Any], tolerance: dict[str, float], where: str, what: str
) -> float:
    """Largest difference as a share of what is allowed there."""
    import numpy as np

    if not got.size:
        return 0.0
    absolute, relative = tolerance.get("absolute", 1e-4), tolerance.get("relative", 1e-4)
    difference = np.abs(got.astype(np.float64) - expected)
    share = difference / np.maximum(absolute + relative * np.abs(expected), np.finfo(np.float64).tiny)
    if not np.isfinite(got).all() or (share > 1).any():
        place = np.unravel_index(int(np.argmax(np.where(np.isfinite(share), share, np.inf))), got.shape)
        raise BrokenPromiseError(
            f"{output}{[int(i) for i in place]} is {got[place]:.6g} {where} and {expected[place]:.6g} in Python",
            f"allowed: {absolute:g} + {relative:g}·|value|, from export()'s tolerance; mend {what} or state a tolerance "
            "that float32 can keep",
        )
    return float(share.max())
