"""A warm block as one that can be asked: requests one by one, a fresh block where the old one failed or is spent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError
from edgewright.runners.base import Limits
from edgewright.runners.grants import NO_GRANTS
from edgewright.runners.warm.channel import KeepsWarm, Recycling, can_be_warm
from edgewright.runners.warm.conversation import FailedError
from edgewright.runners.warm.life import Life

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.runners.base import OnMessage, Prepared, Runner
    from edgewright.runners.grants import Grants
    from edgewright_specs.interface import Operation


@dataclass(frozen=True)
class Answer:
    """Paths of the outputs of one request, in the folder that was given for them."""

    outputs: Mapping[str, Path]
    warnings: tuple[str, ...] = ()


class WarmWorker:
    """One block kept running by its runner; started by the first request, and again after a failure.

    Cold and warm give the same bytes. Nothing of a request is left in ``/in`` and ``/out`` for the next one; what the
    block keeps in its memory, and in ``/tmp``, stays until it is recycled.

    Parameters
    ----------
    runner : Runner
        One that keeps blocks warm (:func:`can_be_warm`).
    prepared : Prepared
        The block, by the same runner.
    limits : Limits, optional
        Of the runner's profile, for the life of one block; ``seconds`` are those of one request.
    grants : Grants, optional
        What it has beyond the strict profile; its secrets are read when it starts.
    threads : int
        How many numeric libraries may use.
    on_message : callable, optional
        Given progress, metrics and log lines.
    recycling : Recycling, optional
        When it is replaced by a fresh one: by default after 10 000 requests, an hour, or 512 MiB of growth.

    Raises
    ------
    TaskError
        ``refused``: this block can't be kept warm by this runner.
    """

    def __init__(
        self,
        runner: Runner,
        prepared: Prepared,
        *,
        limits: Limits | None = None,
        grants: Grants = NO_GRANTS,
        threads: int = 1,
        on_message: OnMessage = lambda _message: None,
        recycling: Recycling | None = None,
    ) -> None:
        if not can_be_warm(runner, prepared.block):
            raise TaskError(
                prepared.block.name,
                "refused",
                f"only a block on the SDK can be kept warm, by a runner that can do so; this is runner {runner.name!r}",
                hint="run it cold, task by task",
            )
        assert isinstance(runner, KeepsWarm)
        self.block = prepared.block
        self._runner: KeepsWarm = runner
        self._prepared = prepared
        self._limits = limits or Limits()
        self._about: dict[str, Any] = {"grants": grants, "threads": threads, "on_message": on_message}
        self._recycling = recycling or Recycling()
        self._lock = threading.Lock()
        self._number = 0
        self._life: Life | None = None
        #: How many blocks were started so far.
        self.started = 0

    @property
    def enforced(self) -> Mapping[str, Any]:
        """What holds for the block that runs, limit by limit; empty where none does."""
        life = self._life
        return {} if life is None else life.enforced

    def request(self, operation: Operation, in_dir: Path, out_dir: Path, timeout: float = 60.0) -> Answer:
        """Do one request: reads ``in_dir/request.json`` and the files that it names, leaves the outputs in ``out_dir``.

        Requests of several threads are done one after another.

        Parameters
        ----------
        operation : str
            As ``request.json`` has it: the outputs are judged by it.
        in_dir : Path
        out_dir : Path
            Empty.
        timeout : float, seconds
            With the start, if this is the first request. A limit of fewer ``seconds`` counts.

        Raises
        ------
        TaskError
            As of a cold run. After a crash, nonsense or a timeout the block is killed, and the next request starts a
            fresh one.
        """
        with self._lock:
            deadline = time.monotonic() + min(timeout, self._limits.seconds)
            if self._life is not None and self._life.is_spent(self._recycling):
                self._end()
            if self._life is None:
                self._life = Life(self._runner, self._prepared, limits=self._limits, **self._about)
                self.started += 1
            self._number += 1
            try:
                outputs, warnings = self._life.ask(operation, in_dir, out_dir, self._number, deadline)
            except FailedError as failure:
                name, log = (
                    (f"{self.block.name} (warm)", self._end())
                    if failure.fatal
                    else (self.block.name, self._life.log_tail())
                )
                raise TaskError(
                    name, failure.reason, failure.message, log_tail=log, kind=failure.kind
                ) from None
            except BaseException:
                self._end()
                raise
            return Answer(outputs, warnings)

    def close(self) -> None:
        """End the block and remove its folders."""
        with self._lock:
            self._end()

    def __enter__(self) -> WarmWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self) -> str:
        if self._life is None:
            return ""
        life, self._life = self._life, None
        return life.close()
