"""Reading a JSON or YAML file: size cap, regular files only, one value, and the line of every part of it."""

from __future__ import annotations

import json
import math
import os
import stat
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.problems import Problem, SpecError, escape_pointer, keys_of, pointer_of, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MAX_BYTES: Final = 8 << 20
MAX_DEPTH: Final = 64
MAX_VALUES: Final = 2_000_000
MAX_FAULTS: Final = 1000

Lines = dict[str, int]


@dataclass(frozen=True)
class Document:
    """A parsed file: plain values, and where each of them stands.

    ``value`` holds only dict (text keys), list, str, int, finite float, bool and None.
    ``duplicates`` are pointers of keys that occur twice in one object (the last one holds).
    """

    value: Any
    path: Path
    duplicates: tuple[str, ...] = ()
    faults: tuple[Problem, ...] = ()
    _lines: Callable[[], Lines] = field(default=dict, repr=False, compare=False)
    _plain: Callable[[], dict[str, str]] = field(default=dict, repr=False, compare=False)

    def line(self, pointer: str) -> int | None:
        """Return the line of a value, or of the nearest thing around it that has one."""
        lines = self._lines()
        keys: list[str] = keys_of(pointer)
        while True:
            here = pointer_of(keys)
            if here in lines:
                return lines[here]
            if not keys:
                return 1 if lines else None
            twin = pointer_of([*keys[:-1], swap_dashes(keys[-1])])
            if twin in lines:
                return lines[twin]
            keys.pop()

    def locate(self, pointer: str) -> str:
        """Return ``file:line`` of the value at a JSON pointer."""
        line = self.line(pointer)
        return f"{self.path}:{line}" if line else str(self.path)

    def source_text(self, pointer: str) -> str | None:
        """Return a plain YAML scalar as it was written (``007``, ``no``), or None."""
        return self._plain().get(pointer)

    def place(self, problems: Iterable[Problem]) -> list[Problem]:
        """Fill in file and line of problems that have none."""
        return [p if p.path else replace(p, path=str(self.path), line=self.line(p.pointer)) for p in problems]

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise SpecError if there is any problem that isn't a warning."""
        if placed := [p for p in self.place(problems) if not p.warning]:
            raise SpecError(sorted(placed, key=lambda p: p.line or 0))


def swap_dashes(key: str) -> str:
    """Return a key with the other of its two spellings: ``a-b`` for ``a_b`` and the reverse."""
    return key.replace("_", "-") if "_" in key else key.replace("-", "_")


def read_text(path: Path) -> str:
    """Read a UTF-8 file of at most ``MAX_BYTES``; never blocks on a FIFO or a device.

    Raises
    ------
    SpecError
        The file is missing, not regular, too large, not UTF-8, or holds NUL characters.
    """

    def fail(message: str, hint: str = "") -> SpecError:
        return SpecError([Problem(message, path=str(path), hint=hint)])

    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise fail("no such file") from None
    except (OSError, ValueError) as error:
        raise fail(f"can't be read: {getattr(error, 'strerror', None) or error}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise fail("is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise fail(f"is {status.st_size} bytes; allowed: at most {MAX_BYTES}")
        try:
            data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise fail(f"can't be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise fail(f"is larger than {MAX_BYTES} bytes")
    return decode(data, path)


def decode(data: bytes, path: Path) -> str:
    """Decode UTF-8, refusing NUL, and a byte order mark too but in YAML, whose standard has it."""
    yaml = is_yaml(path)
    if not yaml and data.startswith(b"\xef\xbb\xbf"):
        hint = "save it as UTF-8 without BOM"
        raise SpecError([Problem("begins with a byte order mark", path=str(path), line=1, hint=hint)])
    try:
        text = data.decode("utf-8-sig" if yaml else "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "save it as UTF-8"
        raise SpecError(
            [Problem(f"is not UTF-8: byte {error.start}", path=str(path), line=line, hint=hint)]
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SpecError([Problem("holds a NUL character", path=str(path), line=line)])
    return text


def is_yaml(path: Path) -> bool:
    """Tell by its suffix whether a file is YAML."""
    return path.suffix.lower() in {".yaml", ".yml"}


def load_document(path: Path) -> Document:
    """Read a file into a :class:`Document`: YAML by its suffix, else JSON.

    Raises
    ------
    SpecError
        The file can't be read, or isn't one JSON or YAML value within the caps.
    """
    return parse_document(read_text(path), path)


def parse_document(text: str, path: Path) -> Document:
    """Parse text as the file at `path` would be; see :func:`load_document`."""
    if is_yaml(path) and not _looks_like_json(text):
        from edgewright_specs.yaml_text import parse_yaml

        document = parse_yaml(text, path)
    else:
        from edgewright_specs.json_text import parse_json

        document = parse_json(text, path)
    document.refuse([*document.faults, *_unusable(document.value)])
    return document


def _looks_like_json(text: str) -> bool:
    """Tell whether text in a YAML file is JSON, which programs write there: YAML too, but read a hundred times faster."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _unusable(root: Any) -> list[Problem]:
    """Find what no document of ours may hold anywhere: non-finite numbers, lone surrogates, NUL."""
    found: list[Problem] = []
    stack: list[tuple[str, Any]] = [("", root)]
    seen = 0
    while stack and len(found) < MAX_FAULTS:
        pointer, value = stack.pop()
        seen += 1
        if seen > MAX_VALUES:
            return [*found, problem(f"holds more than {MAX_VALUES} values")]
        if isinstance(value, str):
            found += _bad_text(value, pointer)
        elif isinstance(value, float):
            if not math.isfinite(value):
                found.append(problem("is not a finite number", pointer, got=value))
        elif isinstance(value, dict):
            for key, inner in value.items():
                found += _bad_text(key, pointer, "has a key that ")
                stack.append((f"{pointer}/{escape_pointer(key)}", inner))
        elif isinstance(value, list):
            stack += [(f"{pointer}/{i}", inner) for i, inner in enumerate(value)]
    return found


def _bad_text(text: str, pointer: str, who: str = "") -> list[Problem]:
    if text.isascii() and "\0" not in text:
        return []
    if "\0" in text:
        return [problem(f"{who}holds a NUL character", pointer)]
    if any("\ud800" <= c <= "\udfff" for c in text):
        return [problem(f"{who}holds half of a surrogate pair", pointer, got=text)]
    return []
