"""How a delimited text file is written: encoding, preamble, delimiter, decimal mark, header and missing cells.

Everything is concluded from the head of the file (64 KiB), so ten thousand files cost ten thousand small reads.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright.data.readers.base import BadFileError, Options

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEAD_BYTES = 1 << 16
HEAD_ROWS = 40
MISSING = frozenset({"", "-", "?", "na", "n/a", "nan", "null", "none", "#n/a"})
_DELIMITERS = ("\t", ";", "|", ",", " ")
_COMMENTS = ("#", "%", "//")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Dialect:
    """``skip`` lines come before the first data row (preamble and header); ``rows`` are the head's data rows."""

    encoding: str
    delimiter: str
    decimal_comma: bool
    header: tuple[str, ...] | None
    skip: int
    width: int
    rows: tuple[tuple[str, ...], ...]


def sniff(path: Path, options: Options) -> Dialect:
    """Conclude the dialect from the file's head. Raises BadFileError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise BadFileError("the file is empty")
    encoding = str(options.get("encoding") or _encoding(head))
    try:
        text = head.decode(encoding, errors="ignore" if len(head) == HEAD_BYTES else "strict")
    except (UnicodeDecodeError, LookupError) as error:
        raise BadFileError(f"can't be decoded as {encoding}: {error}") from error
    if "\0" in text:
        raise BadFileError("holds NUL bytes: not a text file")
    lines = text.splitlines()
    if len(head) == HEAD_BYTES and len(lines) > 1:
        lines.pop()  # cut in the middle
    numbered = [
        (i, line) for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(_COMMENTS)
    ]
    if not numbered:
        raise BadFileError("holds comments only")
    numbered = numbered[: HEAD_ROWS + 20]
    delimiter = str(options.get("delimiter") or _delimiter([line for _, line in numbered]))
    if _declares_delimiter(numbered[0][1]) and len(numbered) > 1:
        numbered.pop(0)
    split = split_lines([line for _, line in numbered], delimiter)
    cells = list(zip((i for i, _ in numbered), split, strict=False))
    width = Counter(len(row) for _, row in cells).most_common(1)[0][0]
    while len(cells) > 1 and len(cells[0][1]) != width:
        cells.pop(0)  # preamble of a logger: "sep=;", "Device: …"
    decimal_comma = _decimal_comma([row for _, row in cells], options)
    header = _header([row for _, row in cells], decimal_comma)
    if header:
        skip = cells[0][0] + 1
        body = cells[1:]
    else:
        skip = cells[0][0]
        body = cells
    rows = tuple(tuple(row) for _, row in body[:HEAD_ROWS] if len(row) == width)
    return Dialect(encoding, delimiter, decimal_comma, header, skip, width, rows)


def split_lines(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    """Cells of each line, without surrounding blanks; a blank delimiter stands for any run of white space."""
    if delimiter == " ":
        return [line.split() for line in lines]
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except (csv.Error, TypeError) as error:
        raise BadFileError(f"can't be split at {delimiter!r}: {error}") from error


def number(cell: str, decimal_comma: bool) -> float | None:
    """The number that a cell holds, or None. Missing cells are not numbers."""
    text = cell.replace(",", ".") if decimal_comma else cell
    if text.lower() in MISSING or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def is_missing(cell: str) -> bool:
    return cell.lower() in MISSING


def mostly_numbers(cells: list[str], decimal_comma: bool) -> bool:
    """Whether a column is meant to hold numbers: a slip of the pen in a few cells is an error to name, not a text."""
    good = sum(number(cell, decimal_comma) is not None for cell in cells)
    return 2 * good > len(cells) or not cells


def _encoding(head: bytes) -> str:
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    try:
        head[: -4 if len(head) == HEAD_BYTES else None].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _declares_delimiter(line: str) -> bool:
    """Excel's ``sep=;``."""
    return line.lower().startswith("sep=") and len(line.strip()) == 5


def _delimiter(lines: list[str]) -> str:
    if _declares_delimiter(lines[0]):
        return lines[0].strip()[4]
    tail = lines[-30:]  # a preamble stands at the start
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in split_lines(tail, delimiter))
        width, count = widths.most_common(1)[0]
        if width > 1 and count >= 0.8 * len(tail):
            return delimiter
    return ","


def _decimal_comma(rows: list[list[str]], options: Options) -> bool:
    given = options.get("decimal")
    if given is not None:
        if given not in (",", "."):
            raise BadFileError(f"the reader option 'decimal' must be ',' or '.', got {given!r}")
        return bool(given == ",")
    cells = [cell for row in rows for cell in row if "," in cell]
    if not cells:
        return False
    return all("." not in cell for cell in cells) and any(number(cell, True) is not None for cell in cells)


def _header(rows: list[list[str]], decimal_comma: bool) -> tuple[str, ...] | None:
    """The first row is a header if a column of numbers starts with something that is not one."""
    first, rest = rows[0], rows[1:]
    if not rest:
        return tuple(first) if all(number(cell, decimal_comma) is None for cell in first) else None
    counted = [str(i) for i in range(len(first))]
    if len(first) > 2 and first in (counted, ["", *counted[:-1]]):
        return tuple(first)  # column numbers, as pandas writes them
    for column, cell in enumerate(first):
        below = [row[column] for row in rest if column < len(row)]
        filled = [text for text in below if not is_missing(text)]
        if (
            filled
            and mostly_numbers(filled, decimal_comma)
            and not is_missing(cell)
            and number(cell, decimal_comma) is None
        ):
            return tuple(first)
    return None
