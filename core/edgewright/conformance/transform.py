"""Checks of transform blocks: a small data folder goes in, a data folder comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, confinement, folders, readme, sameness, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, Check
from edgewright.conformance.effects import check_effects
from edgewright.conformance.requests import Request
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from edgewright.conformance.bench import Bench


def check_defaults(bench: Bench) -> str:
    """The defaults make files of a folder of some kind, or of none."""
    kind = _kind(bench)
    made = bench.once(_apply(bench)).digests()
    return f"{len(made)} files of {'no data' if kind is None else f'a folder with {kind} files'}"


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    _kind(bench)

    def works(params: dict[str, Any]) -> None:
        bench.ask(_apply(bench, params))

    return common.check_variants(bench, variants(bench.block.spec), works)


def check_effect(bench: Bench) -> str:
    """Every parameter changes a file."""
    return check_effects(bench, lambda params: iter([lambda: bench.ask(_apply(bench, params))]))


def check_deterministic(bench: Bench) -> str | None:
    """The same data and seed give the same files."""
    sameness.check_deterministic(bench, [_apply(bench)])
    return None


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    other = _apply(bench, seed=samples.SEED + 1) if _kind(bench) is not None else _apply(bench)
    sameness.check_warm(bench, _apply(bench), other)
    return None


def check_empty(bench: Bench) -> str:
    """Without data, and with a folder without files it knows, it works or refuses plainly."""
    tried = {"no data": _request(bench, None), "a folder with one unknown file": _request(bench, "unknown")}
    notes = []
    for name, request in tried.items():
        try:
            bench.ask(request)
            notes.append(f"{name} works")
        except RefusedError as refused:
            if not refused.clean:
                raise BrokenPromiseError(
                    f"{name} ends in {refused.error.reason}: {refused}",
                    "look what is there first, and raise BlockError that says what is needed",
                ) from refused
            notes.append(f"{name} is refused: {refused}"[:100])
    return "\n".join(notes)


def check_outputs(bench: Bench) -> str:
    """Every file is part of the data."""
    return confinement.check_outputs(bench, [_apply(bench)])


def check_network(bench: Bench) -> str:
    """No connection is opened."""
    return confinement.check_network(bench, [_watchable(bench)])


def check_writes(bench: Bench) -> str:
    """Nothing is written elsewhere."""
    return confinement.check_writes(bench, [_watchable(bench)])


def check_cancel(bench: Bench) -> str:
    """It stops when asked."""
    return confinement.check_cancel(bench, _apply(bench))


def check_container(bench: Bench) -> str | None:
    """A container gives what a process gives."""
    sameness.check_container(bench, _apply(bench))
    return None


def _watchable(bench: Bench) -> Request:
    """What the defaults take, or a try: a block may fail for want of what it must not use."""
    try:
        return _apply(bench)
    except (BrokenPromiseError, RefusedError):
        return _request(bench, folders.KINDS[0])


def _kind(bench: Bench) -> str | None:
    """The first kind of data that the defaults take; None for a block that needs none."""
    if "kind" not in bench.made:
        bench.made["kind"] = _found(bench)
    kind: str | None = bench.made["kind"]
    return kind


def _found(bench: Bench) -> str | None:
    refusals = []
    for kind in (*folders.KINDS, None):
        try:
            bench.ask(_request(bench, kind))
        except RefusedError as refused:
            if not refused.clean:
                raise
            refusals.append(f"{kind or 'no data'}: {refused}")
            continue
        return kind
    raise BrokenPromiseError(
        "the defaults work with no kind of data tried:\n" + "\n".join(refusals[: common.SHOWN]),
        "choose defaults that work with common data, or say in the refusal what is needed",
    )


def _request(
    bench: Bench, kind: str | None, params: dict[str, Any] | None = None, seed: int = samples.SEED
) -> Request:
    chosen = common.complete(bench) if params is None else params
    paths = {} if kind is None else {"data": folders.folder(bench, kind, seed)}
    return Request("apply", chosen, paths=paths)


def _apply(bench: Bench, params: dict[str, Any] | None = None, *, seed: int = samples.SEED) -> Request:
    return _request(bench, _kind(bench), params, seed)


_WORKS = ("defaults",)

CHECKS = (
    Check("spec", "parameters.json is valid and complete", common.check_spec),
    Check("readme", "the README's parameter table is that of parameters.json", readme.check_readme),
    Check("defaults", "the defaults make files", check_defaults),
    Check(
        "bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds, _WORKS
    ),
    Check("deterministic", "the same data give the same files", check_deterministic, _WORKS),
    Check("warm", "a warm worker gives what a cold run gives", check_warm, ("deterministic",)),
    Check("effect", "every parameter changes something", check_effect, ("deterministic", "warm")),
    Check("empty", "no data, or none that it knows, work or are refused plainly", check_empty, _WORKS),
    Check("outputs", "every file is part of the data", check_outputs, _WORKS),
    Check("network", "no network is used", check_network),
    Check("writes", "nothing is written outside /out and the temporary folder", check_writes),
    Check("cancel", "it ends within the grace when asked to stop", check_cancel, _WORKS),
    Check("container", "a container gives what a process gives", check_container, ("deterministic",)),
)
