"""A check, its verdict, and the lists of checks by type of block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from edgewright.conformance.bench import Cause, RefusedError
from edgewright.errors import EdgewrightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.conformance.bench import Bench

Status = Literal["passed", "failed", "skipped"]

#: What to do about a request that should have worked, by how the block ended.
_REMEDIES: Final[dict[Cause, str]] = {
    "refused": "let the block take what its spec allows, or narrow the spec",
    "request": "the block asks for something that the kit doesn't give: compare docs/contract.md",
    "output": "return what the contract asks for (docs/contract.md): shapes, labels, finite numbers",
    "fault": "an exception that isn't BlockError is a fault of the block: its traceback names the line",
    "ended": "run the operation by hand: edgewright blocks run",
}


class BrokenPromiseError(Exception):
    """A promise that isn't kept: what was seen, and what to do about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class NotApplicableError(Exception):
    """A check that can't be made here or doesn't apply; the message says why.

    ``stops`` says that the checks which need this one make no sense either.
    """

    def __init__(self, message: str, *, stops: bool = False) -> None:
        super().__init__(message)
        self.stops = stops


@dataclass(frozen=True)
class Check:
    """One promise. ``run`` returns a note worth showing or None, and raises BrokenPromiseError or NotApplicableError.

    ``needs`` names checks without which this one would only repeat their faults: it is left out where one of them fails.
    """

    name: str
    promise: str
    run: Callable[[Bench], str | None]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """How a check ended; ``because`` names the check that it, and what needs it, was left out for."""

    name: str
    promise: str
    status: Status
    message: str = ""
    remedy: str = ""
    because: str = ""


def checks_for(block_type: str, *, legacy: bool = False) -> tuple[Check, ...]:
    """The checks of one type of block, in the order in which they make sense; ``legacy``: of Edge Impulse's contract."""
    from edgewright.conformance import deployment, foreign, learning, processing, transform

    if legacy:
        return foreign.checks_of(block_type)
    lists = {
        "processing": processing.CHECKS,
        "learning": learning.CHECKS,
        "deployment": deployment.CHECKS,
        "transform": transform.CHECKS,
    }
    return lists[block_type]


def judge(check: Check, bench: Bench) -> Verdict:
    """Run one check, and before it those that it needs, each once a bench; only a fault in the checks themselves raises."""
    if check.name not in bench.verdicts:
        bench.verdicts[check.name] = _left_out(check, bench) or _judged(check, bench)
    return bench.verdicts[check.name]


def _left_out(check: Check, bench: Bench) -> Verdict | None:
    for other in checks_for(bench.block.type, legacy=bench.block.spec.legacy):
        if other.name in check.needs:
            verdict = judge(other, bench)
            because = other.name if verdict.status == "failed" else verdict.because
            if because:
                message = f"not checked, for want of `{because}`"
                return Verdict(check.name, check.promise, "skipped", message, because=because)
    return None


def _judged(check: Check, bench: Bench) -> Verdict:
    try:
        note = check.run(bench)
    except BrokenPromiseError as failure:
        return Verdict(check.name, check.promise, "failed", str(failure), failure.remedy)
    except NotApplicableError as skip:
        because = check.name if skip.stops else ""
        return Verdict(check.name, check.promise, "skipped", str(skip), because=because)
    except RefusedError as refused:
        message = f"{refused.error.task}: {refused.error.reason}: {refused}"
        tail = "\n".join(refused.error.log_tail.splitlines()[-5:])
        return Verdict(
            check.name, check.promise, "failed", f"{message}\n{tail}".strip(), _REMEDIES[refused.cause]
        )
    except EdgewrightError as error:
        return Verdict(check.name, check.promise, "failed", error.message, error.hint or "")
    return Verdict(check.name, check.promise, "passed", note or "")
