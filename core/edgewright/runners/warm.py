"""A block kept running by the process runner: the import of its code is paid once, each request is a line.

For trusted blocks and interactive use (``open_block``, ``features``); a run's tasks are always cold. Requests carry
paths, never values; cold and warm give the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright.errors import TaskError
from edgewright.runners.base import Limits
from edgewright.runners.command import serve_command
from edgewright.runners.grants import NO_GRANTS
from edgewright.runners.logs import LogFile
from edgewright.runners.masking import Mask
from edgewright.runners.messages import MAX_LINE_BYTES, parse_message
from edgewright.runners.process import host_variables, process_variables, work_folder
from edgewright.runners.secrets import opened
from edgewright.runners.supervised import Ended, Supervised
from edgewright.terminal import printable_line
from edgewright_specs.interface import ERROR_KINDS

if TYPE_CHECKING:
    from edgewright.registry import Block
    from edgewright.runners.base import Message, OnMessage, Prepared
    from edgewright.runners.grants import Grants
    from edgewright_specs.interface import ErrorKind, Reason

READ_BYTES: Final = 64 << 10
TAIL_BYTES: Final = 4096


class WarmWorker:
    """One warm process of a block; started by the first request, and again after a crash.

    Parameters
    ----------
    block : Block
        A folder with a ``block.py`` on the SDK.
    prepared : Prepared
        By the process runner.
    limits : Limits, optional
        ``log_bytes`` (for the life of one process) and ``out_bytes`` (of one file) count.
    grants : Grants, optional
        What it has beyond the strict profile; its secrets are read when the process starts.
    on_message : callable, optional
        Given progress, metrics and log lines.
    """

    def __init__(
        self,
        block: Block,
        prepared: Prepared,
        *,
        limits: Limits | None = None,
        grants: Grants = NO_GRANTS,
        threads: int = 1,
        on_message: OnMessage = lambda _message: None,
    ) -> None:
        if block.folder is None or block.spec.legacy or block.command is not None:
            raise TaskError(
                block.name,
                "refused",
                "only a block with a block.py can be kept warm",
                hint="run it cold, task by task",
            )
        self.block = block
        self.prepared = prepared
        self._folder = block.folder.resolve()
        self._limits = limits or Limits()
        self._grants = grants
        self._threads = threads
        self._on_message = on_message
        self._lock = threading.Lock()
        self._number = 0
        self._alive: _Alive | None = None

    def request(self, in_dir: Path, out_dir: Path, timeout: float = 60.0) -> None:
        """Do one request: reads ``in_dir/request.json``, leaves ``result.json`` and outputs in ``out_dir``.

        Requests of several threads are done one after another.

        Raises
        ------
        TaskError
            ``block_error`` (it failed, crashed or answered nonsense), ``timeout``, ``infra``. After a crash, nonsense
            or a timeout the process is killed, and the next request starts a new one.
        """
        with self._lock:
            if self._alive is None:
                self._alive = _Alive(self)
            self._number += 1
            line = {
                "id": self._number,
                "in": os.fspath(in_dir.absolute()),
                "out": os.fspath(out_dir.absolute()),
            }
            try:
                answer = self._alive.ask(
                    json.dumps(line).encode() + b"\n", self._number, time.monotonic() + timeout
                )
            except _FailedError as failure:
                log = self._end()
                name = f"{self.block.name} (warm)"
                raise TaskError(
                    name, failure.reason, failure.message, log_tail=log, kind=failure.kind
                ) from None
            except BaseException:
                self._end()
                raise
            self._alive.mask.tree(out_dir)
            if not answer.get("ok"):
                said = self._alive.mask.text(str(answer.get("error", "it gave no reason")))
                text = printable_line(said, 2000)
                kind = answer.get("kind")
                raise TaskError(
                    self.block.name,
                    "block_error",
                    text,
                    log_tail=self._alive.log_tail(),
                    kind=kind if kind in ERROR_KINDS else "fault",
                )

    def close(self) -> None:
        """End the process and remove its folder."""
        with self._lock:
            self._end()

    def __enter__(self) -> WarmWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self) -> str:
        if self._alive is None:
            return ""
        alive, self._alive = self._alive, None
        return alive.close()


class _FailedError(Exception):
    def __init__(self, reason: Reason, message: str, kind: ErrorKind | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.kind = kind


class _Alive:
    """One process, from its start to its end."""

    def __init__(self, worker: WarmWorker) -> None:
        self._on_message = worker._on_message
        self._buffer = b""
        self._said: Message | None = None  # why it is about to end
        with contextlib.ExitStack() as stack:
            secrets = stack.enter_context(opened(worker._grants.secrets))
            self.mask = Mask(()) if secrets is None else secrets.mask
            work = stack.enter_context(work_folder(Path(tempfile.gettempdir())))
            self._log = stack.enter_context(LogFile(work / "log.txt", worker._limits.log_bytes))
            stdin, self._requests = os.pipe()
            stack.callback(os.close, self._requests)
            self._answers, stdout = os.pipe()
            stack.callback(os.close, self._answers)
            self._selector = stack.enter_context(selectors.DefaultSelector())
            self._selector.register(self._answers, selectors.EVENT_READ)
            self._errors, stderr = os.pipe()
            stack.callback(os.close, self._errors)
            os.set_blocking(self._errors, False)
            self._log_lock = threading.Lock()
            self._supervised = Supervised(
                serve_command(os.fspath(worker._folder), python=sys.executable),
                env={
                    **process_variables(work, worker._threads),
                    **host_variables(worker.block, worker._grants, secrets),
                },
                cwd=work,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                max_file_bytes=worker._limits.out_bytes,
            )
            # The block's log must be read while nobody asks, or a full pipe would stop it.
            self._reader = threading.Thread(
                target=self._read_errors, daemon=True, name=f"log of {worker.block.name}"
            )
            self._reader.start()
            stack.callback(self._reader.join, 5.0)
            stack.callback(self._supervised.close)
            self._stack = stack.pop_all()

    def ask(self, line: bytes, number: int, deadline: float) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        with contextlib.suppress(BrokenPipeError):  # it has ended: what it said of why is still to be read
            os.write(self._requests, line)
        while True:
            while b"\n" in self._buffer:
                first, self._buffer = self._buffer.split(b"\n", 1)
                answer = self._take(first, number)
                if answer is not None:
                    return answer
            if len(self._buffer) > MAX_LINE_BYTES:
                raise _FailedError("block_error", f"it answered a line longer than {MAX_LINE_BYTES} bytes")
            left = deadline - time.monotonic()
            if left <= 0 or not self._selector.select(left):
                raise _FailedError("timeout", "it did not answer in time")
            data = os.read(self._answers, READ_BYTES)
            if not data:
                raise self._crashed()
            self._buffer += data

    def _take(self, line: bytes, number: int) -> dict[str, Any] | None:
        """The answer that a line holds; None for a message."""
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict) and answer.get("type") == "done" and answer.get("id") == number:
            return answer
        message = parse_message(line)
        if message is None:
            raise _FailedError("block_error", "it answered something that is no answer to the request")
        message = self.mask.plain(message)
        if message["type"] == "error":
            self._said = message
        self._on_message(message)
        return None

    def _crashed(self) -> _FailedError:
        self._supervised.kill()  # it closed its end; nothing of it may stay
        while not self._supervised.poll():
            pass
        ended: Ended | None = self._supervised.ended()
        if ended is None:
            return _FailedError("infra", "its supervisor was killed")
        if ended.problem:
            return _FailedError("infra", f"it can't be started: {ended.problem}")
        if self._said is not None and ended.exit_code:
            return _FailedError("block_error", self._said["text"], self._said.get("kind"))
        how = f"ended by {ended.signal}" if ended.signal else f"exit code {ended.exit_code}"
        return _FailedError("block_error", f"it ended in the middle of a request: {how}")

    def _read_errors(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._errors, selectors.EVENT_READ)
            while selector.select() and self._drain():
                pass

    def _drain(self) -> bool:
        """Move what is in the pipe to the log; False when it has ended."""
        with self._log_lock:
            while True:
                try:
                    data = os.read(self._errors, READ_BYTES)
                except BlockingIOError:
                    return True
                if not data:
                    return False
                self._log.write(data)

    def log_tail(self) -> str:
        """The end of the log; whatever the block wrote before its last answer is in it."""
        self._drain()
        return self.mask.text(self._log.last(TAIL_BYTES))

    def close(self) -> str:
        """Kill it; return the end of its log."""
        self._supervised.close()
        text = self.log_tail()
        self._stack.close()
        return text
