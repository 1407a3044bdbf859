"""``showIf``: which parameters apply, given the values of the others.

A parameter applies while its own condition holds and the parameter that the condition names applies too (chains).
One that doesn't apply keeps its default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright_specs.problems import Problem, problem, suggestion
from edgewright_specs.values import MisfitError, as_text, convert, describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_specs.block_file import Parameter, Scalar


def holds(controller: Parameter, value: Any, operator: str, wanted: Scalar) -> bool:
    """Evaluate one condition by the type of the parameter that it names.

    Raises
    ------
    MisfitError
        `wanted` can never be a value of that parameter.
    """
    equal = as_text(value) == "" if value is None else value == wanted_value(controller, wanted)
    if value is None:
        equal = as_text(wanted) == ""
    return equal if operator == "eq" else not equal


def wanted_value(controller: Parameter, wanted: Scalar) -> Any:
    """Read the value in a condition as the type of the parameter it is compared with.

    Raises
    ------
    MisfitError
        It can't be one.
    """
    if as_text(wanted) == "":
        return ""
    if controller.type == "list":
        return as_text(wanted)
    unbounded = controller.model_copy(update={"min": None, "max": None, "optional": False})
    return convert(unbounded, wanted, lenient=True)


def resolve_visible(
    parameters: Sequence[Parameter],
    defaults: Mapping[str, Any],
    given: Mapping[str, Any],
    version: int | None = None,
) -> dict[str, bool]:
    """Return for each key whether the parameter applies when `given` values are laid over the defaults.

    Parameters
    ----------
    parameters
        In the spec's order; conditions are known to be sound (:func:`condition_problems`).
    defaults, given
        Typed values by key.
    version
        The block's latest implementation version, for ``showForImplementationVersion``.
    """
    by_key = {p.key: p for p in parameters}
    known: dict[str, bool] = {}
    for start in by_key:
        chain = [start]  # from a parameter up to the first one whose answer is known or that has no condition
        while chain[-1] not in known:
            condition = by_key[chain[-1]].show_if
            if condition is None:
                known[chain[-1]] = _in_version(by_key[chain[-1]], version)
            else:
                chain.append(condition.parameter.replace("_", "-"))
        for key, parent in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
            if key in known:
                continue
            condition = by_key[key].show_if
            value = given.get(parent, defaults.get(parent)) if known[parent] else defaults.get(parent)
            known[key] = (
                known[parent]
                and condition is not None
                and _in_version(by_key[key], version)
                and holds(by_key[parent], value, condition.operator, condition.value)
            )
    return known


def _in_version(parameter: Parameter, version: int | None) -> bool:
    shown_for = parameter.show_for_implementation_version
    if shown_for is None:
        return True
    return bool(shown_for) and (version is None or version in shown_for)


def condition_problems(located: Sequence[tuple[str, Parameter]], *, legacy: bool) -> list[Problem]:
    """Find conditions that name nothing, themselves, a circle, a secret or an impossible value."""
    by_key = {p.key: p for _, p in located}
    found: list[Problem] = []
    for pointer, parameter in located:
        if parameter.show_if is None:
            continue
        target = parameter.show_if.parameter.replace("_", "-")
        controller = by_key.get(target)
        if target == parameter.key:
            found.append(problem("names its own parameter", f"{pointer}/showIf/parameter", got=target))
        elif controller is None:
            hint = suggestion(target, by_key)
            found.append(problem("names no parameter", f"{pointer}/showIf/parameter", got=target, hint=hint))
        elif controller.type == "secret":
            found.append(problem("names a secret", f"{pointer}/showIf/parameter", got=target))
        else:
            found += _value_problems(pointer, parameter, controller, legacy=legacy)
    return found + _circles(located, by_key)


def _value_problems(
    pointer: str, parameter: Parameter, controller: Parameter, *, legacy: bool
) -> list[Problem]:
    assert parameter.show_if is not None
    try:
        wanted_value(controller, parameter.show_if.value)
    except MisfitError as misfit:
        return [
            Problem(
                f'can never be a value of "{controller.key}", which is {describe(controller)}',
                f"{pointer}/showIf/value",
                as_text(parameter.show_if.value)[:60],
                hint=misfit.hint,
                # Edge Impulse's form takes any text here; the condition is then simply never true.
                warning=legacy and controller.type == "select",
            )
        ]
    return []


def _circles(located: Sequence[tuple[str, Parameter]], by_key: Mapping[str, Parameter]) -> list[Problem]:
    done: set[str] = set()
    found: list[Problem] = []
    pointers = {p.key: pointer for pointer, p in located}
    for start in by_key:
        path: list[str] = []
        at: dict[str, int] = {}
        key = start
        while key in by_key and key not in done and key not in at:
            at[key] = len(path)
            path.append(key)
            condition = by_key[key].show_if
            key = condition.parameter.replace("_", "-") if condition else ""
        if key in at and len(path) - at[key] > 1:
            circle = [*path[at[key] :], key]
            text = " → ".join(circle[:8]) + (" → …" if len(circle) > 8 else "")
            found.append(problem(f"conditions run in a circle: {text}", f"{pointers[key]}/showIf"))
        done.update(path)
    return found
