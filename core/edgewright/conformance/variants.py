"""Parameter sets worth trying: every bound, every option, every branch of ``showIf``."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright_specs.block_file import Parameter
    from edgewright_specs.parameters import BlockSpec

#: No block has so many values worth trying; a spec that does is tried in part.
MAX_VARIANTS = 200


def variants(spec: BlockSpec, labels: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give (what it tries, parameters to set) for every value at a limit, one parameter at a time, and every branch.

    A parameter that ``showIf`` hides is tried with what shows it. `labels` are names that a list of features may hold.
    """
    return islice(_all_variants(spec, labels), MAX_VARIANTS)


def _all_variants(spec: BlockSpec, labels: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    tried: list[dict[str, Any]] = []
    for parameter in spec.parameters:
        shown = condition_for(spec, parameter)
        if shown is None or parameter.readonly or parameter.type == "secret":
            continue
        given = [
            {**shown, parameter.key: v}
            for v in limits_and_options(parameter, spec.defaults[parameter.key], labels)
        ]
        if any(spec.defaults[key] != value for key, value in shown.items()):
            given.append(shown)  # the branch with its own default
        for settings in given:
            if settings not in tried:
                tried.append(settings)
                changed = (
                    settings if parameter.key not in settings else {parameter.key: settings[parameter.key]}
                )
                yield ", ".join(f"{key} = {value}" for key, value in changed.items()), settings


def limits_and_options(parameter: Parameter, default: Any, labels: tuple[str, ...]) -> list[Any]:
    """Values of one parameter at its limits, without its default."""
    values: list[Any] = []
    if parameter.type in ("int", "float"):
        number = int if parameter.type == "int" else float
        values = [number(limit) for limit in (parameter.min, parameter.max) if limit is not None]
        values += parameter.options
    elif parameter.type in ("boolean", "flag"):
        values = [True, False]
    elif parameter.type == "select":
        values = list(parameter.options)
    elif parameter.type == "list":
        values = [*parameter.options, *([[labels[0]]] if labels else [])]
    if parameter.optional:
        values.append(None)
    return [value for value in values if value != default or type(value) is not type(default)]


def condition_for(spec: BlockSpec, parameter: Parameter) -> dict[str, Any] | None:
    """What to set so that the parameter applies; None if nothing does (or an option can't be found)."""
    needed: dict[str, Any] = {}
    seen = {parameter.key}
    condition = parameter.show_if
    while condition is not None:
        other = spec.parameter(condition.parameter)
        if other is None or other.key in seen:
            return None
        seen.add(other.key)
        value = _meeting(other, condition.operator, condition.value, spec.defaults[other.key])
        if value is None:
            return None
        needed[other.key] = value
        condition = other.show_if
    return needed


def _meeting(parameter: Parameter, operator: str, wanted: Any, default: Any) -> Any:
    """A value of the parameter that meets a condition."""
    candidates = (
        [default, True, False] if parameter.type in ("boolean", "flag") else [default, *parameter.options]
    )
    if parameter.type in ("int", "float"):
        candidates += [parameter.min, parameter.max, wanted]
    for candidate in candidates:
        if candidate is not None and (_text(candidate) == _text(wanted)) == (operator == "eq"):
            return candidate
    return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
