"""The same request, the same bytes: twice, warm and cold, in a process and in a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright.conformance.common import SHOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.conformance.bench import Answer, Bench
    from edgewright.conformance.requests import Request

NO_STATE = "keep no state between requests: no module globals, no caches that depend on data or parameters"


def same_bytes(one: Answer, other: Answer, what: str, remedy: str) -> None:
    """Fail unless two answers hold the same files with the same bytes."""
    first, second = one.digests(), other.digests()
    if first == second:
        return
    different = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    raise BrokenPromiseError(
        f"{what}: {', '.join(different[:SHOWN])} differ{_how_much(one, other, different)}", remedy
    )


def _how_much(one: Answer, other: Answer, names: Sequence[str]) -> str:
    import numpy as np

    for name in names:
        if name in one.outputs and name in other.outputs and one.outputs[name].suffix == ".npy":
            a, b = one.array(name), other.array(name)
            if a.shape != b.shape or a.dtype != b.dtype:
                return f" ({a.dtype} {a.shape} and {b.dtype} {b.shape})"
            if a.dtype.kind == "f" and a.size:
                return f" (at most by {np.abs(a.astype(np.float64) - b).max():.3g})"
    return ""


def check_deterministic(bench: Bench, kept: Sequence[Request], others: Sequence[Request] = ()) -> None:
    """Two runs of each request give the same bytes.

    `kept` are the operations whose results a run keeps: two processes are started for them. `others` are compared with a
    warm worker's.
    """
    section = bench.block.spec.edgewright
    if section is not None and not section.deterministic:
        raise NotApplicableError("the spec says `deterministic: false`", stops=True)
    for how, request in (
        *(("cold", request) for request in kept),
        *(("warm", request) for request in others),
    ):
        first = bench.once(request) if how == "cold" else bench.ask(request)
        # Being watched changes nothing, and `outputs`, `network` and `writes` look at what was seen.
        second = bench.once(request, "watched") if bench.python else bench.ask(request, "cold")
        same_bytes(
            first,
            second,
            f"two runs of one {request.operation}",
            "draw random numbers from the request's seed only; don't rely on the order of sets, on time or on threads",
        )


def check_warm(bench: Bench, request: Request, *others: Request) -> None:
    """A warm worker gives what a cold run gives, whatever it was asked before.

    `others` have other data, and where there is one another parameter: each must be right after `request`, and
    `request` after them.
    """
    if not bench.python:
        raise NotApplicableError("only a block.py on the SDK is kept warm")
    cold = bench.once(request)
    same_bytes(bench.ask(request), cold, "warm and cold", NO_STATE)
    for other in others:
        same_bytes(bench.ask(other), bench.once(other), "warm after another request, and cold", NO_STATE)
    same_bytes(bench.ask(request), cold, "warm after other requests, and cold", NO_STATE)


def check_container(bench: Bench, request: Request) -> None:
    """A container gives what the process gives; bytes when both have the same environment."""
    import numpy as np

    why_not = bench.no_docker()
    if why_not is not None:
        raise NotApplicableError(why_not)
    outside = bench.once(request)
    try:
        inside = bench.once(request, "docker")
    except RefusedError as refused:
        raise BrokenPromiseError(
            f"{request.operation} works as a process, and in a container ends in {refused.error.reason}: {refused}",
            "a container has no network, a read-only root, its own user and only what the Dockerfile puts in; "
            "see the checks `network` and `writes`",
        ) from refused
    environments = bench.environments()
    if environments["docker"] == environments["process"]:
        same_bytes(
            inside, outside, "container and process", "don't depend on paths, users, time or the network"
        )
        return
    for name, path in outside.outputs.items():
        if path.suffix != ".npy":
            continue
        a, b = inside.array(name), outside.array(name)
        if a.shape != b.shape or not np.allclose(a, b, rtol=1e-4, atol=1e-5):
            differing = sorted(set(environments["docker"]) ^ set(environments["process"]))
            raise BrokenPromiseError(
                f"container and process: {name} differs (their environments do too: {', '.join(differing[:6])})",
                "pin what matters in requirements.txt",
            )
