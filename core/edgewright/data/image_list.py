"""A CSV file that lists images: paths, and beside each its label, split, mask and whatever else is known of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from edgewright.data.layout import FileFacts
from edgewright.data.names import plain, split_of
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgewright.data.readers.base import Reader

#: What columns are called, without case, ``_`` and ``-``; the first that is there counts.
PATH_COLUMNS: Final = ("path", "image", "file", "filename", "file name", "image path")
LABEL_COLUMNS: Final = ("label", "class")
SPLIT_COLUMNS: Final = ("split", "category", "set")
MASK_COLUMNS: Final = ("mask", "mask path")
#: Kinds of objects, each with a normal look of its own (VisA calls them so).
ITEM_COLUMNS: Final = ("item", "object")


@dataclass(frozen=True)
class Listed:
    """One line: an image, its facts, and its mask where the line names one."""

    relative: str
    path: Path
    facts: FileFacts
    mask: tuple[str, Path] | None


def lists_images(path: Path, reader: Reader) -> bool:
    """Whether a CSV file is a list of images: it has a column of paths, and the first of them has an image's suffix."""
    if path.suffix.lower() != ".csv":
        return False
    try:
        columns, rows = _rows(path)
        column = _column(columns, PATH_COLUMNS)
        first = next(rows, None) if column else None
    except DataError:
        return False
    return first is not None and reader.detect(Path(first[1].get(column or "") or ""))


def read_image_list(path: Path) -> list[Listed]:
    """Read the list; paths are relative to its folder.

    Raises
    ------
    DataError
        A line without a path, with the path of a file that isn't there, or with one of an earlier line.
    """
    columns, rows = _rows(path)
    known = {
        name: _column(columns, names)
        for name, names in (
            ("path", PATH_COLUMNS), ("label", LABEL_COLUMNS), ("split", SPLIT_COLUMNS), ("mask", MASK_COLUMNS),
            ("item", ITEM_COLUMNS),
        )
    }  # fmt: skip
    listed: dict[str, Listed] = {}
    for line, row in rows:
        given = {name: (row.get(column or "") or "").strip() for name, column in known.items()}
        where = f"{path.name}:{line}"
        relative, file = _file(path.parent, given["path"], where)
        if relative in listed:
            raise DataError(f"{where}: {relative} is listed twice", hint="keep one line an image")
        metadata: dict[str, str | float] = {
            name: value.strip()
            for name, value in row.items()
            if name and value and value.strip() and name not in known.values()
        }
        if given["item"]:
            metadata["item"] = given["item"]
        facts = FileFacts(given["label"] or None, split_of(given["split"]), metadata)
        mask = _file(path.parent, given["mask"], where) if given["mask"] else None
        listed[relative] = Listed(relative, file, facts, mask)
    if not listed:
        raise DataError(f"{path}: lists no image", hint="the first line names the columns: path,label")
    return list(listed.values())


def _rows(path: Path) -> tuple[list[str], Iterator[tuple[int, Mapping[str, Any]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = csv.DictReader(text.splitlines())
        columns = [name for name in rows.fieldnames or () if name]
        lines = [(rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = (error.strerror or error) if isinstance(error, OSError) else error
        raise DataError(f"{path}: can't be read as CSV: {reason}", hint="save it as CSV in UTF-8") from None
    return columns, iter(lines)


def _column(columns: list[str], names: tuple[str, ...]) -> str | None:
    by_name = {plain(column): column for column in reversed(columns)}
    return next((by_name[name] for name in names if name in by_name), None)


def _file(folder: Path, given: str, where: str) -> tuple[str, Path]:
    if not given:
        raise DataError(f"{where}: names no image", hint="write its path, relative to the list")
    relative = PurePosixPath(given.replace("\\", "/"))
    path = folder / relative
    if not path.is_file():
        raise DataError(f"{where}: there is no file {given}", hint=f"paths start from {folder}")
    return relative.as_posix(), path
