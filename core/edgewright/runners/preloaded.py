"""The host's end of ``forking.py``: interpreters with libraries loaded, of which each task of the process runner is a fork.

Importing scikit-learn takes longer than most fits. Such a task is as fresh as one of a new interpreter, since no code
of a block has run in what it is a fork of. One that has loaded nothing spares a sandbox's supervisor its start.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORKING: Final = Path(__file__).with_name("forking.py")
#: What every task on the SDK loads.
SDK: Final = (
    "edgewright_sdk.driver",
    "edgewright_sdk.processing_operations",
    "edgewright_sdk.learning_operations",
)
#: What learning takes beside it, by the environment that a block names.
LIBRARIES: Final = {"classical": ("sklearn.cluster",), "torch": ("torch",)}
END_SECONDS: Final = 20.0


class Forked:
    """A supervisor that an interpreter forked: its control and its report pipe, and its end."""

    def __init__(self, control: int, report: int, pid: int, sent: int) -> None:
        self.sent = sent
        self.control: BinaryIO = open(control, "wb", buffering=0)  # noqa: SIM115
        self.report: BinaryIO = open(report, "rb", buffering=0)  # noqa: SIM115
        self.pid = pid

    def end(self) -> None:
        """Wait until it is gone: nobody else holds the report pipe, and its control pipe is closed."""
        while select.select([self.report], [], [], END_SECONDS)[0]:
            if not self.report.read(1 << 16):
                return
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)


class Preloaded:
    """One interpreter with libraries loaded; started by the first task that asks for it, and again after a death.

    Parameters
    ----------
    modules : sequence of str
        What it imports; empty: tasks execute their command, and only their supervisor is a fork.
    variables : mapping of str to str
        Its environment; a task brings its own.
    """

    def __init__(self, modules: Sequence[str], variables: Mapping[str, str]) -> None:
        self._modules = modules
        self._variables = dict(variables)
        self._lock = threading.Lock()
        self._end: weakref.finalize[..., Preloaded] | None = None
        self._connection: socket.socket | None = None

    def fork(self, descriptors: Sequence[int], order: bytes) -> Forked | None:
        """Return the supervisor of a new task with these descriptors; None where no interpreter answers.

        Its order is there before it is, so that it needn't wait for us once more.
        """
        with self._lock:
            for _ in range(2):
                if self._connection is None:
                    self._connection = self._start()
                forked = _ask(self._connection, descriptors, order)
                if forked is not None:
                    return forked
                self._close()
        return None

    def close(self) -> None:
        """End it; tasks that run go on."""
        with self._lock:
            self._close()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, os.fspath(FORKING), str(theirs.fileno()), *self._modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=self._variables,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._end = weakref.finalize(self, _end, ours, process)
        return ours

    def _close(self) -> None:
        self._connection = None
        if self._end is not None:
            self._end()


def _end(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """Close our end, which ends it; one that is still loading needn't go on."""
    connection.close()
    process.kill()
    process.wait()


def _ask(connection: socket.socket, descriptors: Sequence[int], order: bytes) -> Forked | None:
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        taken, control = os.pipe()
        report, written = os.pipe()
        for stack, fds in ((theirs, (taken, written)), (ours, (control, report))):
            for fd in fds:
                stack.callback(os.close, fd)
        os.set_blocking(control, False)
        sent = os.write(control, order)  # as much as a pipe holds that nobody reads yet
        os.set_blocking(control, True)
        try:
            socket.send_fds(connection, [b"+"], [taken, written, *descriptors])
            answer = connection.recv(4, socket.MSG_WAITALL)
        except OSError:
            return None
        if len(answer) < 4:
            return None
        ours.pop_all()
        return Forked(control, report, int.from_bytes(answer, "little"), sent)
