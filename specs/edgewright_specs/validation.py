"""From plain values to a model, with every problem of the document.

The pydantic model is the one source, and the released JSON Schema is generated from it. A document that the model
takes is done: the schema takes all that the model takes (a test holds them together), and asking it first would cost
every good run the import of jsonschema. When the model refuses, jsonschema goes over the whole document and words the
problems; what only the model knows (checks in Python) is added for the places where the schema found nothing.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, ValidationError

from edgewright_specs.problems import Problem, choices, pointer_of, problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError as SchemaError

    from edgewright_specs.documents import Document

MAX_PROBLEMS: Final = 1000
M = TypeVar("M", bound=BaseModel)


def _spellings(field: str) -> AliasChoices | str:
    return AliasChoices(field, field.replace("_", "-")) if "_" in field else field


class SpecModel(BaseModel):
    """Base of what people write: unknown fields refused, nothing coerced, dash and underscore alike, immutable."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,  # one validator for a whole document instead of one for each part of it
        alias_generator=AliasGenerator(validation_alias=_spellings),
    )


class WrittenModel(SpecModel):
    """Base of what programs write for programs: as :class:`SpecModel`, with one spelling of each field."""

    model_config = ConfigDict(alias_generator=None)


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the newest released JSON Schema of a kind of document, such as ``impulse``."""
    file = resources.files("edgewright_specs") / "schemas" / f"{name}-v1.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def build(
    model: type[M], document: Document, *, schema: str, value: Any = ...
) -> tuple[M | None, list[Problem]]:
    """Validate a document.

    Parameters
    ----------
    model, schema
        The pydantic class, and the name of the JSON Schema generated from it.
    document
        Gives the duplicate keys; its value is what is checked, unless `value` is given.

    Returns
    -------
    tuple
        The model or None, and all problems (pointers, no lines yet).
    """
    checked = document.value if value is ... else value
    problems = (
        twin_problems(checked) if issubclass(model, SpecModel) and not issubclass(model, WrittenModel) else []
    )
    try:
        return model.model_validate(checked), problems
    except ValidationError as error:
        return None, [*problems, *explain(error, checked, schema)]


def twin_problems(value: Any) -> list[Problem]:
    """Find keys given in both spellings, ``a-b`` and ``a_b``, in one object."""
    found: list[Problem] = []
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        keys, here = stack.pop()
        if isinstance(here, dict):
            for key, inner in here.items():
                if "_" in key and (twin := key.replace("_", "-")) in here:
                    found.append(problem(f"is the same as {twin}, given too", pointer_of([*keys, key])))
                if isinstance(inner, (dict, list)):
                    stack.append(((*keys, key), inner))
        elif isinstance(here, list):
            stack += [((*keys, i), inner) for i, inner in enumerate(here) if isinstance(inner, (dict, list))]
    return found


def explain(error: ValidationError, value: Any, schema: str) -> list[Problem]:
    """Word all problems of a refused document."""
    found: dict[tuple[str, str], Problem] = {}
    for item in schema_problems(value, schema):
        found.setdefault((item.pointer, item.message), item)
        if len(found) >= MAX_PROBLEMS:
            return list(found.values())
    told = {pointer for pointer, _ in found}
    for item in model_problems(error, value):
        if not any(item.pointer == t or t.startswith(item.pointer + "/") for t in told):
            found.setdefault((item.pointer, item.message), item)
    return list(found.values())


def schema_problems(value: Any, schema: str) -> Iterator[Problem]:
    """Check plain values by a released JSON Schema; remote references are never fetched (empty registry)."""
    from jsonschema import Draft202012Validator
    from referencing import Registry

    validator = Draft202012Validator(load_schema(schema), registry=Registry())
    for error in validator.iter_errors(value):
        yield from _worded(error, value)


def _worded(error: SchemaError, root: Any) -> Iterator[Problem]:
    if error.validator in {"anyOf", "oneOf"} and error.context:
        yield from _chosen(error, root)
        return
    keys = list(error.absolute_path)
    pointer, got, limit = pointer_of(keys), error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(got, dict):
        known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
        for key in got:
            if key not in known:
                yield unknown_field(key, pointer_of([*keys, key]), known)
    elif error.validator == "required":
        for name in limit:
            if isinstance(got, dict) and name not in got:
                yield problem(f'lacks "{name}"', pointer)
    elif error.validator == "type":
        yield problem(f"is not {_type_words(limit)}", pointer, got=got, hint=_quotes(limit, got))
    elif error.validator == "enum":
        yield problem(
            "is not a known value", pointer, got=got, allowed=choices(limit), hint=suggestion(got, limit)
        )
    elif error.validator == "const":
        hint = "" if isinstance(got, str) or keys[-1:] not in (["version"], ["contract"]) else _NEWER
        yield problem("is not supported", pointer, got=got, allowed=choices([limit]), hint=hint)
    elif error.validator in _BOUNDS:
        yield problem("is out of range", pointer, got=got, allowed=_BOUNDS[error.validator].format(limit))
    elif error.validator == "pattern":
        yield problem(
            "has a form that is not allowed", pointer, got=got, allowed=f"text that matches {limit}"
        )
    else:
        yield problem("is not allowed here", pointer, got=got, allowed=f"{error.validator} {limit!r:.80}")


_BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} entries",
}
_NEWER: Final = "a newer version of this document needs a newer Edgewright"
_WORDS: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def _type_words(kinds: str | list[str]) -> str:
    return " or ".join(_WORDS.get(k, k) for k in ([kinds] if isinstance(kinds, str) else kinds))


def _quotes(kinds: str | list[str], got: Any) -> str:
    """Say when a value would fit with, or without, its quotes."""
    wanted = {kinds} if isinstance(kinds, str) else set(kinds)
    if "string" in wanted and isinstance(got, (bool, int, float)):
        return "put it in quotes"
    if wanted & {"integer", "number", "boolean"} and isinstance(got, str):
        try:
            fits = not isinstance(json.loads(got[:40]), (str, list, dict))
        except ValueError:
            fits = False
        return "write it without quotes" if fits else ""
    return ""


def _chosen(error: SchemaError, root: Any) -> Iterator[Problem]:
    """Of several alternatives, word the one that the document was meant to be: of its type, nearest to valid."""
    branches: dict[int, list[SchemaError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    own = len(error.absolute_path)

    def misfit(branch: list[SchemaError]) -> tuple[bool, int]:
        wrong_kind = any(
            len(e.absolute_path) == own and e.validator in {"type", "const", "enum"} for e in branch
        )
        return wrong_kind, sum(_weight(e) for e in branch)

    real = [i for i, s in enumerate(error.validator_value) if s.get("type") != "null"]
    if len(real) == 1:  # something or nothing: speak of the something
        for inner in branches.get(real[0], []):
            yield from _worded(inner, root)
        return
    best = min(branches.values(), key=misfit)
    if misfit(best)[0]:
        allowed = "; or ".join(dict.fromkeys(_describe(error.validator_value[i]) for i in real))
        words = [
            c for s in error.validator_value for c in s.get("enum", [s["const"]] if "const" in s else [])
        ]
        hint = suggestion(error.instance, words)
        where = pointer_of(error.absolute_path)
        yield problem("is not allowed here", where, got=error.instance, allowed=allowed, hint=hint)
        return
    for inner in best:
        yield from _worded(inner, root)


def _weight(error: SchemaError) -> int:
    """Count the faults that one error of jsonschema stands for."""
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        return sum(key not in error.schema.get("properties", {}) for key in error.instance)
    return 1


def _describe(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return choices(schema["enum"])
    if "$ref" in schema:
        return "an object"
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"a list of {_describe(schema['items']).removeprefix('a ').removeprefix('an ')}"
    return _type_words(schema.get("type", "value"))


def unknown_field(key: str, pointer: str, known: list[str]) -> Problem:
    """Word a field that nobody knows, with the closest one that is known."""
    names = list(dict.fromkeys(k.replace("-", "_") if k.replace("-", "_") in known else k for k in known))
    return problem("is not a known field", pointer, allowed=choices(names), hint=suggestion(key, names))


def model_problems(error: ValidationError, value: Any) -> Iterator[Problem]:
    """Word what pydantic found, at the places that exist in the document (union branches left out)."""
    for item in error.errors(include_url=False, include_context=False):
        keys: list[str | int] = []
        here = value
        for key in item["loc"]:
            if isinstance(here, dict) and isinstance(key, str):
                spelt = next((k for k in (key, key.replace("_", "-")) if k in here), None)
                if spelt is not None:
                    keys.append(spelt)
                    here = here[spelt]
            elif isinstance(here, list) and isinstance(key, int) and key < len(here):
                keys.append(key)
                here = here[key]
        message = item["msg"].removeprefix("Value error, ")
        got: Any = here if isinstance(here, (str, int, float, bool)) or here is None else ...
        yield (
            problem(message, pointer_of(keys)) if got is ... else problem(message, pointer_of(keys), got=got)
        )
