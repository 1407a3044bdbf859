"""Checks of deployment blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, confinement, readme, sameness
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.effects import check_effects
from edgewright.conformance.requests import Request
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from edgewright.conformance.bench import Bench


def check_defaults(bench: Bench) -> str:
    """The defaults build a package of a small trained impulse."""
    files = bench.once(_build(bench)).digests()
    return f"{len(files)} files"


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    return common.check_variants(
        bench, variants(bench.block.spec), lambda params: _ignore(bench.ask(_build(bench, params)))
    )


def check_effect(bench: Bench) -> str:
    """Every parameter changes the package."""
    return check_effects(bench, lambda params: iter([lambda: bench.ask(_build(bench, params))]))


def check_deterministic(bench: Bench) -> str | None:
    """The same impulse gives the same package."""
    sameness.check_deterministic(bench, [_build(bench)])
    return None


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    sameness.check_warm(bench, _build(bench))
    return None


def check_verify(bench: Bench) -> str:
    """The package passes its own self-test."""
    if not common.declares(bench, "verify"):
        raise NotApplicableError("the spec declares no `verify`")
    package = bench.once(_build(bench)).outputs["package"]
    answer = bench.ask(Request("verify", common.complete(bench), paths={"package": package}), "cold")
    document = answer.document("verification")
    if not document:
        raise BrokenPromiseError(
            "verify says nothing", "return what was compared, and by how much it differs"
        )
    return str({name: document[name] for name in list(document)[:4]})[:200]


def check_outputs(bench: Bench) -> str:
    """Every file is in the package."""
    return confinement.check_outputs(bench, [_build(bench)])


def check_network(bench: Bench) -> str:
    """No connection is opened."""
    return confinement.check_network(bench, [_build(bench)])


def check_writes(bench: Bench) -> str:
    """Nothing is written elsewhere."""
    return confinement.check_writes(bench, [_build(bench)])


def check_cancel(bench: Bench) -> str:
    """It stops when asked."""
    return confinement.check_cancel(bench, _build(bench))


def check_container(bench: Bench) -> str | None:
    """A container builds what a process builds."""
    sameness.check_container(bench, _build(bench))
    return None


def _build(bench: Bench, params: dict[str, Any] | None = None) -> Request:
    from edgewright.conformance.impulse import trained_impulse

    chosen = common.complete(bench) if params is None else params
    return Request("build", chosen, paths={"impulse": trained_impulse(bench)})


def _ignore(_answer: object) -> None:
    """Building is all that is asked."""


_WORKS = ("defaults",)

CHECKS = (
    Check("spec", "parameters.json is valid and complete", common.check_spec),
    Check("readme", "the README's parameter table is that of parameters.json", readme.check_readme),
    Check("defaults", "the defaults build a package", check_defaults),
    Check(
        "bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds, _WORKS
    ),
    Check("deterministic", "the same impulse gives the same package", check_deterministic, _WORKS),
    Check("warm", "a warm worker gives what a cold run gives", check_warm, ("deterministic",)),
    Check("effect", "every parameter changes something", check_effect, ("deterministic", "warm")),
    Check("verify", "the package passes its own self-test", check_verify, _WORKS),
    Check("outputs", "every file is in the package", check_outputs, _WORKS),
    Check("network", "no network is used", check_network),
    Check("writes", "nothing is written outside /out and the temporary folder", check_writes),
    Check("cancel", "it ends within the grace when asked to stop", check_cancel, _WORKS),
    Check("container", "a container builds what a process builds", check_container, ("deterministic",)),
)
