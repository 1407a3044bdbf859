"""Make what one task gives and publish it: a host step is called here, a block is asked by its runner."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, Literal

from edgewright.errors import EdgewrightError, TaskError
from edgewright.planner.tasks import BlockTask, HostTask, StepInputs, Task
from edgewright.running.materialise import expected_shapes, materialise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from edgewright.runners.base import Prepared, Runner
    from edgewright.running.record import Recorder
    from edgewright.store import Entry, Links, Store, StoredOutput


class Maker:
    """Makes entries of tasks that the store doesn't hold.

    Parameters
    ----------
    store : Store
    recorder : Recorder
    run_id : str
        Marks containers and processes of this run.
    find : callable
        ``(task, output)`` of a finished task -> what the store holds of it, and its path.
    """

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        run_id: str,
        find: Callable[[str, str], tuple[StoredOutput, Path]],
    ) -> None:
        self.store = store
        self.recorder = recorder
        self.run_id = run_id
        self.find = find

    def make(
        self,
        task: Task,
        key: str,
        parts: dict[str, Any],
        runner: tuple[Runner, Prepared] | None,
        cancel: Event,
    ) -> Entry:
        """Make and publish what a task gives; its lock is held. Raises TaskError, with the log's end, where a block failed."""
        with self.store.staging() as staged:
            if isinstance(task, HostTask):
                return self._make_of_step(task, key, parts, staged)
            assert runner is not None
            with self.store.links() as links, self.store.staging() as scratch:
                return self._make_of_block(task, key, parts, runner, scratch, staged, links, cancel)

    def _make_of_step(self, task: HostTask, key: str, parts: dict[str, Any], staged: Path) -> Entry:
        started = time.monotonic()
        inputs = StepInputs(
            {(source.task, source.output): self.find(source.task, source.output)[1] for source in task.reads},
        )
        try:
            written = task.step(inputs, task.settings, staged)
        except EdgewrightError as error:
            if task.place and error.exit_code == 2 and not error.message.startswith(task.place):
                error.message = f"{task.place}: {error.message}"
            raise
        outputs = {name: self.store.describe(staged, path, _kind(path)) for name, path in written.items()}
        meta = {"seconds": seconds_since(started), "runner": "host", "warnings": []}
        return self.store.publish(key, staged, outputs, parts=parts, meta=meta)

    def _make_of_block(
        self,
        task: BlockTask,
        key: str,
        parts: dict[str, Any],
        ready: tuple[Runner, Prepared],
        scratch: Path,
        staged: Path,
        links: Links,
        cancel: Event,
    ) -> Entry:
        from edgewright.carrying import carry_out
        from edgewright.runners.base import Limits

        runner, prepared = ready
        request_dir = scratch / "in"
        request_dir.mkdir()
        materialise(task, request_dir, self.find, links)
        carried = carry_out(
            runner, prepared, request_dir, scratch / "task", staged,
            id=f"{self.run_id[:8]}-{key[:12]}", run_id=self.run_id, limits=task.limits or Limits(), grants=task.grants,
            cancel=cancel,
            shapes=expected_shapes(task, self.find),
            on_message=lambda message: self.recorder.event("message", id=task.id, **message),
        )  # fmt: skip
        outcome, got = carried.outcome, carried.harvested
        if got is None:
            self._keep_log(task, scratch / "task" / "log.txt")
            raise TaskError(
                task.id, outcome.reason, outcome.message, log_tail=carried.log_tail, hint=self._hint(task)
            )
        missing = [name for name in task.required if name not in got.outputs]
        if missing:
            text = f"{', '.join(missing)}: described, but not given; given: {', '.join(got.outputs) or 'nothing'}"
            raise TaskError(task.id, "bad_output", text, log_tail=carried.log_tail, hint=self._hint(task))
        meta = {
            "seconds": outcome.seconds, "runner": prepared.runner, "metrics": got.metrics, "warnings": got.warnings,
            "enforced": dict(outcome.enforced), "log_tail": carried.log_tail,
            "log_truncated_bytes": outcome.log_truncated_bytes,
        }  # fmt: skip
        return self.store.publish(key, staged, got.outputs, parts=parts, meta=meta)

    def _keep_log(self, task: BlockTask, log_path: Path) -> None:
        if log_path.exists():
            kept = self.recorder.folder / "logs" / f"{task.id.replace('/', '-')}.log"
            kept.parent.mkdir(exist_ok=True)
            shutil.copyfile(log_path, kept)

    def _hint(self, task: BlockTask) -> str:
        place = f" ({task.place})" if task.place else ""
        return (
            f"block {task.block.name!r}, node {task.node!r}{place}; its log: {self.recorder.folder / 'logs'}"
        )


def _kind(path: str) -> Literal["array", "folder", "json"]:
    return "array" if path.endswith(".npy") else "json" if path.endswith(".json") else "folder"


def seconds_since(started: float) -> float:
    """Seconds since a reading of the monotonic clock, as records have them."""
    return round(time.monotonic() - started, 4)
