"""Ports for services that run as processes: all of them share this machine's loopback address."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright.contracts.http_processing import declared_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from filelock import FileLock

    from edgewright.runners.base import Job

LOOPBACK: Final = "127.0.0.1"
POLL_SECONDS: Final = 0.1


@contextmanager
def service_port(job: Job, cancel: Event) -> Iterator[int]:
    """A port for the service of a task, as long as it runs; 0 for a task without one.

    It is the one that a processing block says of itself, since not every one reads ``PORT``; so tasks of such blocks
    wait for each other. If another program has it, any that is free.
    """
    block, program = job.prepared.block, job.prepared.program
    if not job.contract.has_service(block, job.request.get("operation", "describe")):
        yield 0
    elif block.type != "processing" or program is None:
        yield free_port()
    else:
        port = declared_port(block, program.plan.ports)
        lock = _lock(port)
        try:
            _wait(lock, time.monotonic() + job.limits.seconds, cancel)
            yield port if lock.is_locked and is_free(port) else free_port()
        finally:
            lock.release()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: what was closed just now is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _lock(port: int) -> FileLock:
    from filelock import FileLock

    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgewright" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"port-{port}.lock")


def _wait(lock: FileLock, until: float, cancel: Event) -> None:
    from filelock import Timeout

    while not lock.is_locked and not cancel.is_set() and time.monotonic() < until:
        with suppress(Timeout):
            lock.acquire(timeout=POLL_SECONDS)
