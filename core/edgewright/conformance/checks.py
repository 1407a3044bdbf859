"""A check, its verdict, and the lists of checks by type of block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edgewright.conformance.bench import RefusedError
from edgewright.errors import EdgewrightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.conformance.bench import Bench

Status = Literal["passed", "failed", "skipped"]


class BrokenPromiseError(Exception):
    """A promise that isn't kept: what was seen, and what to do about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class NotApplicableError(Exception):
    """A check that can't be made here or doesn't apply; the message says why."""


@dataclass(frozen=True)
class Check:
    """One promise. ``run`` returns a note worth showing or None, and raises BrokenPromiseError or NotApplicableError."""

    name: str
    promise: str
    run: Callable[[Bench], str | None]


@dataclass(frozen=True)
class Verdict:
    """How a check ended."""

    name: str
    promise: str
    status: Status
    message: str = ""
    remedy: str = ""


def checks_for(block_type: str) -> tuple[Check, ...]:
    """The checks of one type of block, in the order in which they make sense."""
    from edgewright.conformance import deployment, learning, processing

    lists = {
        "processing": processing.CHECKS,
        "learning": learning.CHECKS,
        "deployment": deployment.CHECKS,
    }
    return lists.get(block_type, ())


def judge(check: Check, bench: Bench) -> Verdict:
    """Run one check; only a fault in the checks themselves raises."""
    try:
        note = check.run(bench)
    except BrokenPromiseError as failure:
        return Verdict(check.name, check.promise, "failed", str(failure), failure.remedy)
    except NotApplicableError as skip:
        return Verdict(check.name, check.promise, "skipped", str(skip))
    except RefusedError as refused:
        message = f"{refused.error.task}: {refused.error.reason}: {refused}"
        tail = "\n".join(refused.error.log_tail.splitlines()[-5:])
        return Verdict(
            check.name,
            check.promise,
            "failed",
            f"{message}\n{tail}".strip(),
            "run the operation by hand: edgewright blocks run",
        )
    except EdgewrightError as error:
        return Verdict(check.name, check.promise, "failed", error.message, error.hint or "")
    return Verdict(check.name, check.promise, "passed", note or "")
