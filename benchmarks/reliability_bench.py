"""What :mod:`reliability` watches: one impulse, its runs, what they made and what they left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """version: 1
name: reliability
data: {path: data, normal: [idle, running]}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
"""
SPLITS = ("training", "calibration", "test")
#: What is killed needs a moment to go; on a busy machine an engine needs most of it to remove eight containers.
ORPHAN_SECONDS = 15.0
SETTLE_SECONDS = 1800
#: The engine is no descendant of a run, though whoever restarts it for us makes it one of ours.
ENGINE = ("dockerd", "containerd")
MINE = ("docker", "ps", "--quiet", "--filter", "label=org.edgewright.run")


class Bench:
    """One folder with data, a store, and what was counted so far.

    Attributes
    ----------
    counts : Counter
        Of tasks, and of what must not be: ``wrong``, ``lost``, ``orphans``.
    rounds, strikes : Counter
        By fault: runs that it disturbed, and tasks (of damage: entries) that it really hit.
    """

    def __init__(self, folder: Path, runner: str, jobs: int, seed: int, nodes: int) -> None:
        self.folder, self.runner, self.jobs, self.nodes = folder, runner, jobs, nodes
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.rounds: Counter[str] = Counter()
        self.strikes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.problems: list[str] = []
        self.scales: list[float] = []
        self.unit: dict[str, Any] = {}
        self.store = folder / "store"
        self.finished: set[str] = set()
        self.dead: list[int] = []

    # -- an impulse and its runs ----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Write data, and learn what a node gives whose factor is one."""
        (self.folder / "data").mkdir()
        (self.folder / "tmp").mkdir()
        for label in ("idle", "running"):
            for number in range(6):
                rows = [f"{t * 20},{np.sin(t + number):.4f},{np.cos(t * number):.4f}" for t in range(40)]
                text = "\n".join(["timestamp,accX,accY", *rows])
                (self.folder / "data" / f"{label}.{number}.csv").write_text(text + "\n")
        node = "  - {id: n0, block: raw, params: {scale-axes: 1.0}}\n"
        (self.folder / "impulse.yaml").write_text(HEAD + node)
        if self.start().wait(SETTLE_SECONDS) != 0:
            raise SystemExit(self.said())
        for split in SPLITS:
            self.unit[split] = np.load(self.folder / "run" / "outputs" / "n0" / f"features-{split}-0.npy")

    def write(self, number: int, starved_mb: int | None = None) -> None:
        """Write the impulse of a round: nodes that multiply by numbers of which none was there before.

        Parameters
        ----------
        starved_mb : int, optional
            What every fourth node may have of memory.
        """
        self.scales = [1 + (number * self.nodes + node + 1) / 65536 for node in range(self.nodes)]
        lines = [
            f"  - {{id: n{node}, block: raw, params: {{scale-axes: {scale!r}}}"
            + (f", grants: {{memory_mb: {starved_mb}}}" if starved_mb and node % 4 == 0 else "")
            + "}\n"
            for node, scale in enumerate(self.scales)
        ]
        (self.folder / "impulse.yaml").write_text(HEAD + "".join(lines))

    def start(self) -> subprocess.Popen[bytes]:
        """Start one run, with its messages in a file."""
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        words = ["run", "impulse.yaml", "-o", "run", "--runner", self.runner, "--keep-going"]
        with (self.folder / "said.txt").open("wb") as said:
            run = subprocess.Popen(
                [sys.executable, "-m", "edgewright", *words, "--jobs", str(self.jobs)],
                cwd=self.folder,
                env=self.environment(),
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self.dead.append(run.pid)
        return run

    def environment(self) -> dict[str, str]:
        """A store and a folder for temporary files of our own, so that nobody else's are counted."""
        return {**os.environ, "EDGEWRIGHT_STORE": str(self.store), "TMPDIR": str(self.folder / "tmp")}

    def said(self) -> str:
        """The end of what the last run said."""
        return (self.folder / "said.txt").read_text(errors="replace")[-800:]

    def events(self) -> Iterator[dict[str, Any]]:
        """What the last run told, up to where it was killed."""
        with contextlib.suppress(OSError):
            for line in (self.folder / "run" / "events.jsonl").read_text(errors="replace").splitlines():
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    # -- what was made --------------------------------------------------------------------------------------------

    def account(self, fault: str, what: str) -> None:
        """Count the tasks of the run that has just ended, and which of them a fault has hit.

        A task that an earlier run of this impulse reported as finished is in the store; one that runs again was lost.
        """
        begun: set[str] = set()
        for event in self.events():
            if not str(event.get("node", "")).startswith("n") or event["event"] not in ("start", "task"):
                continue
            name = event["id"]
            if event["event"] == "start":
                begun.add(name)
                continue
            begun.discard(name)
            status = event["status"]
            if status in ("ran", "failed"):
                self.counts[f"tasks {status}"] += 1
            if status == "ran" and name in self.finished:
                self.problem("lost", f"{what}: {name} had finished, and ran again")
            if status in ("ran", "hit"):
                self.finished.add(name)
            elif status == "failed":
                self.struck(fault, event.get("reason", "?"))
        for _ in begun:
            self.struck(fault, "under way when we were killed")
        self.counts["tasks cut off"] += len(begun)

    def struck(self, fault: str, reason: str) -> None:
        """Count one task that a fault has hit."""
        self.strikes[fault] += 1
        self.reasons[f"{fault}: {reason}"] += 1

    def problem(self, kind: Literal["wrong", "lost", "orphans"], text: str) -> None:
        """Count what must not be."""
        self.counts[kind] += 1
        self.problems.append(text)

    def undisturbed(self, what: str) -> None:
        """Run, and require that it succeeds and is right."""
        code = self.start().wait(SETTLE_SECONDS)
        self.account("none", what)
        if code != 0:
            self.problem("lost", f"{what}: exit code {code}: {self.said()}")
        else:
            self.verify(what, "lost")

    def verify(self, what: str, absent: Literal["wrong", "lost"]) -> None:
        """Compare every output of a run that ended with success with what arithmetic gives."""
        for node, scale in enumerate(self.scales):
            for split, unit in self.unit.items():
                path = self.folder / "run" / "outputs" / f"n{node}" / f"features-{split}-0.npy"
                self.counts["outputs compared"] += 1
                if not path.exists():
                    self.problem(absent, f"{what}: {path.name} of n{node} is not there")
                elif not is_array(path, unit * np.float32(scale)):
                    self.problem("wrong", f"{what}: {path.name} of n{node} is another")

    # -- what was left --------------------------------------------------------------------------------------------

    def orphans(self, what: str) -> None:
        """Look for what outlived its run."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (left := self.left()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for one in left:
            self.problem("orphans", f"{what}: left over: {one}")

    def left(self) -> list[str]:
        """Processes below us, containers of runs, control groups with somebody in them."""
        found = [f"process {pid}: {line}" for pid, line in alive_below(os.getpid())]
        if self.runner == "docker":
            done = subprocess.run([*MINE, "--all"], capture_output=True, text=True, check=False)
            found += done.stdout.split() or ([] if done.returncode == 0 else ["the engine does not answer"])
        return found + [str(path) for path in self.groups() if inhabited(path)]

    def groups(self) -> list[Path]:
        """Control groups of runs of ours; others' come and go meanwhile."""
        ours = tuple(f"edgewright-{pid}-" for pid in self.dead)
        return [
            Path(parent, name)
            for parent, names, _ in os.walk("/sys/fs/cgroup")
            for name in names
            if name.startswith(ours)
        ]

    def tidy(self) -> None:
        """After the last run: the store is sound, and what dead runs left in it goes with ``store gc``."""
        for words in (["fsck"], ["gc", "--days", "0"]):
            done = subprocess.run(
                [sys.executable, "-m", "edgewright", "store", *words],
                env=self.environment(), capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                self.problem("lost", f"store {words[0]}: {done.stdout[-400:]}{done.stderr[-400:]}")
        for name in ("staging", "quarantine"):
            for path in (self.store / name).glob("*"):
                self.problem("orphans", f"after gc: {path}")
        for path in self.groups():
            self.problem("orphans", f"an empty control group: {path}")
        self.counts["temporary files left"] = len(list((self.folder / "tmp").iterdir()))


def inhabited(group: Path) -> bool:
    """Whether a control group is there and has somebody in it."""
    try:
        return bool((group / "cgroup.procs").read_text().strip())
    except OSError:
        return False


def is_array(path: Path, expected: Any) -> bool:
    """Whether a file is this array, bit for bit."""
    try:
        return bool(np.array_equal(np.load(path), expected))
    except (OSError, ValueError, EOFError):
        return False


def reap(ours: set[int]) -> None:
    """Let go of dead processes that became our children when their parents died, such as a killed engine's."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state == "Z" and int(parent) == os.getpid() and int(folder.name) not in ours:
                os.waitpid(int(folder.name), os.WNOHANG)


def alive_below(root: int) -> list[tuple[int, str]]:
    """Processes that descend from one and live, but for a container engine's own: ``(pid, command line)``."""
    children: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if state != "Z" and not Path(line.split(" ")[0]).name.startswith(ENGINE):
                children.setdefault(int(parent), []).append((int(folder.name), line))
    found, pending = [], [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += [pid for pid, _ in below]
    return found
