"""A container that is spoken to: by named pipes where it runs on our kernel, else through its engine."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import TYPE_CHECKING, Any, Final

from edgewright.runners.docker.container import Container
from edgewright.runners.docker.errors import engine_failures
from edgewright.runners.warm.piped import READ_BYTES, read_pipe, write_pipe
from edgewright.scratch import in_memory, scratch_folder
from edgewright_specs.interface import ANSWERS_PIPE, REQUESTS_PIPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import APIClient

    from edgewright.runners.logs import LogFile
    from edgewright.runners.ownership import User

#: Each piece of the engine's stream has its channel and its length before it.
HEADER_BYTES: Final = 8
#: Between two looks at whether it has ended before it opened its pipes.
LOOK_SECONDS: Final = 0.1


@contextlib.contextmanager
def named_pipes(user: User) -> Iterator[Path]:
    """A folder with the two pipes, which nobody but a task's user may open."""
    with scratch_folder("pipes", in_memory()) as shut:
        folder = shut / "pipes"
        folder.mkdir()
        folder.chmod(0o755)
        for name in (REQUESTS_PIPE, ANSWERS_PIPE):
            os.mkfifo(folder / name, 0o600)
            if not user.ours:
                os.chown(folder / name, user.uid, user.gid)
        yield folder


class ByPipes(Container):
    """Its task has the folder of pipes read-only; all that it prints is log."""

    def __init__(self, api: APIClient, arguments: dict[str, Any], log: LogFile, folder: Path) -> None:
        super().__init__(api, arguments, log, None)
        self._folder = folder
        self._pipes = contextlib.ExitStack()

    def start(self) -> None:
        """Open our ends, then start."""
        # The first one both ways: nobody reads it yet, and the pipe has no end while we are there.
        self._requests = self._opened(REQUESTS_PIPE, os.O_RDWR)
        self._answers = self._opened(ANSWERS_PIPE, os.O_RDONLY)
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        super().start()

    def send(self, data: bytes, seconds: float) -> None:
        """Write to its pipe."""
        write_pipe(self._requests, data, seconds)

    def receive(self, seconds: float) -> bytes | None:
        """Return what it wrote: empty at its end, None when nothing comes in time."""
        until = time.monotonic() + seconds
        while True:
            ended = self.wait(0.0)  # asked first: what it wrote before its end is still read
            left = max(0.0, until - time.monotonic())
            data = read_pipe(self._poll, self._answers, min(left, LOOK_SECONDS))
            if data is not None:
                return data
            if ended:
                return b""
            if time.monotonic() >= until:
                return None

    def _opened(self, name: str, flags: int) -> int:
        descriptor = os.open(self._folder / name, flags | os.O_NONBLOCK)
        self._pipes.callback(os.close, descriptor)
        return descriptor

    def _drain(self) -> None:
        super()._drain()
        self._pipes.close()


class ByEngine(Container):
    """It has a second stream, for stdin and stdout; the first one has the log alone."""

    def __init__(self, api: APIClient, arguments: dict[str, Any], log: LogFile) -> None:
        super().__init__(api, {**arguments, "stdin_open": True}, log, None)
        self.streams = ("stderr",)
        self._attached: Any = None
        self._pending = b""

    def start(self) -> None:
        """Attach both streams, then start."""
        self._attached = self._api.attach_socket(self.id, params={"stdin": 1, "stdout": 1, "stream": 1})
        # Only the library's own wrapper of the socket keeps the connection open.
        self._fd: int = getattr(self._attached, "_sock", self._attached).fileno()
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        super().start()

    def send(self, data: bytes, seconds: float) -> None:
        """Write to its stdin."""
        write_pipe(self._fd, data, seconds)

    def receive(self, seconds: float) -> bytes | None:
        """Return what comes from its stdout: empty at its end, None when nothing comes in time."""
        until = time.monotonic() + seconds
        while self._poll.poll(max(0.0, until - time.monotonic()) * 1000):
            try:
                data = os.read(self._fd, READ_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                return b""
            if not data:
                return b""
            self._pending += data
            if found := self._frames():
                return found
        return None

    def _frames(self) -> bytes:
        """What whole pieces have come; the rest is kept."""
        found = b""
        while len(self._pending) >= HEADER_BYTES:
            end = HEADER_BYTES + int.from_bytes(self._pending[4:HEADER_BYTES], "big")
            if len(self._pending) < end:
                break
            found += self._pending[HEADER_BYTES:end]
            self._pending = self._pending[end:]
        return found

    def _drain(self) -> None:
        super()._drain()
        if self._attached is not None:
            for owner in (getattr(self._attached, "_response", None), self._attached):
                with contextlib.suppress(*engine_failures()):
                    if owner is not None:
                        owner.close()
            self._attached = None
