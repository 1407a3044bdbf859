"""Reliability: thousands of short tasks, eight at a time, while faults are injected: what is wrong, lost or left over?

::

    python benchmarks/reliability.py [--runner process|bwrap|docker] [--tasks 10000] [--nodes 100] [--jobs 8] [--seed 0] [--json]

Each round is an impulse of many nodes that nobody has computed before, run by the command line in a process of its own. Two runs are disturbed, each at a
random moment: we are killed, processes of tasks or their containers are, the engine is killed and started again (by the command in
``EDGEWRIGHT_RESTART_ENGINE``), the store's disk is full, a quarter of the tasks runs out of memory. Then the same impulse runs undisturbed; every third
round once more after entries of the store were damaged. docs/reliability.md says what is counted. ``--quick`` gives each fault one turn, by itself.

Needs root for the full disk (a small tmpfs) and an engine of its own for ``docker``. Exit code 1 unless nothing was wrong, lost or left over.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reliability_bench import SETTLE_SECONDS, Bench, alive_below
from reliability_faults import damage, full_disk, kill_engine, kill_tasks, kill_us, name_of, starve

if TYPE_CHECKING:
    from reliability_faults import Fault

STORE_MEGABYTES = 512
STARVED_MB = 6
DISTURBED_RUNS = 2
DAMAGE_EVERY = 3
EMPTY_EVERY = 10
PR_SET_CHILD_SUBREAPER = 36


def faults_of(bench: Bench) -> list[Fault]:
    """Faults that can be injected here."""
    faults: list[Fault] = [kill_us, kill_tasks]
    if bench.store.parent != bench.folder:
        faults.append(full_disk)
    if bench.runner != "process":  # which holds no limit of memory
        faults.append(starve)
    if bench.runner == "docker" and "EDGEWRIGHT_RESTART_ENGINE" in os.environ:
        faults.append(kill_engine)
    return faults


def run_bench(bench: Bench, tasks: int, *, quick: bool = False) -> None:
    """Rounds until so many tasks were run; ``quick``: until each fault had its turn."""
    faults = faults_of(bench)
    number = 0
    while number < len(faults) if quick else bench.counts["tasks ran"] + bench.counts["tasks failed"] < tasks:
        number += 1
        bench.finished.clear()
        turns = [faults[number - 1]] if quick else bench.random.sample(faults, DISTURBED_RUNS)
        for fault in turns:
            disturb(bench, fault, number)
        bench.undisturbed(f"round {number}, undisturbed")
        bench.orphans(f"round {number}, undisturbed")
        if number % (len(faults) if quick else DAMAGE_EVERY) == 0:
            damaged(bench, number)
        if number % EMPTY_EVERY == 0:
            bench.tidy()
            shutil.rmtree(bench.store)
        told = " + ".join(map(name_of, turns))
        print(f"round {number}, {told}: {dict(bench.counts)}", file=sys.stderr, flush=True)
    bench.tidy()


def disturb(bench: Bench, fault: Fault, number: int) -> None:
    """One run with a fault."""
    name = name_of(fault)
    what = f"round {number}, {name}"
    bench.rounds[name] += 1
    bench.write(number, STARVED_MB if fault is starve else None)
    run = bench.start()
    fault(bench, run)
    code = run.wait(SETTLE_SECONDS)
    bench.account(name, what)
    if code == 0:
        bench.verify(what, "wrong")
    bench.write(number)
    bench.orphans(what)


def damaged(bench: Bench, number: int) -> None:
    """Damage entries; the next run must find each, put it aside and make it again."""
    name, quarantine = "Entries damaged", bench.store / "quarantine"
    bench.rounds[name] += 1
    aside = len(list(quarantine.glob("*")))
    entries = damage(bench)
    bench.finished.clear()
    bench.undisturbed(f"round {number}, after damage")
    found = len(list(quarantine.glob("*"))) - aside
    bench.strikes[name] += found
    if found < len(entries):
        bench.problem("wrong", f"round {number}: {len(entries)} entries were damaged, {found} found to be")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runner", choices=["process", "bwrap", "docker"], default="process")
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    began = time.monotonic()
    if sys.platform == "linux":  # who loses its parents becomes our child, and is found
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="reliability-") as place, contextlib.ExitStack() as stack:
        bench = Bench(Path(place).resolve(), wanted.runner, wanted.jobs, wanted.seed, wanted.nodes)
        if sys.platform == "linux" and os.geteuid() == 0:
            disk = bench.folder / "disk"
            disk.mkdir()
            size = f"size={STORE_MEGABYTES}m"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=False)
            bench.store = disk / "store"
        bench.prepare()
        try:
            run_bench(bench, wanted.tasks, quick=wanted.quick)
        except KeyboardInterrupt:
            print("stopped: what follows was counted so far", file=sys.stderr)
            for pid, _ in alive_below(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    result = {
        "runner": wanted.runner,
        **{name: bench.counts[name] for name in ("wrong", "lost", "orphans")},
        "counts": dict(bench.counts),
        "runs disturbed": dict(bench.rounds),
        "tasks struck": dict(bench.strikes),
        "how": dict(sorted(bench.reasons.items())),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "problems": bench.problems[:20],
    }
    if wanted.json:
        print(json.dumps(result, indent=1))
    else:
        for name, value in result.items():
            print(f"{name}: {value}")
    raise SystemExit(1 if result["wrong"] or result["lost"] or result["orphans"] else 0)


if __name__ == "__main__":
    main()
