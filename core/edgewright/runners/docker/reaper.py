"""Removes a run's containers when the process that started them is gone. Standard library only.

Started beside each run as ``python -I -S reaper.py LABEL COMMAND…`` with a pipe as its stdin, whose other end only the
run holds. The kernel closes that end however the run dies, so the end of the pipe means: clean up. One byte means: the
run ended well, nothing is left.
"""

from __future__ import annotations

import subprocess
import sys
import time

ROUNDS = 6
PAUSE_SECONDS = 0.5
#: For an engine that doesn't answer: somebody may start it again.
AWAY_SECONDS = 120.0


def main(label: str, command: list[str]) -> None:
    """Wait for the run's end, then remove what has its label."""
    if sys.stdin.buffer.read(1):
        return
    # A container whose creation was under way when the run died appears a moment later: look more than once.
    rounds, end = ROUNDS, time.monotonic() + AWAY_SECONDS
    while rounds and time.monotonic() < end:
        rounds -= remove_all(label, command)
        time.sleep(PAUSE_SECONDS)


def remove_all(label: str, command: list[str]) -> bool:
    """Remove every container with this label, running or not, with its volumes; whether the engine did all that."""
    listed = _ask([*command, "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}"])
    if not listed:
        return listed is not None
    return _ask([*command, "rm", "--force", "--volumes", *listed.split()]) is not None


def _ask(words: list[str]) -> str | None:
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace").strip()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
