"""What starting a sandbox costs: the runner ``bwrap`` ÷ the runner ``docker``, for a program that does nothing.

Both run ``/bin/true`` with the whole strict profile, from the job to the outcome, in random order in one process, so that a busy machine slows both;
the ratio is that of the medians. Goal: at most 0.1, else the exit code is 1. Needs bubblewrap and an engine that answers.

    python benchmarks/sandbox_start.py [--rounds 20] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / root) for root in ("core", "specs", "sdk", "blocks")]

from edgewright.plugins import make_plugins  # noqa: E402
from edgewright.registry import resolve  # noqa: E402
from edgewright.runners.base import Job, Limits, Prepared, Runner  # noqa: E402
from edgewright.runners.bwrap import BwrapRunner  # noqa: E402
from edgewright.runners.docker import DockerRunner  # noqa: E402

GOAL = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often each side runs")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    runners: dict[str, Runner] = {"bwrap": BwrapRunner(), "docker": DockerRunner()}
    try:
        prepared = {name: idle(runner) for name, runner in runners.items()}
        times = measure(runners, prepared, options.rounds)
    finally:
        for runner in runners.values():
            runner.close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["bwrap"] / medians["docker"]
    if options.json:
        print(json.dumps({"rounds": options.rounds, "seconds": medians, "ratio": ratio, "goal": GOAL}))
    else:
        for name, values in times.items():
            print(f"{name:<7} median {medians[name]:.4f} s, {min(values):.4f} to {max(values):.4f} s")
        print(f"bwrap ÷ docker: {ratio:.3f} (goal: at most {GOAL})")
    return 0 if ratio <= GOAL else 1


def idle(runner: Runner) -> Prepared:
    """The built-in block ``raw``, told to run a program that does nothing."""
    prepared = runner.prepare(resolve("raw", Path.cwd(), make_plugins()), lambda _: None)
    block = prepared.block
    section = block.spec.edgewright
    assert section is not None
    spec = replace(block.spec, edgewright=section.model_copy(update={"command": ["/bin/true"]}))
    return replace(prepared, block=replace(block, spec=spec))


def measure(runners: dict[str, Runner], prepared: dict[str, Prepared], rounds: int) -> dict[str, list[float]]:
    """Seconds of each run by runner; the first round warms caches and is left out."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    order = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="edgewright-benchmark-") as place:
        for number in range(rounds + 1):
            for name in order.sample(sorted(runners), len(runners)):
                folder = Path(place, f"{name}-{number}")
                for part in ("in", "out"):
                    (folder / part).mkdir(parents=True)
                job = Job(
                    folder.name, "benchmark", prepared[name], folder / "in", folder / "out", folder / "log",
                    Limits(), request={"operation": "transform"},
                )  # fmt: skip
                start = time.perf_counter()
                outcome = runners[name].run(job, threading.Event(), lambda _: None)
                if number:
                    times[name].append(time.perf_counter() - start)
                assert outcome.reason == "ok", outcome
                shutil.rmtree(folder)
    return times


if __name__ == "__main__":
    sys.exit(main())
