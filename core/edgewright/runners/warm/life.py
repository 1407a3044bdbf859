"""One warm block from its start to its end: what is asked and answered, and who looks after it meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

from edgewright.contracts.native import SERVED
from edgewright.harvest import HarvestError
from edgewright.runners.base import Job
from edgewright.runners.logs import LogFile
from edgewright.runners.messages import LONGEST_ERROR
from edgewright.runners.secrets import opened
from edgewright.runners.warm.conversation import Conversation, EndedError, FailedError
from edgewright.runners.warm.exchange import Exchange
from edgewright.runners.watch import OutWatch
from edgewright.scratch import in_memory, scratch_folder
from edgewright.terminal import printable_line
from edgewright_specs.interface import RESULT_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.runners.base import Limits, OnMessage, Prepared
    from edgewright.runners.grants import Grants
    from edgewright.runners.masking import Mask
    from edgewright.runners.warm.channel import KeepsWarm, Recycling
    from edgewright_specs.interface import Operation

TAIL_BYTES: Final = 4096
TICK_SECONDS: Final = 0.1
#: Between two looks at the memory that it holds: an engine takes 10 ms to tell.
MEMORY_SECONDS: Final = 1.0
#: For a look that is under way.
JOIN_SECONDS: Final = 5.0


class Life:
    """A started block.

    Parameters
    ----------
    runner : KeepsWarm
    prepared : Prepared
        By the same runner.
    limits, grants, threads, on_message
        As :class:`edgewright.runners.warm.WarmWorker` has them.
    """

    def __init__(
        self,
        runner: KeepsWarm,
        prepared: Prepared,
        *,
        limits: Limits,
        grants: Grants,
        threads: int,
        on_message: OnMessage,
    ) -> None:
        self._began = time.monotonic()
        self._answers = 0
        self._grown = 0
        self._exceeded = ""
        self._over = threading.Event()
        with contextlib.ExitStack() as stack:
            secrets = stack.enter_context(opened(grants.secrets))
            self._mask: Mask | None = None if secrets is None else secrets.mask
            folder = stack.enter_context(scratch_folder("warm", in_memory()))
            self._exchange = Exchange(folder, prepared.block, limits)
            self._log = stack.enter_context(LogFile(folder / "log.txt", limits.log_bytes))
            identity = uuid.uuid4().hex
            job = Job(
                id=f"{prepared.block.name}-warm-{identity[:8]}", run_id=identity, prepared=prepared, contract=SERVED,
                in_dir=self._exchange.in_dir, out_dir=self._exchange.out_dir, log_path=folder / "log.txt",
                limits=limits, threads=threads, grants=grants, secrets=secrets,
            )  # fmt: skip
            self._channel = runner.warm(job, self._log)
            stack.callback(self._channel.close)
            self._conversation = Conversation(self._channel, self._mask, on_message)
            self._guard = threading.Thread(
                target=self._look_after, args=(limits,), daemon=True, name=f"guard of {job.id}"
            )
            self._guard.start()
            self._stack = stack.pop_all()

    @property
    def enforced(self) -> Mapping[str, Any]:
        """What holds for it, limit by limit."""
        return self._channel.enforced

    def is_spent(self, recycling: Recycling) -> bool:
        """Whether a fresh one should take its place; one that ended since its last answer fails no other request."""
        return (
            self._conversation.is_over()
            or bool(self._exceeded)
            or self._answers >= recycling.requests
            or time.monotonic() - self._began >= recycling.seconds
            or self._grown >= recycling.growth_bytes
            or not self._exchange.clear()  # of what came after its last answer
        )

    def ask(
        self, operation: Operation, in_dir: Path, out_dir: Path, number: int, deadline: float
    ) -> tuple[dict[str, Path], tuple[str, ...]]:
        """Do one request; returns outputs by name, and warnings.

        Raises
        ------
        FailedError
        """
        places = self._channel.places
        if places is None:
            self._speak((os.fspath(in_dir.absolute()), os.fspath(out_dir.absolute())), None, number, deadline)
            return self._read(out_dir)
        try:
            carried = self._exchange.enter(in_dir)
        except OSError as problem:
            raise FailedError("infra", f"the request can't be handed over: {problem}") from problem
        try:
            came = self._speak(places, carried, number, deadline)
            return self._take(operation, out_dir, came)
        finally:
            self._exchange.clear()

    def _speak(
        self, places: tuple[str, str], carried: Mapping[str, bytes] | None, number: int, deadline: float
    ) -> dict[str, bytes]:
        try:
            came = self._conversation.ask(number, *places, carried, deadline)
        except EndedError:
            raise self._ended() from None
        except FailedError as failure:
            self._answers += not failure.fatal
            raise
        self._answers += 1
        return came

    def _read(self, out_dir: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
        """What a block left that may do whatever we may: taken at its word."""
        if self._mask is not None:
            self._masked(self._mask, out_dir)
        try:
            with open(f"{out_dir}/{RESULT_FILE}", "rb", buffering=0) as file:  # noqa: PTH123 - in every warm answer
                result = json.loads(file.read())
            outputs = {name: out_dir / output["path"] for name, output in result["outputs"].items()}
            return outputs, tuple(result.get("warnings", ()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise FailedError("bad_output", f"its {RESULT_FILE} can't be read: {problem}") from None

    def _take(
        self, operation: Operation, out_dir: Path, came: Mapping[str, bytes]
    ) -> tuple[dict[str, Path], tuple[str, ...]]:
        try:
            harvested = self._exchange.take(operation, out_dir, came)
        except HarvestError as problem:
            raise FailedError(problem.reason, self._hidden(problem.message)) from None
        if self._mask is not None:
            self._masked(self._mask, out_dir)
            if any(self._hidden(path) != path for path in harvested.strays):
                raise _named()
        warnings = tuple(map(self._hidden, harvested.warnings))
        return {name: out_dir / output.path for name, output in harvested.outputs.items()}, warnings

    @staticmethod
    def _masked(mask: Mask, out_dir: Path) -> None:
        _files, named = mask.tree(out_dir)
        if named:
            raise _named()

    def _ended(self) -> FailedError:
        end = self._channel.end()
        if self._exceeded:
            return FailedError("limit", self._exceeded)
        error = self._conversation.error
        if end.failed and error is not None:
            return FailedError("block_error", printable_line(error["text"], LONGEST_ERROR), error.get("kind"))
        return FailedError(end.reason, self._hidden(end.message))

    def _look_after(self, limits: Limits) -> None:
        """Hold the caps that only a look can hold, between requests too; see how its memory grows."""
        watch = None if self._channel.places is None else OutWatch(self._exchange.out_dir, limits)
        first: int | None = None
        due = 0.0
        while not self._over.wait(TICK_SECONDS):
            if watch is not None and (exceeded := watch.due()):
                self._exceeded = exceeded
                self._channel.kill()
                return
            if self._answers and time.monotonic() >= due:
                held = self._channel.held_bytes()
                if held is not None:
                    first = held if first is None else first
                    self._grown = held - first
                due = time.monotonic() + MEMORY_SECONDS

    def _hidden(self, text: str) -> str:
        return text if self._mask is None else self._mask.text(text)

    def log_tail(self) -> str:
        """The end of the log."""
        self._channel.settle()
        return self._hidden(self._log.last(TAIL_BYTES))

    def close(self) -> str:
        """Kill it; return the end of its log."""
        self._over.set()
        self._guard.join(JOIN_SECONDS)
        self._channel.close()
        text = self._hidden(self._log.last(TAIL_BYTES))
        self._stack.close()
        return text


def _named() -> FailedError:
    return FailedError("bad_output", "the name of an output holds the value of a secret")
