"""Whose containers they are: labels, the reaper that outlives us, and the sweep of what others left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright.runners.docker import reaper
from edgewright.runners.docker.errors import engine_failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import APIClient

PREFIX = "org.edgewright."
LEASE, RUN, TASK = PREFIX + "lease", PREFIX + "run", PREFIX + "task"
HOST, NAMESPACE, PID, STARTED = PREFIX + "host", PREFIX + "pidns", PREFIX + "pid", PREFIX + "started"
#: For a reaper to look as often as it does.
REAPER_SECONDS: Final = 10.0
_ON_THEIR_OWN: Final[list[subprocess.Popen[bytes]]] = []


class Lease:
    """Labels that say whose a container is, and a reaper process that removes those with them when we die."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self._reaper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the reaper, in a session of its own, so that no signal for us reaches it."""
        from edgewright.images.commands import engine_command

        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", reaper.__file__, f"{LEASE}={self.id}", *engine_command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def started(self) -> bool:
        """Whether the reaper runs."""
        return self._reaper is not None

    def labels(self, run_id: str, task_id: str) -> dict[str, str]:
        """Labels of a container for one task."""
        return {LEASE: self.id, RUN: run_id, TASK: task_id, **_identity(os.getpid())}

    def close(self, *, clean: bool = True) -> None:
        """Let the reaper end, and wait for it, unless its engine is away.

        Parameters
        ----------
        clean : bool
            Whether every container is known to be removed; if not, the reaper looks for them as if we had died.
        """
        if self._reaper is None:
            return
        assert self._reaper.stdin is not None
        with suppress(OSError):
            if clean:
                self._reaper.stdin.write(b"q")
                self._reaper.stdin.flush()
        with suppress(OSError):
            self._reaper.stdin.close()
        try:
            self._reaper.wait(REAPER_SECONDS)
        except subprocess.TimeoutExpired:  # its engine is away: it goes on without us
            _ON_THEIR_OWN.append(self._reaper)
        self._reaper = None


def sweep(api: APIClient) -> list[str]:
    """Remove containers whose process on this host is gone. Returns their ids.

    Containers of another host, or of a process in another process namespace, are not ours to judge.
    """
    removed = []
    for container in api.containers(all=True, filters={"label": LEASE}):
        labels: Mapping[str, str] = container.get("Labels") or {}
        if _is_stale(labels):
            with suppress(*engine_failures()):
                api.remove_container(container["Id"], force=True, v=True)
                removed.append(container["Id"])
    return removed


def _is_stale(labels: Mapping[str, str]) -> bool:
    try:
        pid = int(labels[PID])
    except (KeyError, ValueError):
        return False
    here = _identity(os.getpid())
    if (labels.get(HOST), labels.get(NAMESPACE)) != (here[HOST], here[NAMESPACE]):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return labels.get(STARTED) != _started(pid)  # another process has its number by now


def _identity(pid: int) -> dict[str, str]:
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # no such thing here (macOS): the host's name alone decides
        namespace = ""
    return {HOST: socket.gethostname(), NAMESPACE: namespace, PID: str(pid), STARTED: _started(pid)}


def _started(pid: int) -> str:
    """When a process started, in ticks since the boot; empty where that can't be had."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]  # field 22; the name before ")" may hold anything
