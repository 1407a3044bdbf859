"""One task of supervised processes while it runs: its program, its service where it has one, and what stops them."""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from edgewright.runners.messages import MessageLines
from edgewright.runners.supervised import NO_SANDBOX, Ended, Sandbox, Supervised, signal_name
from edgewright.runners.watch import OutWatch
from edgewright.terminal import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.logs import LogFile
    from edgewright.runners.preloaded import Preloaded
    from edgewright_specs.interface import Reason

#: Cancellation, deadlines and the output folder are looked at this often.
TICK_SECONDS: Final = 0.05
#: After the supervisors have reported, every writer of the pipes is dead; their rest is there at once.
DRAIN_SECONDS: Final = 1.0
#: For a task whose service has ended to notice, and to say what it lacks.
WITHOUT_SERVICE_SECONDS: Final = 1.0
#: For a service's supervisor to report once it was told to kill.
SERVICE_END_SECONDS: Final = 12.0
READ_BYTES: Final = 64 << 10
TAIL_BYTES: Final = 500


@dataclass(frozen=True)
class Start:
    """A command, its whole environment, its working folder, what it may be a fork of and what it is shut into."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    preloaded: Preloaded | None = None
    sandbox: Sandbox = NO_SANDBOX


class _Part:
    """One supervised command and the pipes that it writes to; each pipe has somebody who takes what comes."""

    def __init__(self, start: Start, max_file_bytes: int, out: Callable[[bytes], None], err: Any) -> None:
        self.reported: float | None = None
        self.pipes: dict[int, Callable[[bytes], None]] = {}
        with contextlib.ExitStack() as stack:
            given = []
            for take in (out, err):
                ours, theirs = os.pipe()
                stack.callback(os.close, ours)
                self.pipes[ours] = take
                given.append(theirs)
            self.supervised = Supervised(
                start.argv,
                env=start.env,
                cwd=start.cwd,
                stdin=os.open(os.devnull, os.O_RDONLY),
                stdout=given[0],
                stderr=given[1],
                max_file_bytes=max_file_bytes,
                preloaded=start.preloaded,
                sandbox=start.sandbox,
            )
            stack.callback(self.supervised.close)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Kill what is left and close the pipes."""
        self._stack.close()


