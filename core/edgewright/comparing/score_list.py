"""The other side is a list of scores in a CSV file: ``sample`` or ``file``, perhaps ``start``, and ``score`` or classes."""

from __future__ import annotations

import csv
import math
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from edgewright.comparing.runs import Places, moved
from edgewright.comparing.sides import Answer, abnormality
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.comparing.sides import Question
    from edgewright.running.fresh import Fresh

_SAMPLE = ("sample", "file", "filename", "name", "recording", "path")
_START = ("start", "time", "start_s", "start_ms", "startms", "time_ms", "timestamp", "timestamp_ms")
_SCORE = ("score", "anomaly", "anomaly_score")
#: Columns that say something else of a window; what is left holds the shares of classes.
_OTHER = ("label", "node", "p", "anomalous", "decision", "threshold", "split", "end", "end_ms")


def answer_of_list(path: Path, question: Question) -> Answer:
    """Match the rows of the list with the question's windows.

    ``start`` is in seconds, ``start_ms`` in milliseconds. Without either a recording has one row (its score), or one
    for each of its windows, in order.

    Raises
    ------
    DataError
        Columns that are missing, a cell that is no number, rows that match no window.
    """
    header, rows = _read(path)
    names = {name.strip().lower(): name for name in header}
    sample_column = _column(names, _SAMPLE)
    start_column = _column(names, _START)
    by_class = question.classifies or question.wishes.by == "classes"
    score_column = None if by_class else _column(names, _SCORE)
    if sample_column is None:
        raise DataError(f"{path}:1: has no column sample or file; it has {', '.join(header)}")
    known = {*_SAMPLE, *_START, *_SCORE, *_OTHER}
    classes = [name for plain, name in names.items() if plain not in known and plain]
    if score_column is None and not classes:
        raise DataError(
            f"{path}:1: has neither a column score nor columns of classes; it has {', '.join(header)}"
        )
    notes: list[str] = []
    shares: dict[str, NDArray[np.float64]] = {}
    if score_column is not None:
        values = np.array([_number(path, line, row, score_column) for line, row in rows])
    else:
        shares = {name: np.array([_number(path, line, row, name) for line, row in rows]) for name in classes}
        values, told = abnormality(shares, question, where=str(path))
        notes += told
        values = np.resize(values, len(rows)) if question.classifies else values
    at_window: list[int | None] = [None] * len(rows)
    recordings = np.full(len(question.fresh.samples), np.nan)
    find = _samples(question.fresh)
    of_sample: dict[int, list[int]] = {}
    strange = []
    for number, (_line, row) in enumerate(rows):
        sample = find.get(row[sample_column].strip())
        if sample is None:
            strange.append(row[sample_column])
        else:
            of_sample.setdefault(sample, []).append(number)
    places = Places(question.fresh)
    beside = 0
    for sample, numbers in of_sample.items():
        if start_column is not None:
            unit = 1000.0 if start_column.strip().lower().endswith("ms") else 1.0
            for number in numbers:
                line, row = rows[number]
                at = places.find(sample, _number(path, line, row, start_column) / unit)
                beside += at is None
                at_window[number] = at
        elif len(numbers) == places.count(sample):
            for number, at in zip(numbers, places.all(sample), strict=True):
                at_window[number] = at
        elif len(numbers) == 1 and not question.classifies:
            recordings[sample] = values[numbers[0]]
        else:
            name = question.fresh.samples[sample]["name"]
            raise DataError(
                f"{path}: {name} has {len(numbers)} rows and {places.count(sample)} windows, and no column start",
                hint="add a column start (seconds) or start_ms, or give one row a recording",
            )
    if not any(at is not None for at in at_window) and not np.isfinite(recordings).any():
        raise DataError(
            f"{path}: no row matches a window; the first names {rows[0][1][sample_column]!r}"
            if rows
            else f"{path}: is empty",
            hint=f"the recordings are called {', '.join(str(s['name']) for s in question.fresh.samples[:3])} …",
        )
    if strange:
        notes.append(
            f"{len(strange)} row(s) name recordings that are not in the data, such as {strange[0]!r}"
        )
    if beside:
        notes.append(f"{beside} row(s) start where the run has no window")
    only = recordings if np.isfinite(recordings).any() else None
    return Answer(
        "list of scores", path.name, moved(values, at_window, question.count), only, notes=tuple(notes),
        classes={name: moved(share, at_window, question.count) for name, share in shares.items()},
    )  # fmt: skip


def _read(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=head.count)
            reader = csv.DictReader(file, delimiter=delimiter, restval="")
            header = [name for name in reader.fieldnames or [] if name is not None]
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: can't be read as CSV: {error}") from error
    if len(set(header)) != len(header):
        raise DataError(f"{path}:1: two columns have one name")
    return header, rows


def _column(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _number(path: Path, line: int, row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}:{line}: {column}: {row[column]!r} is not a finite number")
    return value


def _samples(fresh: Fresh) -> Mapping[str, int]:
    """Samples by name, path and file name; what would mean two samples means none."""
    found: dict[str, set[int]] = {}
    for number, sample in enumerate(fresh.samples):
        file = PurePosixPath(str(sample["file"]))
        for key in {str(sample["name"]), str(file), file.name, file.stem}:
            found.setdefault(key, set()).add(number)
    return {key: next(iter(numbers)) for key, numbers in found.items() if len(numbers) == 1}
