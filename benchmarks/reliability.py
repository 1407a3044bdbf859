"""Reliability: thousands of short tasks, eight at a time, while faults are injected: what is wrong, lost or left over?

::

    python benchmarks/reliability.py [--runner process|bwrap|docker] [--tasks 10000] [--jobs 8] [--seed 0] [--json]

Each round is an impulse of many nodes that nobody has computed before, run by the command line in a process of its own. Most rounds are disturbed
once, at a random moment: we are killed (SIGKILL), processes of tasks or their containers are killed or removed, the engine is restarted, the store's
disk is full, tasks run out of memory, entries of the store are damaged. Then the impulse is run again, undisturbed. Counted are

* **wrong**: a run that says ``ok`` while an output is not the one that arithmetic gives;
* **lost**: an undisturbed run that fails, or lacks an output;
* **orphans**: processes, containers, control groups that are there six seconds after their run.

Needs root for the full disk (a small tmpfs) and an engine for ``docker``. Exit code 1 unless all three are 0.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = """version: 1
name: reliability
data: {path: data, normal: [idle, running]}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
"""
SPLITS = ("training", "calibration", "test")
ORPHAN_SECONDS = 6.0
STORE_MEGABYTES = 512
SETTLE_SECONDS = 900


class Bench:
    """One folder with data, a store, and what was counted so far."""

    def __init__(self, folder: Path, runner: str, jobs: int, seed: int, nodes: int) -> None:
        self.folder, self.runner, self.jobs, self.nodes = folder, runner, jobs, nodes
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.problems: list[str] = []
        self.scales: list[float] = []
        self.unit: dict[str, Any] = {}
        self.store = folder / "store"

    def write(self, number: int, memory_mb: int | None = None) -> None:
        """Write the impulse of a round: nodes that multiply by numbers of which none was there before."""
        self.scales = [1 + (number * self.nodes + node + 1) / 65536 for node in range(self.nodes)]
        grants = f", grants: {{memory_mb: {memory_mb}}}" if memory_mb else ""
        lines = [
            f"  - {{id: n{node}, block: raw, params: {{scale-axes: {scale!r}}}{grants}}}\n"
            for node, scale in enumerate(self.scales)
        ]
        (self.folder / "impulse.yaml").write_text(HEAD + "".join(lines))

    def start(self) -> subprocess.Popen[bytes]:
        """Start one run, with its messages in a file."""
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        words = [
            sys.executable,
            "-m",
            "edgewright",
            "run",
            "impulse.yaml",
            "-o",
            "run",
            "--runner",
            self.runner,
        ]
        with (self.folder / "said.txt").open("wb") as said:
            return subprocess.Popen(
                [*words, "--jobs", str(self.jobs), "--keep-going"],
                cwd=self.folder,
                env={**os.environ, "EDGEWRIGHT_STORE": str(self.store)},
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def undisturbed(self, what: str) -> None:
        """Run, and require that it succeeds and is right."""
        code = self.start().wait(SETTLE_SECONDS)
        self.count()
        if code != 0:
            self.counts["lost"] += 1
            text = (self.folder / "said.txt").read_text(errors="replace")[-800:]
            self.problems.append(f"{what}: exit code {code}: {text}")
        else:
            self.verify(what, lost=True)

    def verify(self, what: str, *, lost: bool) -> None:
        """Compare every output of a run that said ``ok``."""
        for node, scale in enumerate(self.scales):
            for split, unit in self.unit.items():
                path = self.folder / "run" / "outputs" / f"n{node}" / f"features-{split}-0.npy"
                if not path.exists():
                    self.counts["lost" if lost else "wrong"] += 1
                    self.problems.append(f"{what}: {path.name} of n{node} is not there")
                elif not np.array_equal(np.load(path), unit * np.float32(scale)):
                    self.counts["wrong"] += 1
                    self.problems.append(f"{what}: {path.name} of n{node} is another")

    def count(self) -> None:
        """Count the tasks that the last run computed, and how they ended."""
        with contextlib.suppress(OSError, ValueError):
            record = json.loads((self.folder / "run" / "run.json").read_text())
            for task in record["tasks"]:
                if task.get("runner") == self.runner and task.get("status") in ("ran", "failed"):
                    self.counts[f"tasks {task['status']}"] += 1

    def orphans(self, what: str) -> None:
        """Look for what outlived its run; it has a moment to go."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (left := self.left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.counts["orphans"] += len(left)
        self.problems += [f"{what}: left over: {one}" for one in left]

    def left(self) -> list[str]:
        """Processes that name our folder, containers with our label, control groups of dead runs."""
        found = [line for _, line in processes(str(self.folder))]
        if self.runner == "docker":
            words = ["docker", "ps", "--all", "--quiet", "--filter", "label=org.edgewright.run"]
            found += subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
        groups = [path for path in Path("/sys/fs/cgroup").glob("**/edgewright-*") if path.is_dir()]
        return found + [str(path) for path in groups if (path / "cgroup.procs").read_text().strip()]


def processes(text: str) -> Iterator[tuple[int, str]]:
    """Processes whose command line has a text, but for ourselves and the container engine's own."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if text in line and int(folder.name) != os.getpid():
                yield int(folder.name), line


def moment(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """Wait until the run has told of some of its tasks, at random how many."""
    wanted = bench.random.randrange(10, 6 * bench.nodes)
    while run.poll() is None:
        with contextlib.suppress(OSError):
            if (bench.folder / "run" / "events.jsonl").read_bytes().count(b"\n") >= wanted:
                return
        time.sleep(0.02)


def kill_us(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process that the user started."""
    moment(bench, run)
    run.kill()


