"""A task that is a fork of an interpreter with libraries loaded can't tell itself from one of a new interpreter."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners import process
from edgewright.runners.base import Job, Limits, Outcome
from edgewright.runners.preloaded import Preloaded
from edgewright.runners.process import ProcessRunner
from edgewright.runners.supervised import Supervised

from .test_process import write_transform

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

BLOCK = '''"""Tells what it finds of the process that it runs in."""

import json, math, os, random, resource, signal, sys, tempfile, threading

import numpy as np

from edgewright_sdk import Features, ProcessingBlock


class Facts(ProcessingBlock):
    def transform(self, windows, params):
        left = getattr(math, "left_by_a_task", None)
        math.left_by_a_task = True
        facts = {
            "left": left,
            "variables": dict(os.environ),
            "argv": sys.argv[1:],
            "main": sys.modules["__main__"].__spec__.name,
            "path": sys.path,
            "folder": os.getcwd(),
            "temporary": tempfile.gettempdir(),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "signals": [str(signal.getsignal(number)).partition(" at ")[0] for number in range(1, 32)],
            "wakeup": signal.set_wakeup_fd(-1),
            "session": os.getsid(0) == os.getpid(),
            "mask": os.umask(0o22),
            "limits": [resource.getrlimit(getattr(resource, name)) for name in ("RLIMIT_CORE", "RLIMIT_FSIZE")],
            "streams": [(s.name, s.mode, s.encoding, s.errors, s.line_buffering) for s in (sys.stdin, sys.stderr)],
            "threads": threading.active_count(),
            "core": [name for name in sys.modules if name.partition(".")[0] == "edgewright"],
        }
        self.context.log(json.dumps(facts))
        self.context.log(json.dumps({"chance": [random.random(), np.random.random()], "id": os.getpid(),
                                     "above": int(open(f"/proc/{os.getppid()}/stat").read().split()[3])}))
        return Features(windows.values[:, :1, 0], labels=("first",))
'''


@pytest.fixture
def block(tmp_path: Path) -> Block:
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "block.py").write_text(BLOCK)
    spec = {
        "version": 1, "type": "processing", "info": {"name": "facts", "title": "Facts", "description": "tells"},
        "parameters": [], "edgewright": {"contract": 1, "environment": "base"},
    }  # fmt: skip
    (folder / "parameters.json").write_text(json.dumps(spec))
    return resolve(str(folder), tmp_path, make_plugins())


def job_of(block: Block, runner: ProcessRunner, folder: Path) -> Job:
    for name in ("in", "out"):
        (folder / name).mkdir(parents=True)
    write_transform(folder / "in", {})
    request = json.loads((folder / "in" / "request.json").read_text())
    prepared = runner.prepare(block, lambda _: None)
    return Job(
        "j", "r", prepared, folder / "in", folder / "out", folder / "log", Limits(seconds=60), request=request
    )


def facts(block: Block, runner: ProcessRunner, folder: Path) -> tuple[str, Any]:
    """What the block tells of its process, with its own folders' names taken out, and what each process has alone."""
    told: list[Any] = []
    job = job_of(block, runner, folder)
    outcome = runner.run(job, threading.Event(), told.append)
    assert outcome.reason == "ok", (outcome, job.log_path.read_text())
    same, own = (message["text"] for message in told if message["type"] == "log")
    work = json.loads(same)["folder"]
    return same.replace(work, "WORK").replace(str(folder), "FOLDER"), json.loads(own)


def test_a_fork_finds_what_a_new_process_finds(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = ProcessRunner()
    first, second = (facts(block, runner, tmp_path / name) for name in ("first", "second"))
    assert first[1]["above"] == second[1]["above"] != os.getpid(), "both have one interpreter above"
    assert first[1]["id"] != second[1]["id"]
    assert not set(first[1]["chance"]) & set(second[1]["chance"])
    monkeypatch.setattr(process, "is_sdk_task", lambda _job: False)
    new = facts(block, runner, tmp_path / "new")
    assert new[1]["above"] == os.getpid()
    assert json.loads(first[0]) == json.loads(second[0]) == json.loads(new[0])
    runner.close()


def test_a_killed_interpreter_is_started_again_and_its_tasks_go_on(block: Block, tmp_path: Path) -> None:
    runner = ProcessRunner()
    _, own = facts(block, runner, tmp_path / "first")
    os.kill(own["above"], signal.SIGKILL)
    assert facts(block, runner, tmp_path / "second")[1]["above"] != own["above"]
    runner.close()
    assert facts(block, runner, tmp_path / "closed")[1]["above"] != own["above"]
    runner.close()


def test_cancelling_ends_a_fork_and_what_it_started(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "        import subprocess, time; self.context.log(str(subprocess.Popen(['sleep', '600']).pid)); time.sleep(600)\n"
    path = tmp_path / "facts" / "block.py"
    path.write_text(BLOCK.replace("        left = getattr", slow + "        left = getattr"))
    runner, cancel = ProcessRunner(), threading.Event()
    started: list[int] = []

    def hear(message: Any) -> None:
        if message["type"] == "log":
            started.append(int(message["text"]))
            cancel.set()

    began = time.monotonic()
    outcome: Outcome = runner.run(job_of(block, runner, tmp_path / "slow"), cancel, hear)
    assert outcome.reason == "cancelled"
    assert outcome.signal == "SIGTERM"
    assert not Path(f"/proc/{started[0]}").exists()
    assert time.monotonic() - began < 30
    runner.close()


def test_without_an_interpreter_that_answers_a_task_gets_a_new_one(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgewright.runners.preloaded.FORKING", tmp_path / "nothing.py")
    runner = ProcessRunner()
    assert facts(block, runner, tmp_path / "one")[1]["above"] == os.getpid()
    runner.close()


def test_an_order_that_no_pipe_holds_arrives(tmp_path: Path) -> None:
    preloaded = Preloaded((), {})
    ours, theirs = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    long = "x" * 100_000  # a pipe holds 65 536
    supervised = Supervised(
        ["/bin/sh", "-c", 'printf %s "${#LONG}"'], env={"LONG": long, "PATH": "/usr/bin:/bin"}, cwd=tmp_path,
        stdin=nothing, stdout=theirs, stderr=os.dup(nothing), max_file_bytes=1 << 20, preloaded=preloaded,
    )  # fmt: skip
    with os.fdopen(ours, "rb") as told:
        assert told.read() == b"100000"
    while not supervised.poll():
        pass
    ended = supervised.ended()
    assert ended is not None
    assert (ended.exit_code, ended.problem) == (0, "")
    supervised.close()
    preloaded.close()
