"""Reads a Dockerfile: instructions with their lines, stages, variables. It builds nothing.

Enough of the format to know what a block of Edge Impulse's starts and from what: continuation lines, comments, both
forms of a command, here-documents, ``ARG`` and ``ENV`` with ``$NAME``, ``${NAME}`` and ``${NAME:-default}``.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DIRECTIVE: Final = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$")
_HERE: Final = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1")
_FLAG: Final = re.compile(r"--([a-z][a-z0-9-]*)(?:=(\S*))?\s+")
_VARIABLE: Final = re.compile(
    r"\\(.)|\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^}]*))?\})"
)
_WITH_HERE_DOCUMENTS: Final = ("RUN", "COPY", "ADD")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, its flags (``--from=builder``), the rest of its text, its first line."""

    name: str
    text: str
    line: int
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str] | None:
        """The words of the JSON form (``["python3", "run.py"]``); None in the other."""
        if not self.text.startswith("["):
            return None
        try:
            words = json.loads(self.text)
        except ValueError:
            return None  # as Docker does: it is a shell's text then
        return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


@dataclass(frozen=True)
class Stage:
    """What follows one ``FROM``."""

    base: str
    name: str
    line: int
    instructions: tuple[Instruction, ...]


def read_stages(text: str) -> list[Stage]:
    """Take a Dockerfile apart into its stages.

    Raises
    ------
    UsageError
        It has no ``FROM``, or an instruction before it that can't stand there.
    """
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            words = substituted(instruction.text, arguments).split()
            if not words:
                raise UsageError(f"Dockerfile:{instruction.line}: FROM names no image")
            name = words[2] if len(words) == 3 and words[1].upper() == "AS" else str(len(stages))
            stages.append(Stage(words[0], name, instruction.line, ()))
        elif stages:
            last = stages[-1]
            stages[-1] = Stage(last.base, last.name, last.line, (*last.instructions, instruction))
        elif instruction.name == "ARG":
            name, _equals, value = instruction.text.partition("=")
            arguments[name.strip()] = unquoted(value)
        else:
            raise UsageError(
                f"Dockerfile:{instruction.line}: {instruction.name} stands before the first FROM"
            )
    if not stages:
        raise UsageError("Dockerfile: no FROM", hint="its first line says what it builds on: FROM IMAGE")
    return stages


def last_stage(stages: list[Stage]) -> tuple[str, tuple[Instruction, ...]]:
    """Return the image that the last stage stands on, and all instructions on top of it.

    A stage may stand on an earlier one: its instructions come first.
    """
    by_name = {stage.name.lower(): number for number, stage in enumerate(stages)}
    number = len(stages) - 1
    instructions = stages[number].instructions
    while True:
        below = by_name.get(stages[number].base.lower(), number)
        if below >= number:
            return stages[number].base, instructions
        number = below
        instructions = (*stages[number].instructions, *instructions)


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """Put in the values of variables; those that aren't known are empty, as in a build."""

    def value(match: re.Match[str]) -> str:
        escaped, plain, braced, operator, other = match.groups()
        if escaped is not None:
            return escaped if escaped == "$" else match[0]
        found = variables.get(plain or braced)
        if operator is None:
            return found or ""
        given = found is not None and (found != "" or not operator.startswith(":"))
        if operator.endswith("-"):
            return (found or "") if given else other
        return other if given else ""

    return _VARIABLE.sub(value, text)


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of an ``ENV`` or ``ARG``; ``ENV NAME some words`` is one pair."""
    first = text.split(None, 1)
    if first and "=" not in first[0]:
        return [(first[0], first[1].strip() if len(first) > 1 else "")]
    return [(name, value) for name, _equals, value in (word.partition("=") for word in split(text))]


def unquoted(text: str) -> str:
    """A value without its quotes."""
    words = split(text)
    return " ".join(words)


def split(text: str) -> list[str]:
    """Words as a shell splits them; by spaces where the quotes don't match."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _instructions(text: str) -> Iterator[Instruction]:
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")
    escape = _escape_of(lines)
    number = 0
    while number < len(lines):
        first = number
        content, number = _joined(lines, number, escape)
        words = content.split(None, 1)
        if not words:
            continue
        name, rest = words[0].upper(), words[1].strip() if len(words) > 1 else ""
        if name in _WITH_HERE_DOCUMENTS:
            for _quote, end in _HERE.findall(rest):
                while number < len(lines) and lines[number].strip() != end:
                    rest += "\n" + lines[number]
                    number += 1
                number += 1
        flags = {}
        while name != "ENV" and (match := _FLAG.match(rest)):
            flags[match[1]] = match[2] or ""
            rest = rest[match.end() :]
        yield Instruction(name, rest.strip(), first + 1, flags)


def _joined(lines: list[str], number: int, escape: str) -> tuple[str, int]:
    """One instruction's lines, joined, and the number of the line after it. Comments may stand between."""
    content = ""
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.lstrip().startswith("#") or (content and not line.strip()):
            if content:
                continue
            return "", number
        stripped = line.rstrip()
        if not stripped.endswith(escape):
            return content + line, number
        content += stripped[:-1]
    return content, number


def _escape_of(lines: list[str]) -> str:
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if match is None:
            break
        if match[1].lower() == "escape":
            return match[2]
    return "\\"
