"""Checks of deployment blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.conformance import common
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.requests import Request
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from edgewright.conformance.bench import Bench


def check_defaults(bench: Bench) -> str:
    """The defaults build a package of a small trained impulse."""
    files = bench.ask(_build(bench), "cold").digests()
    return f"{len(files)} files"


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    return common.check_variants(
        bench, variants(bench.block.spec), lambda params: _ignore(bench.ask(_build(bench, params)))
    )


def check_deterministic(bench: Bench) -> str | None:
    """The same impulse gives the same package."""
    return common.check_deterministic(bench, _build(bench))


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    return common.check_warm(bench, _build(bench), _build(bench))


def check_verify(bench: Bench) -> str:
    """The package passes its own self-test."""
    section = bench.block.spec.edgewright
    if section is not None and section.operations is not None and "verify" not in section.operations:
        raise NotApplicableError("the spec declares no `verify`")
    package = bench.ask(_build(bench), "cold").outputs["package"]
    answer = bench.ask(Request("verify", common.complete(bench), paths={"package": package}), "cold")
    document = answer.document("verification")
    if not document:
        raise BrokenPromiseError(
            "verify says nothing", "return what was compared, and by how much it differs"
        )
    return str({name: document[name] for name in list(document)[:4]})[:200]


def check_container(bench: Bench) -> str | None:
    """A container builds what a process builds."""
    common.check_container(bench, _build(bench))
    return None


def _build(bench: Bench, params: dict[str, Any] | None = None) -> Request:
    from edgewright.conformance.impulse import trained_impulse

    chosen = common.complete(bench) if params is None else params
    return Request("build", chosen, paths={"impulse": trained_impulse(bench)})


def _ignore(_answer: object) -> None:
    """Building is all that is asked."""


CHECKS = (
    Check("spec", "parameters.json is valid and complete", common.check_spec),
    Check("defaults", "the defaults build a package", check_defaults),
    Check("bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds),
    Check("deterministic", "the same impulse gives the same package", check_deterministic),
    Check("warm", "a warm worker gives what a cold run gives", check_warm),
    Check("verify", "the package passes its own self-test", check_verify),
    Check("container", "a container builds what a process builds", check_container),
)
