"""A warm block in a container: the strict profile of a task's, with its stdin open."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import TYPE_CHECKING, Any, Final

from edgewright.runners.controllers import held_of
from edgewright.runners.docker.container import Container
from edgewright.runners.docker.errors import engine_failures
from edgewright.runners.docker.verdict import judge_exit
from edgewright.runners.warm.channel import End

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docker import APIClient

    from edgewright.runners.logs import LogFile

READ_BYTES: Final = 64 << 10
#: Each piece of the stream has its channel and its length before it.
HEADER_BYTES: Final = 8
#: For a container that has closed its stdout to end by itself, so that it can be said how.
END_SECONDS: Final = 2.0
#: For what was printed before an answer to arrive: it takes another way through the engine.
SETTLE_SECONDS: Final = 0.1


class DockerChannel:
    """A container that was started to take requests.

    Parameters
    ----------
    api : APIClient
    arguments : dict
        Of ``create_container``, for a task of this profile.
    places : (str, str)
        Where it has the exchange's folders.
    enforced : mapping
    gone : callable
        Told, when it is closed, whether the container is removed.
    """

    def __init__(
        self,
        api: APIClient,
        arguments: dict[str, Any],
        log: LogFile,
        *,
        places: tuple[str, str],
        enforced: Mapping[str, Any],
        gone: Callable[[bool], None],
    ) -> None:
        self.places: tuple[str, str] | None = places
        self.enforced = enforced
        self._api = api
        self._pending = b""
        with contextlib.ExitStack() as stack:
            self._container = Spoken(api, arguments, log)
            stack.callback(lambda: gone(self._container.removed))
            stack.enter_context(self._container)
            self._container.start()
            self._fd: int = self._container.speech.fileno()
            self._poll = select.poll()
            self._poll.register(self._fd, select.POLLIN)
            self._stack = stack.pop_all()

    def send(self, line: bytes) -> None:
        """Write a line to its stdin."""
        with contextlib.suppress(OSError):
            os.write(self._fd, line)

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

    def settle(self) -> None:
        """Wait a moment for what it printed."""
        time.sleep(SETTLE_SECONDS)

    def held_bytes(self) -> int | None:
        """What its processes hold, and its folders in memory, as the engine counts it."""
        try:
            told = self._api.stats(self._container.id, stream=False, one_shot=True)
        except engine_failures():
            return None
        return held_of((told.get("memory_stats") or {}).get("stats") or {})

    def kill(self) -> None:
        """SIGKILL to the container."""
        self._container.signal("SIGKILL")

    def end(self) -> End:
        """Kill what is left, and say how it ended."""
        if not self._container.wait(END_SECONDS):
            self._container.kill()
        try:
            verdict = judge_exit(self._container.state(), self._container.first_error)
        except engine_failures() as problem:
            return End("infra", f"the engine failed: {problem}")
        if verdict.reason in ("ok", "block_error"):
            said = verdict.message or "exit code 0"
            return End("block_error", f"it ended in the middle of a request: {said}", bool(verdict.exit_code))
        return End(verdict.reason, verdict.message)

    def close(self) -> None:
        """Kill and remove it."""
        self._stack.close()

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


class Spoken(Container):
    """A container with a second stream of its own, for stdin and stdout; the first one has the log alone."""

    def __init__(self, api: APIClient, arguments: dict[str, Any], log: LogFile) -> None:
        super().__init__(api, {**arguments, "stdin_open": True}, log, None)
        self.streams = ("stderr",)
        self._attached: Any = None

    @property
    def speech(self) -> Any:
        """The socket; only the library's own wrapper of it keeps the connection open."""
        return getattr(self._attached, "_sock", self._attached)

    def start(self) -> None:
        """Attach both streams, then start."""
        self._attached = self._api.attach_socket(self.id, params={"stdin": 1, "stdout": 1, "stream": 1})
        super().start()

    def _drain(self) -> None:
        super()._drain()
        if self._attached is not None:
            for owner in (getattr(self._attached, "_response", None), self._attached):
                with contextlib.suppress(*engine_failures()):
                    if owner is not None:
                        owner.close()
            self._attached = None
