"""Run exported nodes on this machine's CPU, for whoever compares device code with Python.

::

    python3 -m edgewright_sdk.codegen.call PLAN.json

``PLAN.json``: ``{"work": DIR, "calls": [{"export": DIR, "input": FILE.npy, "out": DIR}]}``. ``input`` is a batch; every
output of the node is written to ``out/<name>.npy``, and where it exports an ONNX graph and onnxruntime is here, what that gives to
``out/onnx/<name>.npy``. All exports are compiled together, once, and without a warning. Prints one JSON line:
``{"ok": true, "compiler": "…", "tolerances": [{…}]}`` or ``{"ok": false, "error": "…"}``.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.compilers import WARNINGS, native_compiler
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from edgewright_sdk.arrays import Array


def run_plan(plan: dict[str, Any]) -> dict[str, Any]:
    """Compile the nodes of a plan and run each over its batch.

    Raises
    ------
    BlockError
        When there is no compiler, the code doesn't compile, or a node refuses its input.
    """
    compiler = native_compiler()
    nodes = [load_node(Path(call["export"])) for call in plan["calls"]]
    library = build_library(nodes, Path(plan["work"]), compiler=compiler, options=WARNINGS)
    for call, node in zip(plan["calls"], nodes, strict=True):
        batch = np.load(call["input"], allow_pickle=False)
        rows = batch.reshape(len(batch), *node.inputs[0].shape)
        out = Path(call["out"])
        out.mkdir(parents=True, exist_ok=True)
        for name, array in DeviceNode(library, node).batch(rows).items():
            np.save(out / f"{name}.npy", array)
        if node.onnx is not None and find_spec("onnxruntime") is not None:
            _run_graph(node.folder / node.onnx, rows, out / "onnx")
    return {"ok": True, "compiler": compiler.version(), "tolerances": [node.tolerance for node in nodes]}


def _run_graph(path: Path, rows: Array, out: Path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    out.mkdir()
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        made = session.run(names, {"input": rows})
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise BlockError(f"the exported ONNX graph can't be run: {str(error)[:500]}") from None
    for name, array in zip(names, made, strict=True):
        np.save(out / f"{name}.npy", array)


def main(arguments: list[str]) -> int:
    """Run the plan named on the command line; exit code 0 or 1."""
    try:
        answer = run_plan(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    except (BlockError, ValueError, OSError) as error:
        answer = {"ok": False, "error": str(error)}
    print(json.dumps(answer))  # noqa: T201 - the answer is this program's output
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
