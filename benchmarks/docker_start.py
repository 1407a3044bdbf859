"""What isolation costs: our docker runner, harvest included, ÷ the same container without hardening.

All sides run the same image with the same command on the same input: ``flatten`` over 480 windows of 125×3.

ours         DockerRunner.run and harvest
plain        the docker library's create, start, wait, remove with its defaults, so on the bridge network
no network   the same with network none: the harder peer, since plugging in a network is what costs plain most

They are interleaved in random order in one process, so a busy machine slows all; a ratio is that of the medians. Goal:
at most 1.15 over each, else the exit code is 1.

    python benchmarks/docker_start.py [--rounds 20] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / root) for root in ("core", "specs", "sdk", "blocks")]

import numpy as np  # noqa: E402

from edgewright.harvest import harvest, output_rules  # noqa: E402
from edgewright.images.engine import connect  # noqa: E402
from edgewright.plugins import make_plugins  # noqa: E402
from edgewright.registry import resolve  # noqa: E402
from edgewright.runners.base import Job, Limits, Prepared  # noqa: E402
from edgewright.runners.docker import DockerRunner  # noqa: E402
from edgewright_specs.parameters import resolve_params  # noqa: E402

GOAL = 1.15
WINDOWS, LENGTH, AXES = 480, 125, ["x", "y", "z"]
PEERS = {"plain": {}, "no network": {"network_mode": "none"}}
COMMAND = ["python3", "-m", "edgewright_sdk", "run", "--block", "/block", "--in", "/in", "--out", "/out"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often each side runs")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()

    runner = DockerRunner()
    try:
        prepared = runner.prepare(resolve("flatten", Path.cwd(), make_plugins()), lambda _: None)
        times = measure(runner, prepared, options.rounds)
    finally:
        runner.close()
    medians = {side: statistics.median(values) for side, values in times.items()}
    ratios = {side: medians["ours"] / medians[side] for side in PEERS}
    if options.json:
        print(json.dumps({"rounds": options.rounds, "seconds": medians, "ratios": ratios, "goal": GOAL}))
    else:
        for side, values in times.items():
            spread = f"{min(values):.3f} to {max(values):.3f} s over {len(values)}"
            print(f"{side:<11} median {medians[side]:.3f} s, {spread}")
        for side, ratio in ratios.items():
            print(f"ours ÷ {side}: {ratio:.3f} (goal: at most {GOAL})")
    return 0 if max(ratios.values()) <= GOAL else 1


def measure(runner: DockerRunner, prepared: Prepared, rounds: int) -> dict[str, list[float]]:
    """Seconds of each run by side; the first round warms caches and is left out."""
    times: dict[str, list[float]] = {side: [] for side in ("ours", *PEERS)}
    order = random.Random(0)
    sides: dict[str, Any] = {"ours": partial(run_ours, runner, prepared)}
    sides.update({side: partial(run_plain, prepared, options) for side, options in PEERS.items()})
    with tempfile.TemporaryDirectory(prefix="edgewright-benchmark-") as name:
        for number in range(rounds + 1):
            for side in order.sample(sorted(sides), len(sides)):
                folder = Path(name, f"{side}-{number}")
                make_task(folder, prepared)
                start = time.perf_counter()
                sides[side](folder)
                if number:
                    times[side].append(time.perf_counter() - start)
                shutil.rmtree(folder)
    return times


def make_task(folder: Path, prepared: Prepared) -> None:
    """Write the task's input, the same for both sides."""
    for name in ("in", "out", "staged"):
        (folder / name).mkdir(parents=True)
    (folder / "out").chmod(0o777)  # the plain side has no one to hand it over
    windows = np.random.default_rng(0).normal(size=(WINDOWS, LENGTH, len(AXES))).astype(np.float32)
    np.save(folder / "in" / "windows.npy", windows)
    sha256 = hashlib.sha256((folder / "in" / "windows.npy").read_bytes()).hexdigest()
    chunk = {"path": "windows.npy", "shape": list(windows.shape), "sha256": sha256}
    request = {
        "contract": 1,
        "operation": "transform",
        "params": resolve_params(prepared.block.spec, {}),
        "seed": 0,
        "threads": 1,
        "window": {"kind": "time-series", "length": LENGTH, "axes": AXES, "frequency": 62.5},
        "classes": [],
        "inputs": {"windows": {"kind": "array", "dtype": "float32", "chunks": [chunk]}},
    }
    (folder / "in" / "request.json").write_text(json.dumps(request))


def run_ours(runner: DockerRunner, prepared: Prepared, folder: Path) -> None:
    limits = Limits()
    job = Job(folder.name, "benchmark", prepared, folder / "in", folder / "out", folder / "log.txt", limits)
    outcome = runner.run(job, threading.Event(), lambda _: None)
    assert outcome.reason == "ok", outcome
    harvest(folder / "out", folder / "staged", output_rules("transform"), limits)


def run_plain(prepared: Prepared, options: dict[str, str], folder: Path) -> None:
    api: Any = connect()
    mounts = {str(folder / name): {"bind": f"/{name}", "mode": "rw"} for name in ("in", "out")}
    environment = {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # the same work inside
    container = api.create_container(
        prepared.image,
        command=COMMAND,
        environment=environment,
        host_config=api.create_host_config(binds=mounts, **options),
    )["Id"]
    api.start(container)
    code = api.wait(container)["StatusCode"]
    api.remove_container(container)
    assert code == 0, code


if __name__ == "__main__":
    sys.exit(main())
