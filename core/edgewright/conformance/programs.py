"""A block run by two programs of the SDK: one that watches what it does, one that repeats it until it is asked to stop."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgewright.conformance.bench import RefusedError, answer_of
from edgewright.errors import TaskError
from edgewright.runners.limits import limits_of
from edgewright.single import run_once

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from edgewright.conformance.bench import Answer, Bench
    from edgewright.conformance.requests import Request
    from edgewright.runners.base import Prepared
    from edgewright.single import Finished
    from edgewright_specs.interface import Operation

#: The SDK's programs; core never imports them.
OBSERVE = "edgewright_sdk.observe"
REPEAT = "edgewright_sdk.repeat"
#: What the second says when it has done its work once.
PASSED = "edgewright: a first pass is done"
#: For the first pass.
PASS_SECONDS = 120.0


@dataclass(frozen=True)
class Deed:
    """What a task did beyond its contract: ``network``, ``write`` or ``program``; ``where`` is a line of the block."""

    what: str
    detail: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}" if self.where else self.detail


def observe(bench: Bench, folder: Path, operation: Operation) -> Answer:
    """Run the request in ``folder/in`` as a process under Python's audit hooks; the answer says what was seen.

    Raises
    ------
    RefusedError
        The block ended other than ``ok``; it says what was seen until then.
    """
    report = folder / "report"
    report.touch()
    assert bench.block.folder is not None
    words = ("-m", OBSERVE, str(report), str(bench.block.folder.resolve()))
    try:
        finished = _run(bench, folder, operation, words)
    except TaskError as error:
        raise RefusedError(error, _deeds(report)) from error
    return answer_of(finished, _deeds(report))


def _deeds(report: Path) -> tuple[Deed, ...]:
    deeds = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return tuple(Deed(str(deed["what"]), str(deed["detail"]), str(deed["where"])) for deed in deeds)


def interrupt(bench: Bench, request: Request) -> tuple[float, float]:
    """Ask a block to stop while it works; return the seconds until it had ended, and the grace that it had.

    Raises
    ------
    RefusedError
        It ended before it was asked.
    """
    assert bench.block.folder is not None
    limits = limits_of(bench.block)
    cancel = threading.Event()
    asked: list[float] = []

    def ask() -> None:
        if not cancel.is_set():
            asked.append(time.monotonic())
            cancel.set()

    def listen(message: Mapping[str, Any]) -> None:
        if message.get("text") == PASSED:
            ask()

    late = threading.Timer(PASS_SECONDS, ask)
    late.daemon = True
    late.start()
    try:
        words = ("-m", REPEAT, str(bench.block.folder.resolve()))
        _run(bench, bench.written(request), request.operation, words, cancel=cancel, on_message=listen)
    except TaskError as error:
        if error.reason != "cancelled" or not asked:
            raise RefusedError(error) from error
    finally:
        late.cancel()
    return time.monotonic() - asked[0], limits.grace_seconds


def _run(
    bench: Bench, folder: Path, operation: Operation, words: tuple[str, ...], **options: Any
) -> Finished:
    runner = bench.runner("process")
    prepared = _started_by(bench.prepared(runner), (sys.executable, *words))
    return run_once(
        runner, prepared, folder / "in", folder, operation=operation, grants=bench.grants, **options
    )


def _started_by(prepared: Prepared, command: tuple[str, ...]) -> Prepared:
    """The same block, with another command than the driver's."""
    block = prepared.block
    section = block.spec.edgewright
    assert section is not None
    spec = replace(block.spec, edgewright=section.model_copy(update={"command": list(command)}))
    return replace(prepared, block=replace(block, spec=spec))
