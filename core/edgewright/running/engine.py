"""Carry out tasks: look up or make, siblings in parallel, descendants of failures skipped."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from edgewright.errors import INTERRUPTED, EdgewrightError, PlanError, StoreError, TaskError
from edgewright.executors import Submission
from edgewright.planner.keys import block_parts, changed_parts, host_parts
from edgewright.planner.queue import Queue
from edgewright.planner.tasks import HostTask, Task
from edgewright.runners.grants import key_part
from edgewright.running.cancel import Cancel
from edgewright.running.making import Maker, seconds_since
from edgewright_specs.interface import digest_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from threading import Event

    from edgewright.executors import Executor, Handle
    from edgewright.runners.base import Prepared, Runner
    from edgewright.runners.choose import Chooser
    from edgewright.running.record import Recorder
    from edgewright.store import Entry, Store, StoredOutput

_FOLD = re.compile(r"/(fold|subset)-\d+(-\d+)?$")


class Engine:
    """Executes tasks of one run; :attr:`entries` maps each finished task to its store entry.

    Parameters
    ----------
    store : Store
    chooser : Chooser
        Says which runner a block gets.
    recorder : Recorder
    run_id : str
        Marks containers and processes of this run.
    executor : Executor
        Where tasks go.
    keep_going : bool
        Finish what does not depend on a failure before raising it.
    identity : str
        What an earlier task with the same id must have been part of for `why` to compare with it.
    """

    def __init__(
        self,
        store: Store,
        chooser: Chooser,
        recorder: Recorder,
        *,
        run_id: str,
        executor: Executor,
        keep_going: bool = False,
        identity: str = "",
        cancel: Cancel | None = None,
    ) -> None:
        self.store = store
        self.chooser = chooser
        self.recorder = recorder
        self.run_id = run_id
        self.executor = executor
        self.keep_going = keep_going
        self.cancel = cancel or Cancel()
        self.entries: dict[str, Entry] = {}
        self._identity = identity
        self._maker = Maker(store, recorder, run_id, self.find)
        self._prepared: dict[str, tuple[Runner, Prepared]] = {}

    # -- what later planning reads ------------------------------------------------------------------------------

    def find(self, task: str, output: str) -> tuple[StoredOutput, Path]:
        """Return what the store holds of one output of a finished task, and its path."""
        entry = self.entries[task]
        stored = entry.outputs[output]
        return stored, entry.path / stored.path

    def path(self, task: str, output: str) -> Path:
        """Path of one output of a finished task."""
        return self.find(task, output)[1]

    def has(self, task: str, output: str) -> bool:
        """Whether a finished task made this (optional) output."""
        return task in self.entries and output in self.entries[task].outputs

    def digest(self, task: str, output: str) -> str:
        """Sha256 of one output of a finished task."""
        return self.entries[task].outputs[output].sha256

    def adopt(self, tasks: Iterable[Mapping[str, Any]]) -> None:
        """Take over the finished tasks of an earlier run (``run.json``), so that later ones can build on them.

        Raises
        ------
        StoreError
            The store no longer holds what one of them made.
        """
        for task in tasks:
            if task["status"] not in ("hit", "ran"):
                continue
            entry = self.store.lookup(task["key"])
            if entry is None:
                raise StoreError(
                    f"the store no longer holds the outputs of {task['id']!r}",
                    hint="run the impulse again: `edgewright run`",
                )
            self.entries[task["id"]] = entry

    def prepared(self) -> Mapping[str, Prepared]:
        """Every block made ready so far, by digest."""
        return {digest: prepared for digest, (_, prepared) in self._prepared.items()}

    # -- running ------------------------------------------------------------------------------------------------

    def run(self, tasks: Iterable[Task], *, keep_going: bool | None = None) -> None:
        """Carry out ``tasks`` (in any order) and all that they need of each other.

        Parameters
        ----------
        keep_going : bool, optional
            For these tasks, instead of what holds for the whole run.

        Raises
        ------
        TaskError
            The first failure, after running siblings have ended (all of them with ``keep_going``).
        """
        keep_going = self.keep_going if keep_going is None else keep_going
        queue = Queue([task for task in tasks if task.id not in self.entries], self.entries)
        self.recorder.event("planned", tasks=len(queue))
        running: dict[str, Handle] = {}
        first: TaskError | None = None
        asked = 0  # how often the running tasks were asked to end
        while queue or running:
            while asked < self.cancel.times:
                asked += 1
                for handle in running.values():
                    handle.cancel()
            while (
                not self.cancel.is_set()
                and (first is None or keep_going)
                and len(running) < self.executor.slots
                and (task := queue.pop()) is not None
            ):
                try:
                    begun = self._begin(task)
                except Exception as problem:
                    first = first or _as_task_error(task.id, problem)
                    continue
                if begun is None:
                    queue.finished(task.id)
                else:
                    running[task.id] = begun
            if not running:
                break
            for handle in self.executor.wait(list(running.values()), timeout=0.1):
                del running[handle.id]
                error = _outcome(handle)
                if error is None:
                    queue.finished(handle.id)
                first = first or error
        for task in queue.left():
            self.recorder.task(
                id=task.id, node=task.node, operation=task.operation, status="skipped", seconds=0.0
            )
        if self.cancel.is_set():
            first = TaskError(
                "run", "cancelled", "stopped by the user; what finished is kept, run again to go on"
            )
            first.exit_code = INTERRUPTED
        if first is not None:
            raise first

    def _begin(self, task: Task) -> Handle | None:
        """Take from the store what it holds (None: the task is finished); give any other task to the executor."""
        started = time.monotonic()
        try:
            parts, runner = self._parts(task)
            key = digest_json(parts)
            entry = self.store.lookup(key)
        except Exception as problem:
            self._failed(task, problem, started, "", [])
            raise
        if entry is None:
            return self.executor.submit(
                Submission(task.id, partial(self._make, task, key, parts, runner, started))
            )
        self._finished(task, entry, "hit", started, parts, [])
        return None

    def _make(
        self,
        task: Task,
        key: str,
        parts: dict[str, Any],
        runner: tuple[Runner, Prepared] | None,
        started: float,
        cancel: Event,
    ) -> None:
        """Run a task, unless another process with the same key was first."""
        why: list[str] = []
        status = "hit"
        try:
            self.recorder.event("start", id=task.id, node=task.node, operation=task.operation)
            waits = partial(self.recorder.event, "waits", id=task.id)
            with self.store.lock(key, cancelled=cancel.is_set, on_wait=waits):
                entry = self.store.lookup(key)
                if entry is None:
                    why = changed_parts(self.store.recall(self._name(task)), parts)
                    status = "ran"
                    entry = self._maker.make(task, key, parts, runner, cancel)
        except Exception as problem:
            self._failed(task, problem, started, key, why)
            raise
        self._finished(task, entry, status, started, parts, why)

    def _finished(
        self, task: Task, entry: Entry, status: str, started: float, parts: dict[str, Any], why: list[str]
    ) -> None:
        self.store.remember(self._name(task), parts)
        # What a fit without a fold or of a subset warns of, the fit with all windows warns of, with the numbers that a reader knows.
        for warning in () if _FOLD.search(task.id) else entry.meta.get("warnings", ()):
            self.recorder.warning(f"{task.node or task.id}: {warning}")
        self.entries[task.id] = entry
        self.recorder.task(
            id=task.id, node=task.node, operation=task.operation, status=status, seconds=seconds_since(started),
            ran_seconds=entry.meta.get("seconds", 0.0), runner=entry.meta.get("runner", "host"), key=entry.key, why=why,
            metrics=entry.meta.get("metrics", {}), enforced=entry.meta.get("enforced", {}),
            **({"log_truncated_bytes": cut} if (cut := entry.meta.get("log_truncated_bytes", 0)) else {}),
        )  # fmt: skip

    def _failed(self, task: Task, problem: Exception, started: float, key: str, why: list[str]) -> None:
        error = _as_task_error(task.id, problem)
        assert error is not None
        self.recorder.task(
            id=task.id, node=task.node, operation=task.operation, status="failed", reason=error.reason,
            message=error.message, log_tail=error.log_tail, seconds=seconds_since(started), key=key, why=why,
        )  # fmt: skip

    def _name(self, task: Task) -> str:
        """What `--explain` knows a task by, run after run."""
        return f"{self._identity}/{task.id}"

    def _parts(self, task: Task) -> tuple[dict[str, Any], tuple[Runner, Prepared] | None]:
        if isinstance(task, HostTask):
            from edgewright.registry.environment import host_environment

            return host_parts(task, host_environment(), self.digest), None
        ready = self._prepared.get(task.block.digest)
        if ready is None:
            runner = self.chooser.choose(task.block)
            prepared = runner.prepare(
                task.block, lambda message: self.recorder.event("message", id=task.id, **message)
            )
            ready = self._prepared[task.block.digest] = (runner, prepared)
        parts = block_parts(task, ready[1].environment, self.digest)
        granted = key_part(task.grants, self.store.digest_file)
        return {**parts, "grants": granted} if granted else parts, ready


def _outcome(handle: Handle) -> TaskError | None:
    """How a task ended, None when well."""
    try:
        handle.result()
    except Exception as problem:
        return _as_task_error(handle.id, problem)
    return None


def _as_task_error(name: str, problem: BaseException | None) -> TaskError | None:
    if problem is None or isinstance(problem, TaskError):
        return problem
    if isinstance(problem, EdgewrightError):
        reason = "refused" if isinstance(problem, PlanError) or problem.exit_code == 2 else "infra"
        error = TaskError(name, reason, problem.message, hint=problem.hint)  # type: ignore[arg-type]
        error.exit_code = problem.exit_code
        error.__cause__ = problem
        return error
    if isinstance(problem, OSError):
        return TaskError(
            name, "infra", f"{problem.strerror or problem}: {problem.filename or ''}".rstrip(": ")
        )
    raise problem
