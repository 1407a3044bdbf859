"""What the checks of all types of block share: the spec, its values, and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.conformance import samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright_specs.parameters import FEATURES, asks_for_suggestion, load_block_spec, resolve_params
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edgewright.conformance.bench import Bench
    from edgewright.conformance.requests import Request
    from edgewright_specs.parameters import BlockSpec

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
    needed = ["Dockerfile", "requirements.txt"] if (folder / "block.py").is_file() else ["Dockerfile"]
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise BrokenPromiseError(
            f"no {' and no '.join(missing)}", "two lines do: FROM edgewright/base:latest, COPY . /block"
        )
    resolve_params(spec, {})
    return f"{len(spec.parameters)} parameters"


def complete(bench: Bench, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Parameters with defaults filled in, and labels in the place of ``features: suggested``, as in a run."""
    params = resolve_params(bench.block.spec, dict(given or {}))
    if asks_for_suggestion(bench.block.spec, params):
        params[FEATURES] = list(samples.labels()[:2])
    return params


def declares(bench: Bench, operation: str) -> bool:
    """Whether the spec says that the block has an operation; one that lists none may have all."""
    section = bench.block.spec.edgewright
    return section is None or section.operations is None or operation in section.operations


def check_variants(
    bench: Bench, tried: Iterable[tuple[str, dict[str, Any]]], works: Callable[[dict[str, Any]], None]
) -> str:
    """Try parameter sets: each must work, or be refused by the block in its own words; and none beyond a limit is taken."""
    faults, refused, count = [], 0, 0
    for name, given in tried:
        count += 1
        try:
            works(complete(bench, given))
        except RefusedError as error:
            if error.clean:
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
    notes = [f"{count} tried"]
    notes += [f"{refused} refused plainly"] if refused else []
    beyond = _refused_beyond(bench.block.spec)
    notes += [f"{beyond} beyond a limit are refused before the block"] if beyond else []
    return ", ".join(notes)


def _refused_beyond(spec: BlockSpec) -> int:
    """Count values just outside what a parameter allows; each must be refused when parameters are completed."""
    count = 0
    for parameter in spec.parameters:
        if parameter.readonly or parameter.type == "secret":
            continue
        values: list[Any] = []
        if parameter.type in ("int", "float"):
            values += [] if parameter.min is None else [int(parameter.min) - 1]
            values += [] if parameter.max is None else [int(parameter.max) + 1]
        elif parameter.type == "select":
            values.append(f"not {parameter.options}")
        for value in values:
            try:
                resolve_params(spec, {parameter.key: value})
            except SpecError:
                count += 1
                continue
            raise BrokenPromiseError(
                f"{parameter.key} = {value} is taken", "state min, max or valid of the parameter"
            )
    return count


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
