"""Warm blocks under every runner: the bytes of a cold run, nothing of one request in the next, no way out by files."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.errors import TaskError
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.request_folder import put_array, put_path, put_request
from edgewright.runners.base import Limits
from edgewright.runners.docker import runner as docker
from edgewright.runners.docker.capabilities import ask_capabilities
from edgewright.runners.grants import Grants
from edgewright.runners.warm import KeepsWarm, Recycling, WarmWorker
from edgewright.single import run_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgewright.runners.base import Runner

MIB = 1 << 20
RUNNERS = [
    "process",
    pytest.param("bwrap", marks=pytest.mark.bwrap),
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("docker, by its engine", marks=pytest.mark.docker),
]
#: Few windows go to the block with the line that asks, many by a folder.
FEW = np.random.default_rng(0).normal(size=(4, 20, 3)).astype(np.float32)
MANY = np.tile(FEW, (100, 1, 1))


@pytest.fixture(scope="module")
def block() -> Any:
    return resolve("./moods", Path(__file__).parent, make_plugins())


@pytest.fixture
def kept(
    request: pytest.FixtureRequest, block: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Asker]]:
    """Keep the block warm by the runner that the test is for (bwrap if it names none)."""
    name, _, apart = getattr(request, "param", "bwrap").partition(",")
    if name == "docker":
        request.getfixturevalue("engine")
    if apart:  # as if it were on another kernel
        monkeypatch.setattr(
            docker, "ask_capabilities", lambda api: replace(ask_capabilities(api), shares_kernel=False)
        )
    runner = make_plugins().runners()[name]
    missing = runner.available()
    if missing and not os.environ.get("EDGEWRIGHT_REQUIRE_ENGINE"):
        pytest.skip(missing)
    if name == "bwrap":  # over this machine's Python, which needs no image
        block = replace(block, builtin=True)
    prepared = runner.prepare(block, lambda _message: None)
    workers: list[WarmWorker] = []
    others = _left("*")  # other tests of this process may keep blocks warm meanwhile

    def keep(**about: Any) -> Asker:
        workers.append(WarmWorker(runner, prepared, **about))
        return Asker(workers[-1], runner, tmp_path / f"requests-{len(workers)}")

    yield keep
    for worker in workers:
        worker.close()
    runner.close()
    assert set(_left("*")) <= set(others)


class Asker:
    def __init__(self, worker: WarmWorker, runner: Runner, folder: Path) -> None:
        self.worker, self.runner, self.folder, self.count = worker, runner, folder, 0
        self.values = FEW

    def written(self, mood: str) -> Path:
        self.count += 1
        folder = self.folder / f"{self.count}-{mood}"
        (folder / "in").mkdir(parents=True)
        (folder / "out").mkdir()
        put_request(
            folder / "in", "transform", {"mood": mood}, inputs={"windows": put_array(folder / "in", "windows", self.values)},
            window={"kind": "time-series", "length": 20, "axes": ["x", "y", "z"], "frequency": 10.0},
        )  # fmt: skip
        return folder

    def ask(self, mood: str = "good", timeout: float = 60) -> bytes:
        folder = self.written(mood)
        outputs = self.worker.request("transform", folder / "in", folder / "out", timeout).outputs
        return outputs["features"].read_bytes()

    def value(self, mood: str) -> float:
        return float(np.frombuffer(self.ask(mood)[-4:], np.float32)[0])

    def cold(self) -> bytes:
        folder = self.written("good")
        prepared = self.worker._prepared
        done = run_once(self.runner, prepared, folder / "in", folder, operation="transform")
        return done.outputs["features"].read_bytes()


def wait_until(done: Callable[[], Any], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _left(purpose: str) -> list[str]:
    """Folders of warm blocks of this process."""
    return [path.name for path in Path("/dev/shm").glob(f"edgewright-{purpose}-{os.getpid()}-*")]


@pytest.mark.parametrize("kept", RUNNERS, indirect=True)
def test_cold_and_warm_give_the_same_bytes_and_a_crash_fails_one_request(kept: Any) -> None:
    asker = kept(recycling=Recycling(requests=5))
    assert isinstance(asker.runner, KeepsWarm)
    first = asker.ask()
    assert first == asker.ask() == asker.cold()
    asker.values = MANY
    many = asker.ask()
    assert many == asker.cold()
    assert len(many) > 10 * len(first)
    asker.values = FEW
    held = asker.worker.enforced
    isolated = asker.runner.name != "process"
    assert held["network"] == ("none" if isolated else "not enforced")
    assert held["memory_bytes"] == (Limits().memory_bytes if isolated else "not enforced")
    with pytest.raises(TaskError, match="exit code 7") as caught:
        asker.ask("exit")
    assert caught.value.reason == "block_error"
    assert "mood exit" in caught.value.log_tail
    assert asker.worker.started == 1
    with pytest.raises(TaskError, match="in time") as caught:
        asker.ask("hang", timeout=1.0)
    assert caught.value.reason == "timeout"
    assert asker.worker.started == 2
    assert [asker.ask() for _ in range(6)] == [first] * 6
    assert asker.worker.started == 4  # the sixth by a fresh one


@pytest.mark.parametrize("kept", RUNNERS[2:], indirect=True)
def test_a_container_that_ends_before_it_listens_is_told_at_once(kept: Any) -> None:
    asker = kept()
    asker.worker._prepared = replace(asker.worker._prepared, image="python:3.11-slim-bookworm")
    with pytest.raises(TaskError, match="in the middle of a request: exit code 1") as caught:
        asker.ask(timeout=45)
    assert "No module named edgewright_sdk" in caught.value.log_tail


@pytest.mark.docker
@pytest.mark.parametrize("kept", ["docker"], indirect=True)
def test_a_container_has_its_pipes_and_no_other_way_to_the_host(kept: Any) -> None:
    asker = kept()
    asker.ask()
    (scratch,) = _left("pipes")
    (folder,) = Path("/dev/shm", scratch).iterdir()
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir() if path.is_fifo()) == ["answers", "requests"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert asker.value("pipes") == errno.EROFS
    asker.worker.close()
    assert not _left("pipes")


@pytest.mark.parametrize("kept", RUNNERS[1:], indirect=True)
def test_nothing_of_a_request_is_left_for_the_next_and_inputs_cannot_be_written(kept: Any) -> None:
    asker = kept()
    asker.values = MANY
    assert asker.value("write") in (errno.EROFS, errno.EACCES)
    asker.values = FEW
    assert asker.value("write") == errno.ENOENT
    folder = asker.written("leave")
    answer = asker.worker.request("transform", folder / "in", folder / "out")
    assert [path.name for path in (folder / "out").iterdir()] == ["features.npy"]
    assert "left behind: a/stray" in answer.warnings[0]
    wait_until(lambda: (asker.worker._life._exchange.out_dir / "link").is_symlink())
    assert asker.value("look") == 0.0
    assert asker.worker.started == 1


@pytest.mark.bwrap
def test_a_folder_of_inputs_goes_over_and_is_renewed(kept: Any, tmp_path: Path) -> None:
    asker = kept()
    asker.ask()
    model = tmp_path / "model"
    (model / "deep").mkdir(parents=True)
    (model / "deep" / "a.npy").write_bytes(b"1")
    for mode, content in ((0o644, b"22"), (0o600, b"333")):
        folder = asker.written("good")
        (model / "deep" / "a.npy").write_bytes(content)
        put_path(folder / "in", "model", model)
        (folder / "in" / "model" / "deep" / "a.npy").chmod(mode)
        asker.worker.request("transform", folder / "in", folder / "out")
        seen = asker.worker._life._exchange.in_dir / "model" / "deep" / "a.npy"
        assert seen.read_bytes() == content
        assert seen.stat().st_mode & 0o004
    asker.ask()
    assert not seen.parent.exists()


@pytest.mark.bwrap
def test_a_block_that_swaps_its_outputs_while_they_are_read_gives_its_own_or_nothing(kept: Any) -> None:
    asker = kept()
    asker.values = MANY
    right = asker.ask()
    answers, reasons = [], set()
    for number in range(12):
        try:
            answers.append(asker.ask("swap" if number % 4 == 0 else "good"))
        except TaskError as problem:
            reasons.add(problem.reason)
    assert set(answers) <= {right}
    assert reasons <= {"bad_output", "block_error"}
    with pytest.raises(TaskError):
        asker.ask("exit")
    assert asker.ask() == right


@pytest.mark.bwrap
def test_idle_floods_and_growth_end_a_block_between_requests(kept: Any) -> None:
    asker = kept(limits=Limits(out_bytes=4 * MIB), recycling=Recycling(growth_bytes=30 * MIB))
    right = asker.ask()
    asker.ask("flood")
    wait_until(lambda: asker.worker._life._exceeded)
    assert asker.ask() == right  # it fails nobody
    assert asker.worker.started == 2
    wait_until(lambda: asker.ask("grow") == right and asker.worker.started == 3)
    assert asker.ask() == right


@pytest.mark.bwrap
def test_secrets_are_masked_in_what_a_warm_sandbox_leaves(kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "geheim-Zq7")
    asker = kept(grants=Grants(secrets={"TOKEN": "env:MY_TOKEN"}))
    folder = asker.written("tell")
    answer = asker.worker.request("transform", folder / "in", folder / "out")
    assert answer.warnings == ("the token is ***",)
    with pytest.raises(TaskError, match="holds the value of a secret"):
        asker.ask("name")
    with pytest.raises(TaskError, match="refused") as caught:
        asker.ask("wrong")
    assert "geheim" not in str(caught.value)
    found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"geheim" not in found
    assert "geheim" not in asker.worker._life.log_tail()
    assert "***" in asker.worker._life.log_tail()


CHILD = """
import sys
from pathlib import Path
import numpy as np
from edgewright.face import open_block
block = open_block("flatten", runner="bwrap")
block.transform(np.zeros((1, 20, 1)))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.bwrap
def test_a_killed_process_leaves_no_sandbox(kept: Any) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"ready\n"
    assert list(Path("/dev/shm").glob(f"edgewright-warm-{child.pid}-*"))
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    child.stdin.close()
    wait_until(lambda: not _sandboxes_of(child.pid))
    kept().ask()  # whoever keeps the next block warm clears up
    assert not list(Path("/dev/shm").glob(f"edgewright-warm-{child.pid}-*"))


def _sandboxes_of(pid: int) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if f"edgewright-warm-{pid}-".encode() in words:
            found.append(path.parent.name)
    return found
