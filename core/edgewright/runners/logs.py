"""Logs of tasks: bytes as the block wrote them, capped; and their end as a terminal may show it."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING

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
        self._file = path.open("wb", buffering=0)
        self._room = int(cap * HEAD_SHARE)
        self._end_cap = cap - self._room
        self._end: deque[bytes] = deque()
        self._end_bytes = 0
        self._lock = threading.Lock()
        self.truncated_bytes = 0

    def write(self, data: bytes) -> None:
        """Keep as much of ``data`` as the cap allows."""
        with self._lock:
            if self._file.closed or not data:
                return
            if self._room > 0:
                head, data = data[: self._room], data[self._room :]
                self._file.write(head)
                self._room -= len(head)
            if data:
                self._hold(data)

    def _hold(self, data: bytes) -> None:
        self._end.append(data)
        self._end_bytes += len(data)
        while self._end_bytes > self._end_cap:
            surplus = self._end_bytes - self._end_cap
            first = self._end.popleft()
            dropped = min(surplus, len(first))
            if dropped < len(first):
                self._end.appendleft(first[dropped:])
            self._end_bytes -= dropped
            self.truncated_bytes += dropped

    def close(self) -> None:
        """Write the end that was held back. Closing twice does nothing."""
        with self._lock:
            if self._file.closed:
                return
            if self.truncated_bytes:
                self._file.write(f"\n[edgewright: truncated {self.truncated_bytes} bytes here]\n".encode())
            self._file.write(b"".join(self._end))
            self._end.clear()
            self._file.close()

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
    return visible(data.decode("utf-8", "backslashreplace"))


def visible(text: str) -> str:
    """Text with every control and direction character but newline and tab written as an escape."""
    return "".join(char if char in "\n\t" or _printable(char) else _escape(char) for char in text)


def _printable(char: str) -> bool:
    return char.isprintable() or char == "\N{NO-BREAK SPACE}"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
