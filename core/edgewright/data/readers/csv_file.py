"""Recordings of a delimited file whose dialect and columns are known: its cells as arrays, cut where a recording ends."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.readers.base import (
    BadFileError,
    Clock,
    MissingCellsError,
    Options,
    Recording,
    as_signal,
    clock_of,
    long_pauses,
)
from edgewright.data.readers.csv_dialect import is_missing, number, split_lines
from edgewright.data.readers.csv_time import iso_seconds, numeric_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.data.readers.csv_columns import Columns
    from edgewright.data.readers.csv_dialect import Dialect

_FLAGS = {"0": "normal", "0.0": "normal", "false": "normal", "no": "normal"} | dict.fromkeys(
    ("1", "1.0", "true", "yes"), "anomaly"
)
#: More different texts than this in a nameless text column are remarks, not labels.
_MOST_LABELS = 50


class Table:
    """The columns of one file as arrays: ``values`` (rows, axes), ``seconds`` and the text columns by role."""

    def __init__(self, path: Path, dialect: Dialect, columns: Columns, options: Options) -> None:
        self.warnings = list(columns.notes)
        self.axes = tuple(name for _, name, _ in columns.axes)
        self.units = tuple(unit for _, _, unit in columns.axes)
        wanted = [column for column, _, _ in columns.axes]
        timed = columns.time is not None and not columns.time_text
        if columns.time is not None and timed:
            wanted = [*wanted, columns.time]
        keys = [columns.label, columns.recording, columns.group, columns.time if columns.time_text else None]
        texts = sorted({column for column in [*keys, *columns.text] if column is not None})
        numbers, strings = _load(path, dialect, wanted, texts)
        if not np.isfinite(numbers).all():
            numbers, strings = self._mend(path, dialect, wanted, texts, str(options.get("missing", "refuse")))
        self.values = as_signal(numbers[:, : len(self.axes)])
        by_column = {column: strings[:, i] for i, column in enumerate(texts)}
        self.seconds: NDArray[np.float64] | None = None
        if columns.time is not None and len(numbers):
            if timed:
                self.seconds = numeric_seconds(numbers[:, -1], columns.time_unit, columns.time_name)
            else:
                self.seconds = iso_seconds(by_column[columns.time])
        label = columns.label if columns.label is not None else self._guess_label(columns, by_column, dialect)
        self.label = _labels(by_column[label], columns.label_is_flag) if label is not None else None
        self.recording = by_column[columns.recording] if columns.recording is not None else None
        if self.recording is not None and "id" not in options and _is_counter(self.recording):
            self.recording = None
        self.group = by_column[columns.group] if columns.group is not None else None
        self.metadata: dict[str, str | float] = {}
        for column in columns.text:
            cells = by_column[column]
            if column != label and len(cells) and (cells == cells[0]).all():
                self.metadata[_column_name(dialect, column)] = str(cells[0])
            elif column != label:
                self.warnings.append(f"the text column {_column_name(dialect, column)!r} is ignored")

    def _mend(
        self, path: Path, dialect: Dialect, wanted: list[int], texts: list[int], policy: str
    ) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        """Missing cells: refuse with the line, bridge by straight lines, or drop the rows."""
        numbers, strings, lines = _load_by_cell(path, dialect, wanted, texts)
        bad = ~np.isfinite(numbers)
        rows = bad.any(axis=1)
        if policy == "refuse":
            row = int(np.argmax(rows))
            column = wanted[int(np.argmax(bad[row]))]
            raise MissingCellsError(
                f"the cell of column {_column_name(dialect, column)!r} is empty or not finite "
                f"({int(rows.sum())} row(s) like it; set data.options to {{missing: interpolate}} or {{missing: drop}})",
                line=lines[row],
            )
        if rows.all():
            raise BadFileError("every row has a missing cell")
        if policy == "drop":
            self.warnings.append(f"{int(rows.sum())} row(s) with missing cells dropped")
            return numbers[~rows], strings[~rows]
        self.warnings.append(f"{int(bad.sum())} missing cell(s) bridged by straight lines")
        positions = np.arange(len(numbers))
        for column in np.flatnonzero(bad.any(axis=0)):
            good = ~bad[:, column]
            if not good.any():
                raise BadFileError(
                    f"the column {_column_name(dialect, wanted[column])!r} has no value at all"
                )
            numbers[~good, column] = np.interp(positions[~good], positions[good], numbers[good, column])
        return numbers, strings

    def _guess_label(
        self, columns: Columns, by_column: dict[int, NDArray[np.str_]], dialect: Dialect
    ) -> int | None:
        """A single text column that repeats a few words is the label."""
        fitting = [
            column
            for column in columns.text
            if 1 < len(np.unique(by_column[column])) <= min(_MOST_LABELS, len(by_column[column]) // 2)
        ]
        if len(fitting) != 1:
            return None
        self.warnings.append(f"the column {_column_name(dialect, fitting[0])!r} is read as the label")
        return fitting[0]


def series(table: Table, frequency: float | None) -> Iterator[Recording]:
    """Cut the rows where recording, group or label change, where time goes back, and at long pauses."""
    count = len(table.values)
    if not count:
        raise BadFileError("there are no rows of data")
    order, cuts = _cuts(table)
    whole = clock_of(table.seconds) if table.seconds is not None and len(cuts) == 2 else None
    parts: dict[str, int] = {}
    for first, last in itertools.pairwise(cuts):
        rows = slice(first, last) if order is None else order[first:last]
        clock = whole
        if table.seconds is not None and clock is None:
            clock = clock_of(table.seconds[rows])
        clock = clock or Clock(None, None, ())
        start = first if order is None else int(order[first])
        metadata = dict(table.metadata)
        if table.group is not None:
            metadata["group"] = str(table.group[start])
        part = ""
        if len(cuts) > 2:
            part = str(table.recording[start]) if table.recording is not None else "1"
            parts[part] = parts.get(part, 0) + 1
            if table.recording is None:
                part = str(parts[part])
            elif parts[part] > 1:
                part = f"{part}.{parts[part]}"
        yield Recording(
            table.values[rows],
            table.axes,
            table.units,
            frequency=clock.frequency or frequency,
            times=clock.times,
            label=str(table.label[start]) if table.label is not None else None,
            part=part,
            metadata=metadata,
            warnings=(*(table.warnings if first == 0 else ()), *clock.warnings),
        )


def _cuts(table: Table) -> tuple[NDArray[np.intp] | None, list[int]]:
    """Row order (None: as it stands) and the positions where recordings start, ending with the count."""
    keys = [key for key in (table.recording, table.group, table.label) if key is not None]
    order: NDArray[np.intp] | None = None
    if table.recording is not None:
        # Interleaved recordings are brought together, each in its own order, in order of appearance.
        _, first, code = np.unique(table.recording, return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(first))[code.ravel()]
        if (np.diff(rank) < 0).any():
            order = np.argsort(rank, kind="stable")
    change = np.zeros(len(table.values), dtype=bool)
    change[0] = True
    for key in keys:
        sorted_key = key if order is None else key[order]
        change[1:] |= sorted_key[1:] != sorted_key[:-1]
    if table.seconds is not None:
        seconds = table.seconds if order is None else table.seconds[order]
        change[1:] |= np.diff(seconds) < 0
        change[1:] |= long_pauses(seconds)
    return order, [*np.flatnonzero(change).tolist(), len(change)]


def tabular(table: Table) -> Iterator[Recording]:
    """Every row a sample; one recording a group, so that groups can be kept on one side."""
    if not len(table.values):
        raise BadFileError("there are no rows of data")
    groups = (
        [("", slice(None))]
        if table.group is None
        else [(g, table.group == g) for g in np.unique(table.group)]
    )
    for name, rows in groups:
        labels = tuple(table.label[rows].tolist()) if table.label is not None else None
        metadata = {**table.metadata, "group": str(name)} if name else dict(table.metadata)
        yield Recording(
            table.values[rows],
            table.axes,
            table.units,
            part=str(name),
            metadata=metadata,
            warnings=tuple(table.warnings),
            row_labels=labels,
        )


def _load(
    path: Path, dialect: Dialect, wanted: list[int], texts: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Read by NumPy's C parser; what it can't parse is read again cell by cell, which names the line."""
    delimiter = None if dialect.delimiter == " " else dialect.delimiter
    # Without `comments`, which would also cut a label such as "fault #3"; lines of remarks take the slow way.
    common: dict[str, Any] = {"delimiter": delimiter, "ndmin": 2, "quotechar": '"', "comments": None}
    if not dialect.rows:
        raise BadFileError("there are no rows of data")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of no data
            numbers = np.loadtxt(
                _body(path, dialect, decimal_comma=dialect.decimal_comma), usecols=wanted, **common
            )
            strings: NDArray[np.str_] = np.empty((len(numbers), 0), dtype=np.str_)
            if texts:
                strings = np.char.strip(
                    np.loadtxt(_body(path, dialect), usecols=texts, dtype=np.str_, **common)
                )
        return numbers, strings
    except (ValueError, IndexError, UserWarning):
        numbers, strings, _ = _load_by_cell(path, dialect, wanted, texts)
        return numbers, strings


