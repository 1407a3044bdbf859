"""JSON with the line of every value.

The standard library's parser makes the values; the lines, needed only for a message, are found by a second, slower
walk over the tokens when somebody asks.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.documents import MAX_DEPTH, Document, Lines
from edgewright_specs.problems import Problem, SpecError, escape_pointer, problem

if TYPE_CHECKING:
    from pathlib import Path

_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)


def parse_json(text: str, path: Path) -> Document:
    """Parse one JSON value.

    Raises
    ------
    SpecError
        Nesting beyond the cap, or not JSON; with line and column.
    """
    _check_depth(text, path)
    repeated: list[str] = []
    strange: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            repeated.append("")
        return made

    def constant(name: str) -> float:
        strange.append(name)
        return float(name.replace("Infinity", "inf"))

    def integer(digits: str) -> int:
        if len(digits) > 400:
            strange.append(digits[:20] + "…")
            return 0
        return int(digits)

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_int=integer)
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})"
        raise SpecError([Problem(message, path=str(path), line=error.lineno)]) from None

    @lru_cache(maxsize=1)
    def walked() -> tuple[Lines, tuple[str, ...], tuple[Problem, ...]]:
        return _walk(text)

    duplicates = walked()[1] if repeated else ()
    faults = walked()[2] if strange else ()
    return Document(value, path, duplicates, faults, lambda: walked()[0])


def _check_depth(text: str, path: Path) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        token = match[0]
        if token in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                line = text.count("\n", 0, match.start()) + 1
                message = f"is nested deeper than {MAX_DEPTH} levels"
                raise SpecError([Problem(message, path=str(path), line=line)])
        elif token in "]}":
            depth -= 1


def _walk(text: str) -> tuple[Lines, tuple[str, ...], tuple[Problem, ...]]:
    """Give the line of every value, the repeated keys and the impossible numbers of text that is known to parse."""
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    lines: Lines = {}
    duplicates: list[str] = []
    faults: list[Problem] = []
    stack: list[tuple[str, int]] = []  # pointer of a container; next index of a list, -1 for an object
    key: str | None = None
    expects_key = False
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token in ",:":
            expects_key = token == "," and bool(stack) and stack[-1][1] < 0
            continue
        if token in "]}":
            stack.pop()
            expects_key = False
            continue
        line = bisect_right(starts, match.start())
        if expects_key:
            key, expects_key = json.loads(token), False
            pointer = f"{stack[-1][0]}/{escape_pointer(key or '')}"
            if pointer in lines:
                duplicates.append(pointer)
            lines[pointer] = line
            continue
        pointer = _place(stack, key)
        key = None
        lines.setdefault(pointer, line)
        if token in "[{":
            stack.append((pointer, 0 if token == "[" else -1))
            expects_key = token == "{"
        elif token in {"NaN", "Infinity", "-Infinity"}:
            faults.append(Problem("is not a finite number", pointer, token))
        elif len(token) > 400 and token.lstrip("-").isdigit():
            faults.append(Problem("is an integer of more than 400 digits", pointer))
    return lines, tuple(duplicates), tuple(faults)


def _place(stack: list[tuple[str, int]], key: str | None) -> str:
    if not stack:
        return ""
    parent, index = stack[-1]
    if index < 0:
        return f"{parent}/{escape_pointer(key or '')}"
    stack[-1] = (parent, index + 1)
    return f"{parent}/{index}"


def duplicate_problems(document: Document) -> list[Problem]:
    """Name every key that stands twice in one object."""
    return [problem("is given twice", pointer) for pointer in document.duplicates]
