"""One container from creation to removal: create → attach → start → wait → inspect → drain → remove.

The engine never removes it for us (``auto_remove`` would take the exit code with it), and a container that is gone
before we have read how it ended is a failure of the infrastructure, never a success.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from edgewright.runners.docker.errors import engine_failures
from edgewright.runners.messages import MessageLines
from edgewright.terminal import printable_line

if TYPE_CHECKING:
    from types import TracebackType

    from docker import APIClient

    from edgewright.runners.base import OnMessage
    from edgewright.runners.logs import LogFile

#: For the rest of the output once the container is dead, and for the kernel to end a killed one.
DRAIN_SECONDS = 10.0
KILL_SECONDS = 15.0
CONFLICT = 409
#: Of stderr, to tell a command that can't be executed from one that failed.
FIRST_BYTES = 512
TAIL_BYTES = 500


class Container:
    """A context: created on entering, removed on leaving, whatever happens between.

    Without ``on_message`` all that it writes is log: a service has nobody to speak to.
    """

    def __init__(
        self, api: APIClient, arguments: dict[str, Any], log: LogFile, on_message: OnMessage | None
    ) -> None:
        self._api = api
        self._arguments = arguments
        self._log = log
        self._lines = None if on_message is None else MessageLines(on_message, log.write)
        self._tail = b""
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._stream: Any = None
        self.id = ""
        self.removed = False
        self.problem: Exception | None = None
        self.first_error = b""
        #: What of it is read here.
        self.streams: tuple[str, ...] = ("stdout", "stderr")

    def __enter__(self) -> Container:
        self.id = self._api.create_container(**self._arguments)["Id"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(*engine_failures()):  # if the engine is gone, the reaper or the next sweep removes it
            self._remove()
            self.removed = True
        self._drain()

    def start(self) -> None:
        """Attach, so that no byte is missed, then start; raises what the engine raises."""
        self._stream = self._api.attach_socket(self.id, params=dict.fromkeys((*self.streams, "stream"), 1))
        self._begin(self._read)
        self._api.start(self.id)
        self._begin(self._wait)

    def wait(self, seconds: float) -> bool:
        """Wait for the end at most so long; returns whether it has come."""
        return self._ended.wait(max(0.0, seconds))

    def signal(self, name: str) -> None:
        """Send a signal; one that comes too late is none."""
        with suppress(*engine_failures()):
            self._api.kill(self.id, name)

    def stop(self, grace: float, hard: threading.Event | None = None) -> bool:
        """Ask to end, wait `grace` seconds (or until `hard` says so), then kill. Returns whether it ended."""
        self.signal("SIGTERM")
        until = time.monotonic() + grace
        while not self.wait(min(0.05, max(0.0, until - time.monotonic()))):
            if time.monotonic() >= until or getattr(hard, "hard", False):
                return self.kill()
        return True

    def kill(self) -> bool:
        """End it at once. Returns whether it ended."""
        self.signal("SIGKILL")
        return self.wait(KILL_SECONDS)

    @property
    def last_error(self) -> str:
        """What the block said last of why it failed; complete once :meth:`state` has been asked."""
        return "" if self._lines is None else self._lines.last_error

    @property
    def last_line(self) -> str:
        """The last line that a service wrote, which mostly says why it ended."""
        lines = [line for line in self._tail.decode("utf-8", "replace").splitlines() if line.strip()]
        return printable_line(lines[-1].strip(), TAIL_BYTES) if lines else ""

    def state(self) -> dict[str, Any]:
        """How it ended: the engine's ``State``, once all output is read. Raises what the engine raises."""
        found: dict[str, Any] = self._api.inspect_container(self.id)["State"]
        self._drain()
        return found

    def _remove(self) -> None:
        from docker.errors import APIError, NotFound

        until = time.monotonic() + KILL_SECONDS
        while time.monotonic() < until:
            try:
                self._api.remove_container(self.id, force=True, v=True)
                return
            except NotFound:
                return
            except APIError as problem:
                if problem.status_code != CONFLICT:
                    raise
                time.sleep(0.05)  # someone else is removing it: it is gone soon

    def _wait(self) -> None:
        try:
            self._api.wait(self.id, timeout=None)
        except engine_failures() as problem:
            self.problem = problem
        finally:
            self._ended.set()

    def _read(self) -> None:
        from docker.utils.socket import STDOUT, frames_iter

        try:
            for channel, data in frames_iter(self._stream, tty=False):
                if self._lines is None:
                    self._tail = (self._tail + data)[-TAIL_BYTES:]
                if channel == STDOUT and self._lines is not None:
                    self._lines.feed(data)
                elif channel == STDOUT:
                    self._log.write(data)
                else:
                    if len(self.first_error) < FIRST_BYTES:
                        self.first_error += data[:FIRST_BYTES]
                    self._log.write(data)
        except engine_failures() as problem:
            self._log.write(f"[edgewright: the engine stopped giving output: {problem}]\n".encode())
        except ValueError:  # the stream was closed while it was read
            pass
        finally:
            if self._lines is not None:
                self._lines.finish()

    def _begin(self, work: Any) -> None:
        thread = threading.Thread(target=work, daemon=True, name=f"{work.__name__} {self.id[:12]}")
        thread.start()
        self._threads.append(thread)

    def _drain(self) -> None:
        until = time.monotonic() + DRAIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._stream is not None:
            response = getattr(
                self._stream, "_response", None
            )  # the library keeps the connection's owner there
            for owner in (response, self._stream):
                with suppress(*engine_failures()):
                    if owner is not None:
                        owner.close()
            self._stream = None
