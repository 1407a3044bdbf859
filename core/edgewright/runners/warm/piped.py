"""A supervised command that is spoken to by pipes: what the channels without an engine share."""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import threading
import time
from typing import TYPE_CHECKING, Final

from edgewright.runners.supervised import Supervised
from edgewright.runners.warm.channel import End

if TYPE_CHECKING:
    from edgewright.runners.logs import LogFile
    from edgewright.runners.process_task import Start
    from edgewright.runners.supervised import Ended

READ_BYTES: Final = 64 << 10
#: For the last bytes of the log once every writer is dead.
JOIN_SECONDS: Final = 5.0


class Piped:
    """A command with a pipe each way, and a third one for its log.

    Parameters
    ----------
    start : Start
    log : LogFile
    max_file_bytes : int
        No file that it writes grows beyond it.
    around : ExitStack
        What is to be given back when it is gone.
    """

    def __init__(self, start: Start, log: LogFile, max_file_bytes: int, around: contextlib.ExitStack) -> None:
        self._log = log
        self._log_lock = threading.Lock()
        with around as stack:
            stdin, self._requests = os.pipe()
            stack.callback(os.close, self._requests)
            self._answers, stdout = os.pipe()
            stack.callback(os.close, self._answers)
            self._errors, stderr = os.pipe()
            stack.callback(os.close, self._errors)
            # The answers, too: it could take back what it wrote once it was seen to be there.
            for own in (self._requests, self._answers, self._errors):
                os.set_blocking(own, False)
            self._poll = select.poll()
            self._poll.register(self._answers, select.POLLIN)
            self.supervised = Supervised(
                start.argv,
                env=start.env,
                cwd=start.cwd,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                max_file_bytes=max_file_bytes,
                preloaded=start.preloaded,
                sandbox=start.sandbox,
            )
            # The log must be read while nobody asks, or a full pipe would stop the block.
            reader = threading.Thread(target=self._read_errors, daemon=True, name=f"log of {start.argv[0]}")
            reader.start()
            stack.callback(reader.join, JOIN_SECONDS)
            stack.callback(self.supervised.close)
            self._stack = stack.pop_all()

    def send(self, data: bytes, seconds: float) -> None:
        """Write to its stdin."""
        write_pipe(self._requests, data, seconds)

    def receive(self, seconds: float) -> bytes | None:
        """Return what comes from its stdout: empty at its end, None when nothing comes in time."""
        return read_pipe(self._poll, self._answers, seconds)

    def settle(self) -> None:
        """Move what is in the log's pipe to the log: as much as it holds has whatever was printed before the last answer."""
        self._drain()

    def kill(self) -> None:
        """SIGKILL to every process of it."""
        self.supervised.kill()

    def ended(self) -> Ended | None:
        """Kill it and say how its command ended; None when the supervisor was killed."""
        self.supervised.kill()  # it closed its end; nothing of it may stay
        while not self.supervised.poll():
            pass
        return self.supervised.ended()

    def close(self) -> None:
        """Kill it and close the pipes; its log is complete then."""
        self._stack.close()

    def _read_errors(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._errors, selectors.EVENT_READ)
            while selector.select() and self._drain():
                pass

    def _drain(self) -> bool:
        """Move what the pipe holds to the log, once: a flood must not keep us; False when it has ended."""
        with self._log_lock:
            try:
                data = os.read(self._errors, READ_BYTES)
            except BlockingIOError:
                return True
            self._log.write(data)
            return bool(data)


def read_pipe(poll: select.poll, descriptor: int, seconds: float) -> bytes | None:
    """Read from a pipe that doesn't block: empty at its end, None when nothing comes in time. Who wrote may take it back."""
    until = time.monotonic() + seconds
    while poll.poll(max(0.0, until - time.monotonic()) * 1000):
        with contextlib.suppress(BlockingIOError):
            return os.read(descriptor, READ_BYTES)
        if time.monotonic() >= until:
            break
    return None


def write_pipe(descriptor: int, data: bytes, seconds: float) -> None:
    """Write to a pipe that doesn't block, in as many pieces as it takes: the kernel may give a user with many pipes small ones.

    A block that doesn't read in time, or is gone, is seen by who waits for its answer.
    """
    left = memoryview(data)
    until = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while left:
            try:
                left = left[os.write(descriptor, left) :]
            except BlockingIOError:
                ready = select.poll()
                ready.register(descriptor, select.POLLOUT)
                if not ready.poll(max(0.0, until - time.monotonic()) * 1000) or time.monotonic() >= until:
                    return


def end_of(ended: Ended | None) -> End:
    """Say how a command ended in the middle of a request."""
    if ended is None:
        return End("infra", "its supervisor was killed")
    if ended.problem:
        return End("infra", f"it can't be started: {ended.problem}")
    if ended.signal == "SIGXFSZ":
        return End("limit", "wrote a file beyond the size that is allowed")
    how = f"ended by {ended.signal}" if ended.signal else f"exit code {ended.exit_code}"
    return End("block_error", f"it ended in the middle of a request: {how}", bool(ended.exit_code))
