"""F08: the engine ends while a task runs, as seen by whoever speaks to it: connections break, and no new one is taken."""

from __future__ import annotations

import contextlib
import gc
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.images.commands import engine_command
from edgewright.images.engine import connect, engine_url
from edgewright.runners.base import Limits
from edgewright.runners.docker import DockerRunner

from .conftest import Evil, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Line:
    """A socket that leads to the engine's until it is cut."""

    def __init__(self, place: Path, engine: str) -> None:
        self._engine = engine
        self._place = place
        self._ends: list[socket.socket] = []
        self._server: socket.socket | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._place))
        self._server.listen(64)
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def cut(self) -> None:
        self._place.unlink()
        with self._lock:
            assert self._server is not None
            self._ends.append(self._server)
            self._server = None
            self._close()

    def _close(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._engine)
                with self._lock:
                    self._ends += [near, far]
                    if self._server is not server:  # cut meanwhile
                        self._close()
                        return
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Make what is remembered of the engine be found anew, now and for the tests that follow."""

    def clear() -> None:
        if connect.cache_info().currsize:
            connect().close()
        connect.cache_clear()
        engine_command.cache_clear()

    yield clear
    clear()


@pytest.mark.docker
# The docker library forgets to close a socket on which nobody answered.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_f08_an_engine_that_goes_is_infra_and_leaves_nothing_when_it_is_back(
    engine: Any, scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: Any
) -> None:
    url = engine_url()
    if url is None or not url.startswith("unix://"):
        pytest.skip("only an engine's socket can be led elsewhere")
    line = Line(tmp_path / "e.sock", url.removeprefix("unix://"))
    line.open()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/e.sock")
    forget()
    runner = DockerRunner()
    harness = Evil(runner, tmp_path, scripts)
    for case in ("F00_control", "F04_stubborn"):
        harness.prepare(case)

    def cut() -> None:
        wait_until(lambda: (tmp_path / "task-1" / "out" / "started").exists(), 60)
        line.cut()

    thread = threading.Thread(target=cut)
    thread.start()
    ran = harness.run("F04_stubborn", limits=Limits(seconds=60, grace_seconds=1))
    thread.join()
    assert ran.reason == "infra", ran.message
    assert "engine" in ran.message
    assert ran.seconds < 50
    again = harness.run("F00_control")
    assert again.reason == "infra"  # at once: none answers
    line.open()  # the engine is back, and its containers are what they were
    try:
        assert harness.run("F00_control").reason == "ok"
    finally:
        runner.close()  # its reaper looks once more, since nobody knows what was left
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"label=org.edgewright.run={harness.token}"]
    wait_until(lambda: not subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    wait_until(lambda: harness.left_processes() == [])
    line.cut()
    gc.collect()  # those sockets, while they are forgiven
