"""What an executor is: *where* one task runs.

The planner's engine owns graph, keys, retries and the record. An executor gets one task at a time and reports its
state; a state never goes back from a terminal one. A local executor calls the task's function; one that sends tasks
to other machines (Dask, Kubernetes jobs, Slurm), of which this version brings none, would send its document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Submission:
    """One task to run.

    ``call`` does it here and now, looking at the event that it is given (the task's own cancel event). ``document``
    says the same for another machine. ``log_path`` is where the task's log will be.
    """

    id: str
    call: Callable[[Event], Any]
    document: Path | None = None
    log_path: Path | None = None


class Handle(Protocol):
    """A task that was submitted."""

    id: str

    def state(self) -> State:
        """Where it is now; asking is cheap."""

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return what ``call`` returned, or raise what it raised.

        Raises ``TimeoutError`` when the time is over first, and TaskError(cancelled) when it was cancelled before it
        began.
        """

    def cancel(self) -> None:
        """Ask it to end; a second call asks to kill. Harmless once it has ended."""

    def logs(self) -> bytes:
        """What its log holds so far."""


class Executor(Protocol):
    """Implemented by plugins through the ``edgewright_executors`` hook."""

    name: str

    @property
    def slots(self) -> int:
        """How many tasks it runs side by side."""

    def limit(self, jobs: int) -> None:
        """Set how many run side by side, before the first task: the user's ``--jobs``."""

    def submit(self, submission: Submission) -> Handle:
        """Take a task; returns at once."""

    def wait(self, handles: list[Handle], timeout: float | None = None) -> list[Handle]:
        """Wait until at least one of ``handles`` has ended; return all that have (none when the time is over)."""

    def close(self) -> None:
        """Cancel what runs, wait for it, give back what is held."""
