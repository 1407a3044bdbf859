"""``local``: tasks in threads of this process, as many as there are cores.

Threads suffice: a task waits for a child process or a container; what computes is there, not here.
"""

from __future__ import annotations

import concurrent.futures
import os
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.executors.base import Handle, State, Submission


def cores() -> int:
    """How many cores this process may use."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


class LocalHandle:
    """A task of :class:`LocalExecutor`."""

    def __init__(self, submission: Submission) -> None:
        from edgewright.running.cancel import Cancel

        self.id = submission.id
        self.cancelled = Cancel()
        self.future: concurrent.futures.Future[Any] | None = None
        self._log_path = submission.log_path

    def state(self) -> State:
        future = self._future()
        if future.cancelled():
            return "cancelled"
        if future.done():
            return "failed" if future.exception() is not None else "done"
        return "running" if future.running() else "waiting"

    def result(self, timeout: float | None = None) -> Any:
        try:
            return self._future().result(timeout)
        except concurrent.futures.CancelledError:
            raise TaskError(self.id, "cancelled", "cancelled before it began") from None
        except concurrent.futures.TimeoutError:
            raise TimeoutError(f"{self.id} has not ended within {timeout} s") from None

    def cancel(self) -> None:
        self._future().cancel()
        self.cancelled.set()

    def logs(self) -> bytes:
        if self._log_path is None or not self._log_path.is_file():
            return b""
        return self._log_path.read_bytes()

    def _future(self) -> concurrent.futures.Future[Any]:
        assert self.future is not None
        return self.future


class LocalExecutor:
    """A pool of threads, started by the first task.

    Parameters
    ----------
    jobs : int >= 1, optional
        How many tasks run side by side; default: one a core.
    """

    name = "local"

    def __init__(self, jobs: int | None = None) -> None:
        if jobs is not None and jobs < 1:
            raise ValueError(f"jobs must be at least 1, got {jobs}")
        self._jobs = jobs or cores()
        self._pool: concurrent.futures.ThreadPoolExecutor | None = None
        self._handles: set[LocalHandle] = set()

    @property
    def slots(self) -> int:
        return self._jobs

    def limit(self, jobs: int) -> None:
        self._jobs = max(1, jobs)

    def submit(self, submission: Submission) -> LocalHandle:
        if self._pool is None:
            self._pool = concurrent.futures.ThreadPoolExecutor(
                self._jobs, thread_name_prefix="edgewright-task"
            )
        handle = LocalHandle(submission)
        handle.future = self._pool.submit(submission.call, handle.cancelled)
        self._handles.add(handle)
        handle.future.add_done_callback(lambda _: self._handles.discard(handle))
        return handle

    def wait(self, handles: list[Handle], timeout: float | None = None) -> list[Handle]:
        futures = {
            handle.future: handle for handle in handles if isinstance(handle, LocalHandle) and handle.future
        }
        done, _ = concurrent.futures.wait(futures, timeout, concurrent.futures.FIRST_COMPLETED)
        return [handle for future, handle in futures.items() if future in done]

    def close(self) -> None:
        for handle in list(self._handles):
            handle.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
