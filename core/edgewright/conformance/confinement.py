"""What a block must leave alone: the network, files outside /out, outputs it doesn't name, and a wish to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright.conformance.common import SHOWN
from edgewright.conformance.programs import interrupt
from edgewright.errors import EdgewrightError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.conformance.bench import Answer, Bench
    from edgewright.conformance.programs import Deed
    from edgewright.conformance.requests import Request


def check_network(bench: Bench, requests: Sequence[Request]) -> str:
    """No request opens a connection, listens or looks up a name."""
    section = bench.block.spec.edgewright
    if section is not None and section.network:
        raise NotApplicableError("the spec asks for the network, which an impulse must grant")
    return _none_of(
        bench,
        requests,
        "network",
        "a task has no network: put what it needs into the block's folder, or say `network: true` in the spec",
    )


def check_writes(bench: Bench, requests: Sequence[Request]) -> str:
    """No request changes a file outside the task's output and temporary folders."""
    return _none_of(
        bench,
        requests,
        "write",
        "a task's root is read-only: return results, and put the rest into tempfile.TemporaryDirectory()",
    )


def check_outputs(bench: Bench, requests: Sequence[Request]) -> str:
    """Every file that a request leaves is named by an output."""
    for request in requests:
        answers = [bench.once(request, bench.apart), contained(bench, request)]
        strays = sorted({name for answer in answers if answer is not None for name in answer.strays})
        if strays:
            raise BrokenPromiseError(
                f"{request.operation} leaves files that no output names: {', '.join(strays[:SHOWN])}",
                "return it as part of an output or don't write it; a run drops such files",
            )
    return ", ".join(request.operation for request in requests)


def check_cancel(bench: Bench, request: Request) -> str:
    """Asked to stop in the middle of its work, the block ends within the grace."""
    if not bench.python:
        raise NotApplicableError("only a block.py on the SDK can be met in the middle of its work")
    seconds, grace = interrupt(bench, request)
    if seconds >= grace:
        raise BrokenPromiseError(
            f"asked to stop (SIGTERM) during {request.operation}, it still ran {grace:g} s later and was killed",
            "leave SIGTERM alone, or end within the grace: don't catch SystemExit or KeyboardInterrupt in a loop",
        )
    return f"ended after {seconds:.1f} s of {grace:g} s"


def contained(bench: Bench, request: Request) -> Answer | None:
    """What a container answers; None where there is none or it fails, which `container` tells."""
    if bench.no_docker() is not None:
        return None
    try:
        return bench.once(request, "docker")
    except (RefusedError, EdgewrightError):
        return None


def _none_of(bench: Bench, requests: Sequence[Request], what: str, remedy: str) -> str:
    proved = all(contained(bench, request) is not None for request in requests)
    words = (
        "works in a container without network on a read-only root" if proved else "observed in Python only"
    )
    if not bench.python:
        if proved:
            return words
        why = bench.no_docker() or "its container fails"
        raise NotApplicableError(f"not checked here: it isn't a block.py on the SDK, and {why}")
    deeds: list[Deed] = []
    failed: RefusedError | None = None
    for request in requests:
        try:
            deeds += bench.once(request, "watched").deeds
        except RefusedError as refused:  # for want of the network, perhaps: what it did until then counts
            deeds += refused.deeds
            failed = refused
    found = list(dict.fromkeys(str(deed) for deed in deeds if deed.what == what))
    if found:
        verb = "reaches for the network" if what == "network" else "writes outside its folders"
        listed = "\n".join(found[:SHOWN])
        raise BrokenPromiseError(f"it {verb}:\n{listed}", remedy)
    if failed is not None:
        raise NotApplicableError(f"{failed.error.task} fails: {failed}"[:200])
    programs = sorted({deed.detail for deed in deeds if deed.what == "program"})
    return f"{words}; not watched: {', '.join(programs[:3])}" if programs and not proved else words
