"""JSON with the line of every value.

The standard library's parser makes the values; the lines, needed only for a message, are found by a second, slower
walk over the tokens when somebody asks.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.documents import MAX_DEPTH, Document, Lines
from edgewright_specs.problems import Problem, SpecError, escape_pointer

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
    too_long: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            repeated.append("")
        return made

    def integer(digits: str) -> int:
        if len(digits) > 400:
            too_long.append(digits[:20])
            return 0
        return int(digits)

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=integer)
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg[0].lower()}{error.msg[1:]} (column {error.colno})"
        raise SpecError([Problem(message, path=str(path), line=error.lineno)]) from None

    @lru_cache(maxsize=1)
    def walked() -> tuple[Lines, tuple[str, ...], tuple[Problem, ...]]:
        return _walk(text)

    duplicates = walked()[1] if repeated else ()
    faults = walked()[2] if too_long else ()
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
    """Give the line of every value, the repeated keys and the endless integers of text that is known to parse."""
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    lines: Lines = {}
    duplicates: list[str] = []
    faults: list[Problem] = []
    stack: list[_Container] = []
    expects_key = False
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token in ",:":
            expects_key = token == "," and bool(stack) and stack[-1].keys is not None
            continue
        if token in "]}":
            stack.pop()
            expects_key = False
            continue
        line = bisect_right(starts, match.start())
        if expects_key:
            expects_key = False
            if stack[-1].take_key(json.loads(token)):
                duplicates.append(stack[-1].place())
            lines[stack[-1].place()] = line
            continue
        pointer = stack[-1].place() if stack else ""
        if not stack or stack[-1].keys is None:
            lines[pointer] = line
        if stack:
            stack[-1].index += 1
        if token in "[{":
            stack.append(_Container(pointer, set() if token == "{" else None))
            expects_key = token == "{"
        elif len(token) > 400 and token.lstrip("-").isdigit():
            faults.append(Problem("is an integer of more than 400 digits", pointer))
    return lines, tuple(duplicates), tuple(faults)


@dataclass
class _Container:
    """An object (with the keys seen) or a list (without) that is being walked."""

    pointer: str
    keys: set[str] | None
    key: str = ""
    index: int = 0

    def take_key(self, key: str) -> bool:
        """Go on to a key; True if it was there before."""
        assert self.keys is not None
        self.key = key
        known = key in self.keys
        self.keys.add(key)
        return known

    def place(self) -> str:
        """Return the pointer of the value that comes next."""
        return f"{self.pointer}/{self.index if self.keys is None else escape_pointer(self.key)}"
