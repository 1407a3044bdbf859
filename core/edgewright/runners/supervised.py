"""The host's end of ``supervisor.py``: start a command of which nothing can be left behind."""

from __future__ import annotations

import contextlib
import marshal
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.runners.preloaded import Preloaded

SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
MAX_REPORT: Final = 64 << 10


@dataclass(frozen=True)
class Sandbox:
    """What happens to a command's process before it becomes the command.

    Attributes
    ----------
    joins : tuple of str
        ``cgroup.procs`` of the control groups that it joins.
    max_open_files : int
        0: as many as we may open.
    user : tuple of int
        User and group that it becomes; empty: it stays ours. Only root can become another.
    sources : tuple of str
        Only with `user`: files and folders that are then found at ``/tmp/0``, ``/tmp/1`` … whatever lies above them.
    keep : tuple of int
        Descriptors that the command gets beside its three, as 3, 4 …
    monitored : bool
        Whether the command is a monitor of the program that is meant: SIGTERM goes to those below it.
    """

    joins: tuple[str, ...] = ()
    max_open_files: int = 0
    user: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    keep: tuple[int, ...] = ()
    monitored: bool = False


NO_SANDBOX: Final = Sandbox()


@dataclass(frozen=True)
class Ended:
    """How a command ended, as the operating system told it."""

    exit_code: int | None
    signal: str | None  # its name
    problem: str  # why it could not be started, else empty
    left: int  # descendants that resisted SIGKILL
    seconds: float


class Supervisor(Protocol):
    """A supervisor that was started: the two pipes, and how to wait for its end."""

    pid: int
    control: BinaryIO
    report: BinaryIO

    def end(self) -> None:
        """Wait until it is gone, its control pipe being closed."""


class Executed:
    """A supervisor in an interpreter of its own."""

    sent = 0

    def __init__(self, descriptors: Sequence[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", os.fspath(SUPERVISOR)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C in the terminal is for us; we pass it on
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.pid = self._process.pid
        self.control: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self.report: BinaryIO = self._process.stdout  # type: ignore[assignment]

    def end(self) -> None:
        """Wait until it is gone, its control pipe being closed."""
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Supervised:
    """A running command and its supervisor.

    Parameters
    ----------
    argv, env, cwd
        Of the command; ``env`` is the whole environment.
    stdin, stdout, stderr : int
        Descriptors that the command gets; they are closed here.
    max_file_bytes : int
        No file that the command writes grows beyond it.
    preloaded : Preloaded, optional
        What the supervisor is a fork of instead of starting an interpreter; and the command, which is ``python -m …``
        then, if modules are loaded.
    sandbox : Sandbox, optional
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: int,
        stdout: int,
        stderr: int,
        max_file_bytes: int,
        preloaded: Preloaded | None = None,
        sandbox: Sandbox = NO_SANDBOX,
    ) -> None:
        own = (stdin, stdout, stderr)
        descriptors = (*own, *sandbox.keep)
        order = {
            "argv": list(argv),
            "env": dict(env),
            "cwd": os.fspath(cwd),
            "descriptors": descriptors,
            "max_file_bytes": max_file_bytes,
            "sandbox": asdict(sandbox),
        }
        data = marshal.dumps(order)  # for the same interpreter
        data = len(data).to_bytes(4, "little") + data
        try:
            forked = None if preloaded is None else preloaded.fork(descriptors, data)
            self._supervisor: Supervisor = forked or Executed(descriptors)
        finally:
            for fd in own:
                os.close(fd)
        self._report = b""
        self._send(data[self._supervisor.sent :])

    @property
    def pid(self) -> int:
        """Of the supervisor; the command and all that it starts are below it."""
        return self._supervisor.pid

    def fileno(self) -> int:
        """Readable when there is something for :meth:`poll`."""
        return self._supervisor.report.fileno()

    def poll(self) -> bool:
        """Read from the report pipe once (blocks unless readable); True when it has ended."""
        data = os.read(self.fileno(), MAX_REPORT)
        self._report += data
        return not data or len(self._report) > MAX_REPORT

    def ended(self) -> Ended | None:
        """The report, None when the supervisor died without one."""
        report = dict(
            line.partition("=")[::2] for line in self._report.decode("utf-8", "replace").splitlines()
        )
        if "status" not in report or "problem" not in report:
            return None
        status = int(report["status"])
        return Ended(
            exit_code=status if status >= 0 else None,
            signal=signal_name(-status) if status < 0 else None,
            problem=report["problem"],
            left=int(report["left"]),
            seconds=float(report["seconds"]),
        )

    def ask(self) -> None:
        """SIGTERM to the command's process group."""
        self._send(b"term\n")

    def kill(self) -> None:
        """SIGKILL to every descendant."""
        self._send(b"kill\n")
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGCONT)  # a block that isn't isolated may have stopped it

    def close(self) -> None:
        """Kill what still runs and wait until it is gone."""
        with contextlib.suppress(OSError):
            self._supervisor.control.close()  # the supervisor reads this as our death
        self._supervisor.end()
        self._supervisor.report.close()

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended meanwhile; the report tells
            view = memoryview(data)
            while view:
                view = view[self._supervisor.control.write(view) or 0 :]


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11; ``signal 77`` for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
