"""What a warm answer costs: ``open_block(…).transform`` of one 125 × 3 window against the same call in this process.

::

    python benchmarks/warm.py [--runner process --runner bwrap …] [--repeats 400] [--json]

For each runner that works here: a plain process, a sandbox, a container. The answers of a runner and the call inside are
measured in turns, so that a busy machine slows both. The goal is a median of at most 1 ms above the in-process call. Exit
code 1 when it is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import edgewright
from edgewright.plugins import make_plugins
from edgewright_sdk import Params, Windows, load_block

if TYPE_CHECKING:
    from edgewright_specs.interface import WindowSpec

GOAL_MS = 1.0
BLOCKS = ("raw", "flatten", "spectral_analysis")
RUNNERS = ("process", "bwrap", "docker")
#: The first answers pay for imports.
UNCOUNTED = 20
WINDOW: WindowSpec = {"kind": "time-series", "length": 125, "axes": ["x", "y", "z"], "frequency": 62.5}


def measure(name: str, runner: str, repeats: int) -> dict[str, Any]:
    """Median times of one block by one runner, in milliseconds."""
    values = np.random.default_rng(0).normal(size=(1, 125, 3)).astype(np.float32)
    warm, inside = [], []
    with edgewright.open_block(name, runner=runner) as block:
        folder = block.block.folder
        assert folder is not None
        loaded = load_block(folder)
        params = Params(block.complete({}))
        for _ in range(repeats + UNCOUNTED):
            started = time.perf_counter()
            block.transform(values, frequency=62.5, axes=WINDOW["axes"])
            between = time.perf_counter()
            loaded.new().transform(Windows(values, WINDOW), params)  # type: ignore[attr-defined]
            ended = time.perf_counter()
            warm.append((between - started) * 1000)
            inside.append((ended - between) * 1000)
        loaded.close()
    above = np.subtract(warm, inside)[UNCOUNTED:]
    return {
        "block": name,
        "runner": runner,
        "warm": statistics.median(warm[UNCOUNTED:]),
        "inside": statistics.median(inside[UNCOUNTED:]),
        "above": float(np.median(above)),
        "above_p10": float(np.percentile(above, 10)),
    }


def working(names: list[str]) -> list[str]:
    """Those of the runners that work here; why others don't goes to stderr."""
    runners = make_plugins().runners()
    missing = {name: runners[name].available() for name in names}
    for name, why in missing.items():
        if why:
            print(f"without {name}: {why}", file=sys.stderr)
    return [name for name in names if not missing[name]]


def main() -> int:
    """Measure and print; exit code 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runner", action="append", choices=RUNNERS, dest="runners")
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    runners = working(options.runners or list(RUNNERS))
    results = [measure(name, runner, options.repeats) for runner in runners for name in BLOCKS]
    if options.as_json:
        print(json.dumps({"goal_ms": GOAL_MS, "rows": results}))
    else:
        print(f"{'runner':<9} {'block':<20} {'warm':>9} {'in process':>11} {'above':>9} {'above, quiet':>13}")
        for row in results:
            print(
                f"{row['runner']:<9} {row['block']:<20} {row['warm']:>6.2f} ms {row['inside']:>8.2f} ms"
                f" {row['above']:>6.2f} ms {row['above_p10']:>10.2f} ms"
            )
        print(f"goal: at most {GOAL_MS:g} ms above the in-process call (median)")
    return 0 if all(row["above"] <= GOAL_MS for row in results) else 1


if __name__ == "__main__":
    sys.exit(main())
