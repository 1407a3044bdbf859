"""What a runner is: *how* one task is isolated.

A runner gets a :class:`Job` whose ``in_dir`` is complete, runs the block once, and says how it ended. It neither
reads results (:mod:`edgewright.harvest` does, after the block is dead) nor knows keys, graphs or the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from edgewright.contracts.native import NATIVE
from edgewright.runners.grants import NO_GRANTS, Grants

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from edgewright.contracts import Contract
    from edgewright.registry import Block
    from edgewright.runners.secrets import Secrets
    from edgewright.runners.unpacked import Program
    from edgewright_specs.interface import Reason

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Caps of one task: a block's spec may lower them, an impulse grants more."""

    seconds: float = 3600.0
    grace_seconds: float = 5.0
    memory_bytes: int = 4096 * MIB
    cpus: float = 2.0
    pids: int = 256
    out_bytes: int = 2048 * MIB
    out_files: int = 10_000
    tmp_bytes: int = 1024 * MIB
    shm_bytes: int = 64 * MIB
    log_bytes: int = 4 * MIB


@dataclass(frozen=True)
class Prepared:
    """A block made ready by one runner: its environment (part of the key) and, for containers, its image."""

    block: Block
    runner: str
    environment: tuple[str, ...]  # sorted "name==version" + python + architecture
    image: str | None = None  # by digest
    driver: str | None = None  # image of the SDK alone, for the parts of a task that are not the block's
    program: Program | None = None  # without an image: what a block's own Dockerfile would start
    warnings: tuple[str, ...] = ()  # what a user should know of every task of it
    detail: Mapping[str, str] = field(default_factory=dict)  # goes to the lock, not to the key


@dataclass(frozen=True)
class Job:
    """One block execution. Paths are the host's; the block sees them as the runner maps them."""

    id: str
    run_id: str
    prepared: Prepared
    in_dir: Path
    out_dir: Path
    log_path: Path
    limits: Limits
    threads: int = 1
    contract: Contract = NATIVE
    request: Mapping[str, Any] = field(default_factory=dict)  # as request.json says it, for the contract
    grants: Grants = NO_GRANTS
    secrets: Secrets | None = None  # opened for this job: a folder that only the task may read
    pipes: Path | None = None  # of a warm block that is spoken to by named pipes: the folder that has them


@dataclass(frozen=True)
class Outcome:
    """How a job ended, truthfully."""

    reason: Reason
    message: str = ""
    exit_code: int | None = None
    signal: str | None = None
    seconds: float = 0.0
    log_truncated_bytes: int = 0
    enforced: Mapping[str, Any] = field(default_factory=dict)  # limit -> value, or "not enforced"


Message = Mapping[str, Any]
OnMessage = Callable[[Message], None]


class Runner(Protocol):
    """Implemented by plugins through the ``edgewright_runners`` hook.

    One that can keep a block running between requests has :class:`edgewright.runners.warm.KeepsWarm` beside it.
    """

    name: str

    def available(self) -> str | None:
        """Return None when this runner can work here, else why not, for ``doctor`` and ``auto``."""

    def ready(self) -> bool:
        """Whether built-in blocks can start at once, without building images first; ``auto`` asks."""

    def prepare(self, block: Block, on_message: OnMessage) -> Prepared:
        """Make the block ready (build its image if need be). Raises RunnerUnavailableError or TaskError(refused)."""

    def run(self, job: Job, cancel: Event, on_message: OnMessage) -> Outcome:
        """Run to the end, never raise for what the block does. A set ``cancel`` asks, then kills after the grace."""

    def sweep(self) -> int:
        """Remove what runs that died left on this host; return how many pieces."""

    def close(self) -> None:
        """Give back what is held (clients, reaper)."""