class ProcessTask:
    """One task while it runs.

    Parameters
    ----------
    main, service : Start
        ``main`` decides how the task ends; the service is ended with it.
    inside : callable, optional
        From the end of ``main``'s command to that of the program which it watches over.
    """

    def __init__(
        self,
        job: Job,
        main: Start,
        service: Start | None,
        cancel: Event,
        on_message: OnMessage,
        log: LogFile,
        inside: Callable[[Ended], Ended] = lambda ended: ended,
    ) -> None:
        self._inside = inside
        self._limits = job.limits
        #: Whether the service makes the outputs: one that ended early has not made them all, whatever the block says.
        self._service_writes = job.contract.whole_folder(job.request.get("operation", "describe")) is not None
        self._cancel = cancel
        self._log = log
        self._watch = OutWatch(job.out_dir, job.limits)
        self._lines = MessageLines(on_message, log.write)
        self._stopped: tuple[Reason, str] | None = None
        self._kill_at: float | None = None
        self._tail = b""
        self._service_left = False
        size = job.limits.out_bytes + 1  # so that a file that was cut off is seen to be too long
        with contextlib.ExitStack() as stack:
            self._service: _Part | None = None
            if service is not None:
                self._service = _Part(service, size, self._hear, self._hear)
                stack.callback(self._service.close)
            self._main = _Part(main, size, self._lines.feed, log.write)
            stack.callback(self._main.close)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """End what is left of it."""
        self._stack.close()

    def _hear(self, data: bytes) -> None:
        """What a service prints is log; its last line mostly says why it ended."""
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        self._log.write(data)

    def watch(self) -> tuple[Reason, str, Ended | None]:
        """Serve the streams until the task has ended and been read to the last byte."""
        deadline = time.monotonic() + self._limits.seconds
        parts = [part for part in (self._main, self._service) if part is not None]
        with selectors.DefaultSelector() as selector:
            for part in parts:
                for pipe, take in part.pipes.items():
                    selector.register(pipe, selectors.EVENT_READ, take)
                selector.register(part.supervised, selectors.EVENT_READ, part)
            while selector.get_map():
                for key, _ in selector.select(TICK_SECONDS):
                    if isinstance(key.data, _Part):
                        if key.data.supervised.poll():
                            selector.unregister(key.fileobj)
                            self._report(key.data)
                    elif data := os.read(key.fd, READ_BYTES):
                        key.data(data)
                    else:
                        selector.unregister(key.fd)
                now = time.monotonic()
                if self._main.reported is None:
                    self._look(now, deadline)
                elif now > self._settled():
                    break  # somebody outside our reach holds a pipe (only without a subreaper)
        self._lines.finish()
        return self._judge()

    def _report(self, part: _Part) -> None:
        part.reported = time.monotonic()
        if part is self._main and self._service is not None:
            self._service_left = self._service.reported is not None
            self._service.supervised.kill()

    def _settled(self) -> float:
        """When nothing more can come."""
        assert self._main.reported is not None
        if self._service is None:
            return self._main.reported + DRAIN_SECONDS
        if self._service.reported is None:
            return self._main.reported + SERVICE_END_SECONDS
        return max(self._main.reported, self._service.reported) + DRAIN_SECONDS

    def _look(self, now: float, deadline: float) -> None:
        """Stop what must be stopped."""
        hard = getattr(self._cancel, "hard", False)
        gone = None if self._service is None else self._service.reported
        if self._stopped is None:
            if self._cancel.is_set():
                self._stop(("cancelled", "cancelled"), now)
            elif now >= deadline:
                self._stop(("timeout", f"ran longer than its limit of {self._limits.seconds:g} s"), now)
            elif exceeded := self._watch.due():
                self._stopped, self._kill_at = ("limit", exceeded), now
            elif gone is not None and now >= gone + WITHOUT_SERVICE_SECONDS and self._kill_at is None:
                self._kill_at = now
        if self._kill_at is not None and (now >= self._kill_at or hard):
            self._main.supervised.kill()
            self._kill_at = None

    def _stop(self, why: tuple[Reason, str], now: float) -> None:
        self._stopped, self._kill_at = why, now + self._limits.grace_seconds
        self._main.supervised.ask()

    def _judge(self) -> tuple[Reason, str, Ended | None]:
        ended = self._main.supervised.ended()
        if ended is None:
            return "infra", "its supervisor was killed before it could report", None
        if ended.left:
            return "infra", f"{ended.left} of its processes could not be killed", ended
        ended = self._inside(ended)
        if self._stopped is not None:
            return (*self._stopped, ended)
        needed = ended.exit_code != 0 or (self._service_writes and self._service_left)
        if needed and (lost := self._judge_service()) is not None:
            return (*lost, ended)
        if ended.problem:
            return "refused", f"its command can't be executed: {ended.problem}", ended
        if ended.signal == "SIGXFSZ":
            return "limit", "wrote a file beyond the size that is allowed", ended
        if exceeded := self._watch.look():
            return "limit", exceeded, ended
        text = _how(ended)
        if text:
            said = self._lines.last_error
            return "block_error", f"{text}: {said}" if said else text, ended
        return "ok", "", ended

    def _judge_service(self) -> tuple[Reason, str] | None:
        """Judge a service that ended before it was told to: that is never well."""
        ended = None if self._service is None else self._service.supervised.ended()
        if ended is None or (ended.signal == "SIGKILL" and not self._service_left):  # by us
            return None
        if ended.problem:
            return "refused", f"its server's command can't be executed: {ended.problem}"
        lines = [line for line in self._tail.decode("utf-8", "replace").splitlines() if line.strip()]
        said = f": {printable_line(lines[-1].strip(), TAIL_BYTES)}" if lines else ""
        return (
            "block_error",
            f"its server ended before the task was done: {_how(ended) or 'exit code 0'}{said}",
        )


def _how(ended: Ended) -> str:
    """Say how a command failed; empty if it didn't."""
    if ended.signal is not None:
        return f"ended by {ended.signal}"
    if not ended.exit_code:
        return ""
    text = f"exit code {ended.exit_code}"
    if ended.exit_code > 128 and (name := signal_name(ended.exit_code - 128)).startswith("SIG"):
        text += f" (a shell's word for {name})"
    return text
