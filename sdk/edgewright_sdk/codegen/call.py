"""Run exported nodes on this machine's CPU, for whoever compares device code with Python.

::

    python3 -m edgewright_sdk.codegen.call PLAN.json

``PLAN.json``: ``{"work": DIR, "calls": [{"export": DIR, "input": FILE.npy, "out": DIR}]}``. ``input`` is a batch; every
output of the node is written to ``out/<name>.npy``. All exports are compiled together, once, and without a warning. Prints
one JSON line:
``{"ok": true, "compiler": "…", "tolerances": [{…}]}`` or ``{"ok": false, "error": "…"}``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from edgewright_sdk.codegen.compilers import WARNINGS, native_compiler
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node
from edgewright_sdk.errors import BlockError


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
    return {"ok": True, "compiler": compiler.version(), "tolerances": [node.tolerance for node in nodes]}


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