def _body(path: Path, dialect: Dialect, *, decimal_comma: bool = False) -> Iterator[str]:
    """The lines of data without blank ones, of which NumPy would warn."""
    with path.open(encoding=dialect.encoding) as file:
        for line in itertools.islice(file, dialect.skip, None):
            if not line.isspace():
                yield line.replace(",", ".") if decimal_comma else line


def _load_by_cell(
    path: Path, dialect: Dialect, wanted: list[int], texts: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.str_], list[int]]:
    """Slow and exact: missing cells become NaN, anything else that is no number is named with its line."""
    numbers: list[list[float]] = []
    strings: list[list[str]] = []
    lines: list[int] = []
    with path.open(encoding=dialect.encoding, newline="") as file:
        for line, text in enumerate(file, 1):
            if line <= dialect.skip or not text.strip() or text.lstrip().startswith(("#", "%", "//")):
                continue
            cells = split_lines([text], dialect.delimiter)[0]
            if len(cells) <= max([*wanted, *texts]):
                raise BadFileError(f"has {len(cells)} cell(s) where {dialect.width} are expected", line=line)
            numbers.append([_cell(cells[column], column, dialect, line) for column in wanted])
            strings.append([cells[column] for column in texts])
            lines.append(line)
    if not numbers:
        raise BadFileError("there are no rows of data")
    return np.array(numbers), np.array(strings, dtype=np.str_).reshape(len(numbers), len(texts)), lines


def _cell(text: str, column: int, dialect: Dialect, line: int) -> float:
    if is_missing(text):
        return float("nan")
    value = number(text, dialect.decimal_comma)
    if value is None:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        raise BadFileError(
            f"{shown!r} in column {_column_name(dialect, column)!r} is not a number", line=line
        )
    return value


def _column_name(dialect: Dialect, column: int) -> str:
    return (dialect.header[column] if dialect.header else "") or str(column + 1)


def _labels(cells: NDArray[np.str_], is_flag: bool) -> NDArray[np.str_]:
    """Flags such as ``anomaly: 0/1`` become the labels normal and anomaly; other labels stay as written."""
    if not is_flag:
        return cells
    kinds = np.unique(cells)
    if not all(str(kind).lower() in _FLAGS for kind in kinds):
        return cells
    return np.array([_FLAGS[str(cell).lower()] for cell in cells.tolist()])


def _is_counter(cells: NDArray[np.str_]) -> bool:
    """An id that changes with nearly every row counts rows; it does not name recordings."""
    return len(cells) > 1 and float(np.mean(cells[1:] != cells[:-1])) > 0.5
