"""What a warm answer costs: ``open_block(…).transform`` of one 125 × 3 window against the same call in this process.

::

    python benchmarks/warm.py [--repeats 400] [--json]

Both are measured in turns, so that a busy machine slows both. The goal is a median of at most 1 ms above the in-process
call. Exit code 1 when it is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

import edgewright
from edgewright_sdk import Params, Windows, load_block

if TYPE_CHECKING:
    from edgewright_specs.interface import WindowSpec

GOAL_MS = 1.0
BLOCKS = ("raw", "flatten", "spectral_analysis")
WINDOW: WindowSpec = {"kind": "time-series", "length": 125, "axes": ["x", "y", "z"], "frequency": 62.5}


def measure(name: str, repeats: int) -> dict[str, float]:
    """Median times of one block, in milliseconds."""
    values = np.random.default_rng(0).normal(size=(1, 125, 3)).astype(np.float32)
    warm, inside = [], []
    with edgewright.open_block(name) as block:
        folder = block.block.folder
        assert folder is not None
        loaded = load_block(folder)
        params = Params(block.complete({}))
        for _ in range(repeats + 20):
            started = time.perf_counter()
            block.transform(values, frequency=62.5, axes=WINDOW["axes"])
            between = time.perf_counter()
            loaded.new().transform(Windows(values, WINDOW), params)  # type: ignore[attr-defined]
            ended = time.perf_counter()
            warm.append((between - started) * 1000)
            inside.append((ended - between) * 1000)
        loaded.close()
    warm, inside = warm[20:], inside[20:]
    return {
        "warm": statistics.median(warm),
        "inside": statistics.median(inside),
        "above": statistics.median(w - i for w, i in zip(warm, inside, strict=True)),
        "above_p10": float(np.percentile(np.subtract(warm, inside), 10)),
    }


def main() -> int:
    """Measure and print; exit code 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    results = {name: measure(name, options.repeats) for name in BLOCKS}
    if options.as_json:
        print(json.dumps({"goal_ms": GOAL_MS, "blocks": results}))
    else:
        print(f"{'block':<20} {'warm':>9} {'in process':>11} {'above':>9} {'above, quiet':>13}")
        for name, result in results.items():
            print(
                f"{name:<20} {result['warm']:>6.2f} ms {result['inside']:>8.2f} ms {result['above']:>6.2f} ms"
                f" {result['above_p10']:>10.2f} ms"
            )
        print(f"goal: at most {GOAL_MS:g} ms above the in-process call (median)")
    return 0 if all(result["above"] <= GOAL_MS for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
