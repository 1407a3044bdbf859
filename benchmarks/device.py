"""Speed and size of the processing blocks' device code, beside scipy.fft's time for the same transforms.

::

    python benchmarks/device.py [--rounds 15] [--quick] [--json]
    python benchmarks/device.py --cortex-m PATH      # CMSIS-DSP's sources: the FFT's instructions under QEMU

Each block with its defaults: one second of 16 kHz sound, two seconds of motion on three axes at 62.5 Hz, or a picture of
96 × 96. Everything is measured in turns, so that a busy machine slows all alike; given are medians. Instructions are
counted by callgrind where valgrind is installed. The goal: at most 4 times scipy's time when compiled by
``-O3 -march=x86-64-v3``, 8 times as wasm32 with SIMD; exit code 1 when it is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.fft
from cortex_m import compare_with_cmsis
from device_programs import export, in_wasm, instructions, native, write_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

GOALS = {"-O3 v3": 4.0, "wasm32": 8.0}
VARIANTS = {"-Os": ["-Os"], "-O3 v3": ["-O3", "-march=x86-64-v3"]}
_SECONDS_A_TURN = 0.002  # of the processor: time that others take from it does not count


@dataclass
class Case:
    """A block on a window, and the transforms that are within it: how many of which length."""

    name: str
    block: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    transforms: tuple[int, int] | None = None


CASES = [
    Case("spectral_analysis", "spectral_analysis", "motion", transforms=(3 * 16, 16)),
    Case("spectral_analysis, wavelet", "spectral_analysis", "motion", {"analysis_type": "Wavelet"}),
    Case("mfcc", "mfcc", "sound", transforms=(50, 256)),
    Case("mfcc, not normalised", "mfcc", "sound", {"win_size": 0}, (50, 256)),
    Case("mfe", "mfe", "sound", transforms=(99, 256)),
    Case("spectrogram", "spectrogram", "sound", transforms=(99, 128)),
    Case("spectrum", "spectrum", "sound", transforms=(1, 16384)),
    Case("flatten", "flatten", "motion"),
    Case("raw", "raw", "motion"),
    Case("image", "image", "picture"),
]


def window_of(kind: str) -> tuple[dict[str, Any], NDArray[Any]]:
    """Give a window and what it says of itself."""
    random = np.random.default_rng(0)
    if kind == "picture":
        spec: dict[str, Any] = {"kind": "image", "height": 96, "width": 96, "channels": 3}
        return spec, random.integers(0, 256, (96, 96, 3), dtype=np.uint8)
    if kind == "sound":
        t = np.arange(16000) / 16000
        values = 8000 * np.sin(2 * np.pi * 440 * t) + 1000 * random.standard_normal(16000)
        spec = {"kind": "time-series", "length": 16000, "axes": ["audio"], "frequency": 16000.0}
        return spec, values.astype(np.float32)[:, None]
    spec = {"kind": "time-series", "length": 125, "axes": ["x", "y", "z"], "frequency": 62.5}
    values = random.standard_normal((125, 3)) + np.array([0, 9.81, 0])
    return spec, values.astype(np.float32)


def transforms(count: int, length: int) -> Callable[[int], int]:
    """Give what does the same transforms by scipy, in one call."""
    frames = np.random.default_rng(1).standard_normal((count, length)).astype(np.float32)

    def run(times: int) -> int:
        for _ in range(times):
            scipy.fft.rfft(frames, workers=1)
        return 0

    return run


def measure(case: Case, rounds: int, folder: Path) -> dict[str, Any]:
    """Build one block's programs and take their times in turns, in microseconds a window."""
    window, values = window_of(case.kind)
    program = write_program(
        export(case.block, window, case.params, folder / "export"), values, folder / "program"
    )
    if case.transforms is not None and case.block != "spectrum":
        _check_frames(case, program.node)
    result: dict[str, Any] = {
        "name": case.name,
        "arena_bytes": program.arena_bytes,
        "code_bytes": {},
        "instructions": {},
    }
    runs: dict[str, Callable[[int], int]] = {}
    for variant, options in VARIANTS.items():
        runs[variant], result["code_bytes"][variant], executable = native(program, options)
        result["instructions"][variant] = instructions(executable)
    runs["wasm32"], result["code_bytes"]["wasm32"] = in_wasm(program)
    if case.transforms is not None:
        runs["scipy"] = transforms(*case.transforms)
    result["microseconds"] = times = _in_turns(runs, rounds)
    result["ratios"] = {name: times[name] / times["scipy"] for name in GOALS} if case.transforms else {}
    return result


def _check_frames(case: Case, node: Any) -> None:
    """The transforms that scipy does must be the block's."""
    tables = {table.name: table.value for table in node.tables}
    assert case.transforms is not None
    count = tables.get("frames", case.transforms[0])
    if (count, tables["fft_length"]) != case.transforms:
        raise SystemExit(f"{case.name}: {count} transforms of {tables['fft_length']}, not {case.transforms}")


def _in_turns(runs: dict[str, Callable[[int], int]], rounds: int) -> dict[str, float]:
    counts = {}
    for name, run in runs.items():
        if run(1) != 0:
            raise SystemExit(f"{name}: the node refused its window")
        start = time.thread_time()
        run(3)
        counts[name] = max(int(3 * _SECONDS_A_TURN / (time.thread_time() - start)), 1)
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.thread_time()
            run(counts[name])
            taken[name].append((time.thread_time() - start) / counts[name] * 1e6)
    return {name: median(values) for name, values in taken.items()}


def show(results: list[dict[str, Any]]) -> None:
    """Print the table."""
    forms = ("-Os", "-O3 v3", "wasm32")
    groups = [("µs a window", 4), ("× scipy", 2), ("code bytes", 3), ("arena", 1), ("instructions", 2)]
    print(" " * 27 + "".join(f"{name:>{9 * columns}}" for name, columns in groups))
    heads = [*forms, "scipy", *GOALS, *forms, "bytes", *VARIANTS]
    print(f"{'block':27}" + "".join(f"{head:>9}" for head in heads))
    for row in results:
        times, ratios = row["microseconds"], row["ratios"]
        cells = [f"{times[form]:.1f}" for form in forms]
        cells.append(f"{times['scipy']:.1f}" if ratios else "-")
        cells += [f"{ratios[name]:.2f}" if ratios else "-" for name in GOALS]
        cells += [str(row["code_bytes"][form]) for form in forms]
        cells.append(str(row["arena_bytes"]))
        cells += [str(row["instructions"][variant] or "-") for variant in VARIANTS]
        print(f"{row['name']:27}" + "".join(f"{cell:>9}" for cell in cells))
    print("goal: at most " + ", ".join(f"{goal:g} × scipy.fft ({name})" for name, goal in GOALS.items()))


def main() -> int:
    """Measure and print; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--quick", action="store_true", help="two blocks, one round, no verdict: does it work?"
    )
    parser.add_argument(
        "--cortex-m", type=Path, metavar="PATH", help="folder of CMSIS-DSP: count the FFT's instructions"
    )
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    if options.cortex_m is not None:
        verdict: int = compare_with_cmsis(options.cortex_m, as_json=options.as_json)
        return verdict
    cases = [case for case in CASES if case.name in ("raw", "mfcc")] if options.quick else CASES
    results = []
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            results.append(measure(case, 1 if options.quick else options.rounds, Path(folder)))
    if options.as_json:
        print(json.dumps({"goals": GOALS, "blocks": results}))
    else:
        show(results)
    missed = [
        row["name"]
        for row in results
        if any(row["ratios"].get(name, 0) > goal for name, goal in GOALS.items())
    ]
    return 1 if missed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
