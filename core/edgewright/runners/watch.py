"""The watcher of ``/out``: how much is in there, judged while the block still writes."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from edgewright.runners.nameless import nameless_bytes
from edgewright.trees import measure

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.runners.base import Limits

#: Between two looks, so that at most half a second is written past a cap.
INTERVAL_SECONDS = 0.2
#: Between two searches for files without a name, which visit every process: a fiftieth of the time at most.
SEARCH_SECONDS: Final = 1.0
SEARCH_PAUSE: Final = 50
#: What a task must leave of the disk, if more went there than its files show: 1 GiB, or 2 % of a small disk.
LEFT_BYTES: Final = 1 << 30
LEFT_SHARE: Final = 0.02


class OutWatch:
    """Looks into a task's ``/out`` at most every 0.2 s, less often where a look is dear.

    A block can write to files that it has unlinked, which no folder shows. So those that its processes hold open are
    searched for, too. Those that not even a process holds (on their way through a socket) end it where the disk is
    nearly full, and more is gone since the start than the cap and the files explain.

    Parameters
    ----------
    out_dir : Path
        The host's path of ``/out``.
    limits : Limits
        ``out_bytes`` (apparent size, so a sparse file counts in full) and ``out_files`` (files and folders).
    """

    def __init__(self, out_dir: Path, limits: Limits) -> None:
        self._out_dir = out_dir
        self._limits = limits
        self._next = 0.0
        self._free, _ = self._disk()
        self._seen = 0
        self._next_search = time.monotonic() + SEARCH_SECONDS

    def due(self) -> str | None:
        """Return what is exceeded, or None when nothing is or it isn't time to look."""
        now = time.monotonic()
        if now < self._next:
            return None
        problem = self.look() or self._search(time.monotonic())
        after = time.monotonic()
        self._next = after + max(INTERVAL_SECONDS, after - now)
        return problem

    def look(self) -> str | None:
        """Return which cap is exceeded now, or None."""
        self._seen, count = measure(
            self._out_dir, self._limits.out_bytes, self._limits.out_files, allocated=True
        )
        if self._seen > self._limits.out_bytes:
            return f"wrote more than {self._limits.out_bytes} bytes to /out"
        if count > self._limits.out_files:
            return f"made more than {self._limits.out_files} files in /out"
        return None

    def _search(self, now: float) -> str | None:
        """Return what is exceeded where no folder shows it."""
        cap = self._limits.out_bytes
        if now >= self._next_search:
            hidden = nameless_bytes(self._out_dir, cap)
            after = time.monotonic()
            self._next_search = after + max(SEARCH_SECONDS, SEARCH_PAUSE * (after - now))
            if hidden + self._seen > cap:
                return f"wrote more than {cap} bytes to /out, in files that it had unlinked"
        free, size = self._disk()
        if self._free - free - self._seen > cap and free < min(LEFT_BYTES, LEFT_SHARE * size):
            return f"the disk of /out is nearly full, and more than {cap} bytes went there that no file shows"
        return None

    def _disk(self) -> tuple[int, int]:
        """Free bytes of the disk of ``/out``, and its size."""
        try:
            info = os.statvfs(self._out_dir)
        except (OSError, AttributeError):  # gone meanwhile; not on this system
            return 0, 0
        return info.f_bavail * info.f_frsize, info.f_blocks * info.f_frsize
