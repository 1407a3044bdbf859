"""What the checks of all types of block share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright_specs.parameters import load_block_spec, resolve_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from edgewright.conformance.bench import Answer, Bench
    from edgewright.conformance.requests import Request

#: The SDK's word for features that are not finite: with finite windows it is the block's fault, not a refusal.
_NOT_FINITE = re.compile(r"feature .* of window \d+ is -?(nan|inf)\b")

#: How many faults one message lists.
SHOWN = 5


def check_spec(bench: Bench) -> str | None:
    """The spec loads without a warning, and the folder holds what a block needs."""
    folder = bench.block.folder
    if folder is None:
        raise NotApplicableError("an image: its folder was checked where it was built")
    spec = load_block_spec(folder)
    if spec.warnings:
        listed = "\n".join(str(problem) for problem in spec.warnings[:SHOWN])
        raise BrokenPromiseError(f"the spec loads, but:\n{listed}", "mend what is named")
    if spec.legacy:
        raise NotApplicableError("a file without an `edgewright` object: only its own contract binds it")
    missing = [name for name in ("Dockerfile", "requirements.txt") if not (folder / name).is_file()]
    if missing:
        raise BrokenPromiseError(
            f"no {' and no '.join(missing)}", "two lines do: FROM edgewright/base:latest, COPY . /block"
        )
    resolve_params(spec, {})
    return f"{len(spec.parameters)} parameters"


def complete(bench: Bench, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Parameters with defaults filled in."""
    return resolve_params(bench.block.spec, dict(given or {}))


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


def check_variants(
    bench: Bench, tried: Iterable[tuple[str, dict[str, Any]]], works: Callable[[dict[str, Any]], None]
) -> str:
    """Try parameter sets: each must work, or be refused by the block in its own words."""
    faults, refused, count = [], 0, 0
    for name, given in tried:
        count += 1
        try:
            works(complete(bench, given))
        except RefusedError as error:
            if error.clean and not _NOT_FINITE.match(str(error)):
                refused += 1
                continue
            faults.append(f"{name}: {error.error.reason}: {error}")
        except BrokenPromiseError as failure:
            faults.append(f"{name}: {failure}")
    if faults:
        more = "" if len(faults) <= SHOWN else f"\n… and {len(faults) - SHOWN} more"
        raise BrokenPromiseError(
            "\n".join(faults[:SHOWN]) + more,
            "let the block work with these values, refuse them by BlockError (what was got, what is allowed), "
            "or narrow min, max and valid in parameters.json",
        )
    return f"{count} tried, {refused} refused plainly" if refused else f"{count} tried"


def must_refuse(bench: Bench, request: Request, what: str) -> str:
    """The block, or the SDK for it, refuses a request in plain words."""
    try:
        bench.ask(request)
    except RefusedError as refused:
        if refused.clean:
            return str(refused)[:100]
        raise BrokenPromiseError(
            f"{what} ends in {refused.error.reason}: {refused}", "check inputs first and raise BlockError"
        ) from refused
    raise BrokenPromiseError(f"{what} is taken without a word", "check inputs first and raise BlockError")


def check_container(bench: Bench, request: Request) -> Answer:
    """A container gives what the process gives; bytes when both have the same environment."""
    import numpy as np

    why_not = bench.no_docker()
    if why_not is not None:
        raise NotApplicableError(why_not)
    inside, outside = bench.ask(request, "docker"), bench.ask(request, "cold")
    environments = bench.environments()
    if environments["docker"] == environments["process"]:
        same_bytes(
            inside, outside, "container and process", "don't depend on paths, users, time or the network"
        )
        return inside
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
    return inside


def check_deterministic(bench: Bench, request: Request) -> str | None:
    """Two cold runs give the same bytes."""
    section = bench.block.spec.edgewright
    if section is not None and not section.deterministic:
        raise NotApplicableError("the spec says `deterministic: false`")
    same_bytes(
        bench.ask(request, "cold"),
        bench.ask(request, "cold"),
        "two runs of one request",
        "draw random numbers from the request's seed only; don't rely on the order of sets, on time or on threads",
    )
    return None


def check_warm(bench: Bench, request: Request, between: Request) -> str | None:
    """A warm worker gives what a cold run gives, whatever it did before."""
    cold = bench.ask(request, "cold")
    remedy = "keep no state between requests: no module globals, no caches that depend on the data"
    same_bytes(bench.ask(request), cold, "warm and cold", remedy)
    bench.ask(between)
    same_bytes(bench.ask(request), cold, "warm after another request, and cold", remedy)
    return None
