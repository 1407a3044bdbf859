"""A compiled network as WebAssembly in Node, in turns with onnxruntime-web: for ``benchmarks/network.py``."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk.codegen.compilers import FLAGS, zig_compiler
from edgewright_sdk.codegen.sources import package_files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgewright_sdk.compiler import Program

_TARGET = ("-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory", "-O3")
_LINK = ("-nostdlib++", "-Wl,--no-entry", "-Wl,--export=run_program", "-s")
_STRING_H = """#pragma once
#include <stddef.h>
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
}
"""


def in_node(
    program: Program,
    onnx: bytes,
    x: NDArray[np.float32],
    image: NDArray[np.float32],
    *,
    entry: str,
    web: Path,
    rounds: int,
) -> dict[str, float]:
    """Milliseconds of a run, ours and onnxruntime-web's, each the fastest of many.

    Parameters
    ----------
    program : Program
    onnx : bytes
        The same network.
    x, image : np.ndarray
        The input as ONNX has it, and channels last.
    entry : str
        C++ of ``run_program``.
    web : Path
        Folder in which ``npm install onnxruntime-web`` was made.
    rounds : int
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {
            **package_files([], "bench", ["network"]),
            "entry.cpp": entry,
            "freestanding/string.h": _STRING_H,
        }
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        sources = [path for path in files if path.endswith(".cpp")]
        zig_compiler().run(
            [*_TARGET, *FLAGS, "-Ifreestanding", *sources, "-o", "network.wasm", *_LINK], cwd=folder
        )
        (folder / "network.onnx").write_bytes(onnx)
        for part, array in {
            "calls": program.calls,
            "weights": program.weights,
            "x": x,
            "image": image,
        }.items():
            (folder / part).write_bytes(array.tobytes())
        job = {
            "folder": str(folder), "web": str(web.resolve()), "rounds": rounds, "shape": list(x.shape),
            "first": program.first, "last": program.last[0], "arena": program.memory.size,
            "outputs": program.graph.count(program.graph.output),
        }  # fmt: skip
        script = Path(__file__).with_name("network.mjs")
        done = subprocess.run(["node", script, json.dumps(job)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"Node ended with {done.returncode}:\n{done.stderr[-2000:]}")
        found: dict[str, float] = json.loads(done.stdout)
        return found
