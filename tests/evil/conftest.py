"""The harness of the fault fixtures: run one, harvest it, and look whether anything is left.

Each folder ``F…`` is a block that misbehaves; ``task.py`` is what they share. A test runs it under every runner named
here; a new runner inherits all of them by one more line in ``RUNNERS``.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import secrets
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgewright import trees
from edgewright.harvest import HarvestError, harvest, output_rules
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners.base import Job, Limits, Message, Outcome, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
RUNNERS = {
    "process": "edgewright.runners.process:ProcessRunner",
    "bwrap": "edgewright.runners.bwrap:BwrapRunner",
    "docker": "edgewright.runners.docker:DockerRunner",
}
MIB = 1 << 20
SCRIPT = ("python3", "-m")


@dataclass
class Ran:
    """What came of one task."""

    reason: str
    message: str
    outcome: Outcome
    log: bytes
    seconds: float
    in_dir: Path
    out_dir: Path
    staged: Path
    messages: list[Message] = field(default_factory=list)


class Evil:
    """Runs fixtures under one runner."""

    def __init__(self, runner: Runner, folder: Path, scripts: Path) -> None:
        self.runner = runner
        self.name = runner.name
        self.token = f"evil{secrets.token_hex(8)}"
        self._folder = folder
        self._scripts = scripts
        self._plugins = make_plugins()
        self._prepared: dict[str, Any] = {}
        self._count = 0
        self._lock = threading.Lock()

    def prepare(self, case: str) -> Any:
        with self._lock:
            if case not in self._prepared:
                block = self._resolved(HERE / case)
                if (block.command or ())[
                    :2
                ] == SCRIPT:  # they share one folder, so one image is built for all
                    prepared = self.runner.prepare(self._resolved(self._scripts), lambda _: None)
                    self._prepared[case] = replace(prepared, block=replace(prepared.block, spec=block.spec))
                else:
                    self._prepared[case] = self.runner.prepare(block, lambda _: None)
            return self._prepared[case]

    def _resolved(self, folder: Path) -> Block:
        block = resolve(str(folder), HERE, self._plugins)
        # Over this machine's /usr, which needs no engine that builds an image.
        return replace(block, builtin=True) if self.name == "bwrap" else block

    def run(
        self,
        case: str,
        params: dict[str, Any] | None = None,
        *,
        limits: Limits | None = None,
        cancel: threading.Event | None = None,
        prepared: Any = None,
    ) -> Ran:
        prepared = prepared or self.prepare(case)
        limits = limits or Limits(seconds=60, grace_seconds=1, memory_bytes=256 * MIB, log_bytes=MIB)
        with self._lock:
            self._count += 1
            folder = self._folder / f"task-{self._count}"
        in_dir, out_dir, staged = folder / "in", folder / "out", folder / "staged"
        for path in (in_dir, out_dir, staged):
            path.mkdir(parents=True)
        request = {
            "contract": 1,
            "operation": "transform",
            "params": {"token": self.token, **(params or {})},
            "seed": 0,
            "threads": 1,
            "window": None,
            "inputs": {},
        }
        (in_dir / "request.json").write_text(json.dumps(request))
        messages: list[Message] = []
        job = Job(
            f"{self.token}-{self._count}", self.token, prepared, in_dir, out_dir, folder / "log", limits
        )
        start = time.monotonic()
        outcome = self.runner.run(job, cancel or threading.Event(), messages.append)
        seconds = time.monotonic() - start
        reason: str = outcome.reason
        message = outcome.message
        if reason == "ok":
            try:
                harvest(out_dir, staged, output_rules("transform"), limits)
            except HarvestError as error:
                reason, message = error.reason, error.message
        log = (folder / "log").read_bytes() if (folder / "log").exists() else b""
        assert {path.name for path in folder.iterdir()} <= {"in", "out", "staged", "log"}, "files were left"
        return Ran(reason, message, outcome, log, seconds, in_dir, out_dir, staged, messages)

    def left_processes(self) -> list[str]:
        """Command lines on this machine, containers included, that carry our token."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes()
                if self.token.encode() in line:
                    found.append(line.replace(b"\0", b" ").decode())
        return found

    def left_containers(self) -> list[str]:
        if self.name != "docker":
            return []
        command = ["docker", "ps", "--all", "--quiet", "--filter", f"label=org.edgewright.run={self.token}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def children() -> set[int]:
    """Processes whose parent we are, zombies included."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.add(int(process.name))
    return found


@pytest.fixture(
    scope="session",
    params=[n if n == "process" else pytest.param(n, marks=getattr(pytest.mark, n)) for n in RUNNERS],
)
def runner(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, scripts: Path
) -> Iterator[Runner]:
    module, _, name = RUNNERS[request.param].partition(":")
    made: Runner = getattr(importlib.import_module(module), name)()
    if request.param == "docker":
        request.getfixturevalue("engine")
    missing = made.available()
    if missing and not os.environ.get("EDGEWRIGHT_REQUIRE_ENGINE"):
        pytest.skip(missing)
    assert missing is None
    try:
        if request.param != "docker":  # what it keeps beside its tasks is started by the first of them
            assert Evil(made, tmp_path_factory.mktemp("first"), scripts).run("F00_control").reason == "ok"
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One block that holds the scripts of all fixtures, and what they share."""
    folder = tmp_path_factory.mktemp("evil") / "scripts"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__", "conftest.py", "test_*"))
    shutil.copy(HERE / "F00_control" / "parameters.json", folder)
    return folder


@pytest.fixture
def evil(runner: Runner, tmp_path: Path, scripts: Path) -> Iterator[Evil]:
    """The harness, which after each test asserts that nothing is left."""
    harness = Evil(runner, tmp_path, scripts)
    before = children()
    yield harness
    if runner.name == "docker":  # its reaper may have been started meanwhile, and lives as long as the runner
        wait_until(lambda: harness.left_processes() == [])
    else:
        assert children() <= before
    assert harness.left_processes() == []
    assert harness.left_containers() == []
    # Of ours: containers of other runs come and go meanwhile.
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    trees.remove_tree(tmp_path)
    assert not tmp_path.exists()
    tmp_path.mkdir()


@pytest.fixture
def only(evil: Evil) -> Callable[..., None]:
    """Skip a test that a runner's promise does not cover."""

    def check(*names: str) -> None:
        if evil.name not in names:
            pytest.skip(f"only {' and '.join(names)} promise this")

    return check
