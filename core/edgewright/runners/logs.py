"""Logs of tasks: bytes as the block wrote them, capped; and their end as a terminal may show it."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from edgewright.terminal import printable

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

#: Share of the cap that keeps the beginning; the rest keeps the end, where an error stands.
HEAD_SHARE = 0.5


class LogFile:
    """A log that never grows beyond its cap, in the file and in memory.

    The beginning goes straight to the file; of what comes after it the end is held back and written by :meth:`close`,
    with a line between that says how many bytes were dropped. Safe to write from several threads.

    Parameters
    ----------
    path : Path
        Made, or emptied.
    cap : int, bytes >= 0
        Most bytes of the block's output that are kept.
    """

    def __init__(self, path: Path, cap: int) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._room = int(cap * HEAD_SHARE)
        self._end_cap = cap - self._room
        self._end = bytearray()
        self._lock = threading.Lock()
        self.truncated_bytes = 0

    def write(self, data: bytes) -> None:
        """Keep as much of ``data`` as the cap allows."""
        with self._lock:
            if self._file.closed or not data:
                return
            if self._room > 0:
                head, data = data[: self._room], data[self._room :]
                self._put(head)
                self._room -= len(head)
            if data:
                self._hold(data)

    def _hold(self, data: bytes) -> None:
        # Trimmed only when twice too long, so that many short writes don't move the buffer each time.
        self._end += data
        if len(self._end) > 2 * self._end_cap:
            self._trim()

    def _trim(self) -> None:
        dropped = max(0, len(self._end) - self._end_cap)
        del self._end[:dropped]
        self.truncated_bytes += dropped

    def close(self) -> None:
        """Write the end that was held back. Closing twice does nothing."""
        with self._lock:
            if self._file.closed:
                return
            self._trim()
            if cut := self.truncated_bytes:
                self._put(f"\n[edgewright: truncated {cut} bytes here]\n".encode())
                self.truncated_bytes = cut  # a note that finds no room is no loss of the block's
            self._put(bytes(self._end))
            self._end.clear()
            self._file.close()

    def last(self, size: int) -> str:
        """Like :func:`tail`, while the log is still written."""
        with self._lock:
            held = bytes(self._end[-size:])
        return _readable(held) if len(held) == size else tail(self._path, size - len(held)) + _readable(held)

    def _put(self, data: bytes) -> None:
        # A log never fails a task: on a full disk its bytes are lost, and counted.
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError:
            self.truncated_bytes += len(left)

    def __enter__(self) -> LogFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def tail(path: Path, size: int) -> str:
    """Last ``size`` bytes of a log as text that is safe on a terminal, from the start of a line where there is one."""
    with path.open("rb") as stream:
        length = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, length - size))
        data = stream.read(size)
    if length > size and b"\n" in data[:-1]:
        data = data.split(b"\n", 1)[1]
    return _readable(data)


def _readable(data: bytes) -> str:
    return printable(data.decode("utf-8", "backslashreplace"))
