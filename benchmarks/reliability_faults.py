"""What :mod:`reliability` does to a run. A fault's first line, up to a comma, is its name."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from reliability_bench import MINE, SETTLE_SECONDS, alive_below, reap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reliability_bench import Bench

    Fault = Callable[[Bench, subprocess.Popen[bytes]], None]

KILLS = 12
DAMAGED = 5
#: Start and end of describe, export and a transform for each split.
EVENTS_A_NODE = 10


def moment(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """Wait until the run has told of some of its tasks, at random how many."""
    wanted = bench.random.randrange(10, EVENTS_A_NODE * bench.nodes)
    while run.poll() is None:
        with contextlib.suppress(OSError):
            if (bench.folder / "run" / "events.jsonl").read_bytes().count(b"\n") >= wanted:
                return
        time.sleep(0.02)


def kill_us(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """Our process killed, with SIGKILL."""
    moment(bench, run)
    run.kill()


def kill_tasks(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """Tasks killed, as processes below ours or as containers, which are killed or removed."""
    moment(bench, run)
    for _ in range(KILLS):
        if run.poll() is not None:
            return
        if bench.runner == "docker":
            if found := subprocess.run(MINE, capture_output=True, text=True, check=False).stdout.split():
                verb = bench.random.choice((["kill"], ["rm", "--force"]))
                words = ["docker", *verb, bench.random.choice(found)]
                done = subprocess.run(words, capture_output=True, check=False)
                bench.counts["kills"] += done.returncode == 0
        elif below := alive_below(run.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(bench.random.choice(below)[0], signal.SIGKILL)
                bench.counts["kills"] += 1
        time.sleep(bench.random.uniform(0, 0.5))


def full_disk(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """Disk full, that of the store, to the last byte."""
    moment(bench, run)
    ballast = bench.store.parent / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 20)):
            pass
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(20)
    ballast.unlink(missing_ok=True)


def kill_engine(bench: Bench, run: subprocess.Popen[bytes]) -> None:
    """Engine killed, with SIGKILL; somebody starts it again."""
    moment(bench, run)
    with subprocess.Popen(os.environ["EDGEWRIGHT_RESTART_ENGINE"], shell=True) as restart:
        while restart.poll() is None:
            reap({run.pid, restart.pid})
            time.sleep(0.1)
    if restart.returncode:
        raise SystemExit(f"the engine can't be restarted: exit code {restart.returncode}")


def starve(_: Bench, run: subprocess.Popen[bytes]) -> None:
    """Out of memory, for a quarter of the nodes (of which the impulse already says so)."""
    run.wait(SETTLE_SECONDS)


def name_of(fault: Fault) -> str:
    """What a fault is called in the table."""
    return (fault.__doc__ or "").partition(",")[0]


def damage(bench: Bench) -> list[Path]:
    """Damage entries of the store that the last run used: a bit flipped, an end cut off, a file removed."""
    record = json.loads((bench.folder / "run" / "run.json").read_text())
    keys = sorted({task["key"] for task in record["tasks"] if task["node"].startswith("n")})
    hit = []
    for key in bench.random.sample(keys, min(DAMAGED, len(keys))):
        entry = bench.store / "entries" / key[:2] / key
        files = sorted(path for path in (entry / "files").rglob("*") if path.is_file())
        if not files:
            bench.problem("lost", f"the store no longer holds {key}, which a run has just used")
            continue
        path = bench.random.choice(files)
        data = bytearray(path.read_bytes())
        how = bench.random.choice(("flip", "cut", "remove"))
        path.chmod(0o644)
        if how == "remove":
            path.unlink()
        elif how == "cut":
            path.write_bytes(data[: bench.random.randrange(len(data))])
        else:
            data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
            path.write_bytes(data)
        hit.append(entry)
    return hit
