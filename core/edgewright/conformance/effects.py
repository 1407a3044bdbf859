"""Whether every parameter changes something: one that doesn't is a promise to the user that nobody keeps."""

from __future__ import annotations

from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright.conformance.common import complete
from edgewright.conformance.variants import condition_for, limits_and_options, variants
from edgewright_specs.interface import digest_json
from edgewright_specs.parameters import visible_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from edgewright.conformance.bench import Answer, Bench
    from edgewright_specs.block_file import Parameter

    Questions = Callable[[dict[str, Any]], Iterator[Callable[[], Answer]]]

#: Parameter sets tried before a parameter is called ignored, beside its own values at the defaults.
MAX_CONTEXTS = 40
#: Of each parameter under other settings.
MAX_VALUES = 4


class _Answers:
    """What the block gives for sets of parameters: asked once, and only as far as somebody looks."""

    def __init__(self, bench: Bench, questions: Questions) -> None:
        self._bench = bench
        self._questions = questions
        self._known: dict[str, tuple[list[dict[str, str] | str], Iterator[Callable[[], Answer]]]] = {}

    def of(self, given: Mapping[str, Any]) -> Iterator[dict[str, str] | str]:
        """Digests of one answer after the other; a refusal is its text."""
        params = complete(self._bench, given)
        key = digest_json(params)
        if key not in self._known:
            self._known[key] = ([], self._questions(params))
        known, questions = self._known[key]
        yield from known
        for question in questions:
            known.append(_answer(question))
            yield known[-1]

    def differ(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether any answer differs."""
        return any(a != b for a, b in zip_longest(self.of(one), self.of(other)))

    def answered(self, given: Mapping[str, Any]) -> bool:
        """Whether anything isn't refused."""
        return any(isinstance(answer, dict) for answer in self.of(given))


def _answer(question: Callable[[], Answer]) -> dict[str, str] | str:
    try:
        return question().digests()
    except RefusedError as refused:
        return f"refused: {refused}"


def check_effects(bench: Bench, questions: Questions, labels: tuple[str, ...] = ()) -> str:
    """Every parameter that can be set changes an answer, somewhere.

    Parameters
    ----------
    bench : Bench
    questions : callable
        Gives, for complete parameters, what to ask: one function an operation and kind of input.
    labels : tuple of str
        Names that a list of features may hold.

    Raises
    ------
    BrokenPromiseError
        With the parameters that changed nothing in any combination tried.
    """
    answers = _Answers(bench, questions)
    judged, ignored, unjudged = 0, [], []
    for parameter in bench.block.spec.parameters:
        shown = condition_for(bench.block.spec, parameter)
        if shown is None or parameter.readonly or parameter.type == "secret":
            continue
        values = _values(bench, parameter, labels)
        if parameter.key not in visible_parameters(bench.block.spec, complete(bench, shown)) or not values:
            continue
        matters = _matters(answers, bench, parameter, shown, values, labels)
        judged += matters is not None
        if matters is None:
            unjudged.append(parameter.key)
        elif not matters:
            ignored.append(
                f"{parameter.key} changes nothing: tried {_listed(values)}, also under other settings"
            )
    if ignored:
        raise BrokenPromiseError(
            "\n".join(ignored),
            "use the parameter, or take it out of parameters.json; if it matters only for data that isn't made up here, "
            "leave this check out: --skip effect",
        )
    if not judged and not unjudged:
        raise NotApplicableError("there is no parameter that can be set")
    refused = f", not judged since the block refuses to work with them: {', '.join(unjudged)}"
    return f"{judged} parameters{refused if unjudged else ''}"


def _matters(
    answers: _Answers,
    bench: Bench,
    parameter: Parameter,
    shown: dict[str, Any],
    values: list[Any],
    labels: tuple[str, ...],
) -> bool | None:
    """Whether a value gives something else than the default does; None where the block only refuses.

    It is tried by itself, then with one other parameter set: not every dependence is a `showIf`.
    """
    others = (given for _name, given in variants(bench.block.spec, labels) if parameter.key not in given)
    contexts = ({**given, **shown} for given in islice(others, MAX_CONTEXTS))
    answered = False
    for context, tried in ((shown, values), *((context, values[:MAX_VALUES]) for context in contexts)):
        if any(answers.differ(context, {**context, parameter.key: value}) for value in tried):
            return True
        answered = answered or answers.answered(context)
    return False if answered else None


def _values(bench: Bench, parameter: Parameter, labels: tuple[str, ...]) -> list[Any]:
    """Values other than the default: near it first, since a limit may be far from where anything happens."""
    default = bench.block.spec.defaults[parameter.key]
    values: list[Any] = []
    if parameter.type in ("int", "float") and isinstance(default, (int, float)):
        near = [default + 1, default - 1, default * 2, default / 2, default * 10, default + 0.1, -default]
        if parameter.type == "int":
            near = [round(value) for value in near]
        values = [value for value in near if _within(parameter, value)]
    elif parameter.type == "list":
        values = [list(labels[:1]), ["x"]] if labels else [["x"]]
    elif parameter.type == "string":
        values = [f"{default or ''}x", "2", "a, b"]
    values += limits_and_options(parameter, default, labels)
    unlike = [
        value for value in values if value != default or isinstance(value, bool) != isinstance(default, bool)
    ]
    return list({repr(value): value for value in unlike}.values())


def _within(parameter: Parameter, value: float) -> bool:
    return (parameter.min is None or value >= parameter.min) and (
        parameter.max is None or value <= parameter.max
    )


def _listed(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values[:MAX_VALUES]) + (
        ", …" if len(values) > MAX_VALUES else ""
    )
