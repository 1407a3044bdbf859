"""The watcher of ``/out``: how much is in there, judged while the block still writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edgewright.trees import measure

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.runners.base import Limits

#: Between two looks, so that at most half a second is written past a cap.
INTERVAL_SECONDS = 0.2


class OutWatch:
    """Looks into a task's ``/out`` at most every 0.2 s, less often where a look is dear.

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

    def due(self) -> str | None:
        """Return what is exceeded, or None when nothing is or it isn't time to look."""
        now = time.monotonic()
        if now < self._next:
            return None
        problem = self.look()
        after = time.monotonic()
        self._next = after + max(INTERVAL_SECONDS, after - now)
        return problem

    def look(self) -> str | None:
        """Return which cap is exceeded now, or None."""
        size, count = measure(self._out_dir, self._limits.out_bytes, self._limits.out_files)
        if size > self._limits.out_bytes:
            return f"wrote more than {self._limits.out_bytes} bytes to /out"
        if count > self._limits.out_files:
            return f"made more than {self._limits.out_files} files in /out"
        return None