def kill_tasks(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """SIGKILL to processes below it, or to containers, five times."""
    moment(bench, run)
    for _ in range(5):
        if bench.runner == "docker":
            words = ["docker", "ps", "--quiet", "--filter", "label=org.edgewright.run"]
            if found := subprocess.run(words, capture_output=True, text=True, check=False).stdout.split():
                verb = bench.random.choice((["kill"], ["rm", "--force"]))
                subprocess.run(
                    ["docker", *verb, bench.random.choice(found)], capture_output=True, check=False
                )
        elif below := descendants(run.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(bench.random.choice(below), signal.SIGKILL)
        time.sleep(bench.random.uniform(0, 0.2))


def descendants(root: int) -> list[int]:
    """Processes below one."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found, pending = [], [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def full_disk(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """No byte more fits into the store's disk."""
    moment(bench, run)
    with contextlib.suppress(OSError), (bench.store.parent / "ballast").open("wb") as file:
        while True:
            file.write(bytes(1 << 20))
            file.flush()
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(20)
    (bench.store.parent / "ballast").unlink(missing_ok=True)


def restart_engine(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the engine, which somebody starts again."""
    moment(bench, run)
    subprocess.run(os.environ["EDGEWRIGHT_RESTART_ENGINE"], shell=True, check=True, capture_output=True)


def nothing(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """No fault at all."""


def damage(bench: Bench) -> None:
    """Flip one bit of a few files of the store."""
    files = [path for path in bench.store.rglob("*.npy") if path.is_file()]
    for path in bench.random.sample(files, min(5, len(files))):
        data = bytearray(path.read_bytes())
        data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
        path.chmod(0o644)
        path.write_bytes(data)


def run_bench(bench: Bench, tasks: int) -> None:
    """Rounds until so many tasks were run."""
    faults: list[Callable[[Bench, subprocess.Popen[bytes]], None]] = [
        nothing,
        kill_us,
        kill_us,
        kill_tasks,
        kill_tasks,
    ]
    if bench.store.parent != bench.folder:
        faults.append(full_disk)
    if bench.runner == "docker" and "EDGEWRIGHT_RESTART_ENGINE" in os.environ:
        faults.append(restart_engine)
    number = 0
    while bench.counts["tasks ran"] + bench.counts["tasks failed"] < tasks:
        number += 1
        fault = bench.random.choice(faults)
        starved = bench.runner != "process" and number % 6 == 0
        bench.write(number, memory_mb=4 if starved else None)
        name = "out of memory" if starved else (fault.__doc__ or "").split(",")[0].rstrip(".")
        bench.faults[name] += 1
        run = bench.start()
        if not starved:
            fault(bench, run)
        code = run.wait(SETTLE_SECONDS)
        bench.count()
        what = f"round {number}, {name}"
        if code == 0:
            bench.verify(what, lost=False)
        elif starved:
            bench.write(number)
        bench.orphans(what)
        bench.undisturbed(f"{what}, again")
        if number % 3 == 0:
            bench.faults["entries damaged"] += 1
            damage(bench)
            bench.undisturbed(f"{what}, after damage")
        if number % 10 == 0:
            shutil.rmtree(bench.store)
        print(f"{what}: {dict(bench.counts)}", file=sys.stderr, flush=True)


def prepare(bench: Bench) -> None:
    """Data, and what a node gives whose factor is one."""
    (bench.folder / "data").mkdir()
    for label in ("idle", "running"):
        for number in range(6):
            rows = [f"{t * 20},{np.sin(t + number):.4f},{np.cos(t * number):.4f}" for t in range(40)]
            text = "\n".join(["timestamp,accX,accY", *rows])
            (bench.folder / "data" / f"{label}.{number}.csv").write_text(text + "\n")
    bench.write(0)
    bench.scales = [1.0]
    (bench.folder / "impulse.yaml").write_text(HEAD + "  - {id: n0, block: raw, params: {scale-axes: 1.0}}\n")
    if bench.start().wait(SETTLE_SECONDS) != 0:
        raise SystemExit((bench.folder / "said.txt").read_text())
    for split in SPLITS:
        bench.unit[split] = np.load(bench.folder / "run" / "outputs" / "n0" / f"features-{split}-0.npy")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runner", choices=["process", "bwrap", "docker"], default="process")
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reliability-") as place, contextlib.ExitStack() as stack:
        bench = Bench(Path(place).resolve(), wanted.runner, wanted.jobs, wanted.seed, wanted.nodes)
        if os.geteuid() == 0 and sys.platform == "linux":
            disk = bench.folder / "disk"
            disk.mkdir()
            size = f"size={STORE_MEGABYTES}m"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=False)
            bench.store = disk / "store"
        prepare(bench)
        run_bench(bench, wanted.tasks)
    counts = {name: bench.counts[name] for name in ("tasks ran", "tasks failed", "wrong", "lost", "orphans")}
    result = {
        "runner": wanted.runner,
        **counts,
        "faults": dict(bench.faults),
        "seconds": round(time.monotonic() - began),
        "problems": bench.problems[:20],
    }
    if wanted.json:
        print(json.dumps(result, indent=1))
    else:
        for name, value in result.items():
            print(f"{name}: {value}")
    raise SystemExit(1 if counts["wrong"] or counts["lost"] or counts["orphans"] else 0)


if __name__ == "__main__":
    main()
