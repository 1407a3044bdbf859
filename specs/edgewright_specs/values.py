"""One value of one parameter: typed, checked, and otherwise left exactly as given."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.problems import choices, suggestion

if TYPE_CHECKING:
    from edgewright_specs.block_file import Parameter

INT_LIMIT: Final = 2**63
_INTEGER: Final = re.compile(r"\s*[-+]?[0-9]{1,30}\s*\Z")
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


class MisfitError(Exception):
    """A value that a parameter doesn't take: what is wrong, what is allowed, what to do."""

    def __init__(self, message: str, allowed: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.allowed, self.hint = message, allowed, hint


def convert(parameter: Parameter, value: Any, *, lenient: bool = False) -> Any:
    """Return `value` as the type of `parameter`.

    Parameters
    ----------
    parameter
        What takes the value.
    value
        Plain data. Text comes back identical; an integral float such as ``30.0`` is taken for an int; a bool is
        never a number; a select is compared as text and comes back as the spec writes it; a float parameter
        returns float; a number of ours may also be one of the words in ``valid`` (``max``, ``auto``). None stands for "not set" and is taken where the parameter is optional.
    lenient
        Take numbers and truth values in quotes, as Edge Impulse's files and forms hold them.

    Raises
    ------
    MisfitError
        The value is of another type or out of bounds.
    """
    if value is None or (lenient and value == "" and parameter.type in {"int", "float", "select"}):
        if parameter.optional or lenient:
            return None
        raise MisfitError("needs a value", describe(parameter))
    if (
        parameter.type in {"int", "float"}
        and isinstance(value, str)
        and value in map(as_text, parameter.options)
    ):
        return value
    match parameter.type:
        case "int":
            return _bounded(parameter, _integer(parameter, value, lenient))
        case "float":
            return _bounded(parameter, _float(parameter, value, lenient))
        case "boolean" | "flag":
            return _boolean(parameter, value, lenient)
        case "select":
            return _option(parameter, value)
        case "list":
            return _list(parameter, value)
        case "secret":
            raise MisfitError("is a secret: its value never stands in a file or on a command line")
        case _:
            return _text(parameter, value, lenient)


def describe(parameter: Parameter) -> str:
    """Say in words what a parameter takes."""
    bounds = " and ".join(
        f"{word} {limit:g}"
        for word, limit in (("at least", parameter.min), ("at most", parameter.max))
        if limit is not None
    )
    match parameter.type:
        case "int" | "float":
            words = ["an integer" if parameter.type == "int" else "a number", bounds]
            keywords = f", or {choices(parameter.options)}" if parameter.options else ""
            return " ".join(filter(None, words)) + keywords
        case "boolean" | "flag":
            return "true or false"
        case "select":
            return choices(parameter.options)
        case "list":
            return "a list of texts" + (f", or {choices(parameter.options)}" if parameter.options else "")
        case _:
            return "text"


def as_text(value: Any) -> str:
    """Return the text by which selects and conditions compare: ``true``, ``16`` for 16.0, the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return "" if value is None else str(value)


def _integer(parameter: Parameter, value: Any, lenient: bool) -> int:
    if lenient and isinstance(value, str):
        value = _number(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise MisfitError("is not an integer", describe(parameter), _unquote(value))
    if not -INT_LIMIT <= value < INT_LIMIT:
        raise MisfitError("does not fit 64 bits", describe(parameter))
    return value


def _float(parameter: Parameter, value: Any, lenient: bool) -> float:
    if lenient and isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise MisfitError("is not a number", describe(parameter), _unquote(value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MisfitError("is not a finite number", describe(parameter))
    if isinstance(value, int) and int(number) != value:
        raise MisfitError("is an integer that no float holds exactly", describe(parameter))
    return number


def _number(text: str) -> Any:
    """Read a number in quotes; other text comes back as it is."""
    if _INTEGER.match(text):
        return int(text)
    try:
        return float(text) if len(text) <= 100 and "_" not in text else text
    except ValueError:
        return text


def _unquote(value: Any) -> str:
    if isinstance(value, str) and not isinstance(_number(value), str):
        return "write it without quotes"
    return ""


def _bounded(parameter: Parameter, number: Any) -> Any:
    if (parameter.min is not None and number < parameter.min) or (
        parameter.max is not None and number > parameter.max
    ):
        raise MisfitError("is out of range", describe(parameter))
    return number


def _boolean(parameter: Parameter, value: Any, lenient: bool) -> bool:
    if isinstance(value, bool):
        return value
    if lenient:
        known = _TRUTH.get(as_text(value).strip().casefold())
        if known is not None:
            return known
    raise MisfitError("is not true or false", describe(parameter), _truth_hint(value))


def _truth_hint(value: Any) -> str:
    return (
        "write it without quotes" if isinstance(value, str) and value.casefold() in {"true", "false"} else ""
    )


def _option(parameter: Parameter, value: Any) -> str | int | float:
    if isinstance(value, (str, bool, int, float)):
        text = as_text(value)
        for option in parameter.options:
            if as_text(option) == text:
                return option
    raise MisfitError("is not one of the options", describe(parameter), suggestion(value, parameter.options))


def _list(parameter: Parameter, value: Any) -> list[str] | str | int | float:
    if isinstance(value, (list, tuple)):
        for item in value:
            if not isinstance(item, str):
                raise MisfitError("holds something that is not text", describe(parameter), "put it in quotes")
        return list(value)
    if isinstance(value, str):
        for option in parameter.options:
            if as_text(option) == value:
                return option
    hint = suggestion(value, parameter.options) or ("write it as [a, b]" if isinstance(value, str) else "")
    raise MisfitError("is not a list", describe(parameter), hint)


def _text(parameter: Parameter, value: Any, lenient: bool) -> str:
    if not isinstance(value, str):
        if lenient and isinstance(value, (bool, int, float)):
            return as_text(value)
        raise MisfitError("is not text", describe(parameter), "put it in quotes")
    if not value and not parameter.allow_empty:
        raise MisfitError("is empty", "text of at least one character")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise MisfitError("holds half of a surrogate pair")
    if lenient and "\0" in value:
        raise MisfitError("holds a NUL character, which no command line can carry")
    return value


def parse_text(parameter: Parameter, text: str) -> Any:
    """Read a value typed on a command line (``-p name=value``) as the type of the parameter.

    Raises
    ------
    MisfitError
        As :func:`convert`.
    """
    if parameter.optional and text == "":
        return None
    if parameter.type == "list":
        return _list(
            parameter, text if text in map(as_text, parameter.options) else text.split(",") if text else []
        )
    if parameter.type in {"int", "float", "boolean", "flag"}:
        return convert(parameter, text, lenient=True) if text.strip() else convert(parameter, None)
    return convert(parameter, text)
