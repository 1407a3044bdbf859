"""Whether this machine has swap, which a cap of memory alone doesn't hold."""

from __future__ import annotations

from pathlib import Path


def has_swap() -> bool:
    """Whether there is swap that a task could grow into; unknown counts as yes."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("SwapTotal:")) > 0
    except (OSError, StopIteration, ValueError, IndexError):
        return True
