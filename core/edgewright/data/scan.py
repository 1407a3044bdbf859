"""Look through a data set without writing anything: facts of every recording, ranges of every axis, every bad file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.listing import list_files
from edgewright.data.readers.base import BadFileError, MissingCellsError
from edgewright.data.reading import recordings_of, shown, together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgewright.data.listing import DataFile, Inventory
    from edgewright.data.readers.base import Reader, Recording

#: Files whose shape decides between time series and table, read from both ends of the list.
_FEW_FILES = 4
_SHORT_RUN = 8


@dataclass(frozen=True)
class Facts:
    """One recording (of a table: one row) without its values."""

    label: str | None
    split: str | None
    length: int
    frequency: float | None
    seconds: float | None
    axes: tuple[str, ...]
    metadata: Mapping[str, str | float]


@dataclass
class AxisRange:
    """Running statistics of one axis."""

    unit: str = ""
    count: int = 0
    minimum: float = float("inf")
    maximum: float = float("-inf")
    total: float = 0.0
    squares: float = 0.0

    def add(self, values: Any) -> None:
        column = np.asarray(values, dtype=np.float64)
        self.count += len(column)
        self.minimum = min(self.minimum, float(column.min()))
        self.maximum = max(self.maximum, float(column.max()))
        self.total += float(column.sum())
        self.squares += float(column @ column)

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def std(self) -> float:
        """Population standard deviation."""
        return max(self.squares / self.count - self.mean**2, 0.0) ** 0.5 if self.count else 0.0


@dataclass
class Scan:
    """What was found. ``kind``: ``time-series``, ``tabular`` or ``image``; ``read`` of ``inventory.files`` were opened.

    ``noted`` and ``bad``: (file, text); ``missing`` of the bad ones have missing cells.
    """

    inventory: Inventory
    kind: str
    facts: list[Facts] = field(default_factory=list)
    ranges: dict[str, AxisRange] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    read: int = 0
    missing: int = 0

    @property
    def warnings(self) -> list[str]:
        """What readers remarked, one line for all files that share a remark."""
        return together(self.noted)

    def label_counts(self) -> Counter[str | None]:
        return Counter(fact.label for fact in self.facts)

    def rates(self) -> Counter[float | None]:
        """How many recordings have which rate; None: unknown."""
        return Counter(fact.frequency for fact in self.facts)

    def axis_sets(self) -> Counter[tuple[str, ...]]:
        return Counter(fact.axes for fact in self.facts)


def scan(
    path: Path,
    readers: Sequence[Reader],
    *,
    reader: str | None = None,
    options: Mapping[str, Any] | None = None,
    most_files: int | None = None,
) -> Scan:
    """Read a data set, one recording in memory at a time.

    Parameters
    ----------
    path : Path
        A folder or a file.
    readers : sequence of Reader
    reader, options : as in an impulse
    most_files : int, optional
        Open at most so many files, spread evenly; labels and splits are taken from all of them anyway.

    Raises
    ------
    DataError
        Nothing there that can be read. Single bad files are collected, not raised.
    """
    return scan_files(list_files(path, readers, reader=reader, options=options), options, most_files)


def scan_files(
    found: Inventory,
    options: Mapping[str, Any] | None = None,
    most_files: int | None = None,
    *,
    tabular: bool | None = None,
) -> Scan:
    """Read files that are listed already; `options` as of :func:`scan`, `tabular` where it is known whether rows are samples."""
    from edgewright.data.image_reading import masks_of, picture_of

    options = dict(options or {})
    layout = found.layout(options)
    files = found.files if most_files is None else _spread(found.files, most_files)
    kind = "image" if found.reader.kind == "image" else "time-series"
    if options.get("rows") == "samples":
        kind = "tabular"
    if found.reader.name == "csv" and "rows" not in options:
        kind = "tabular" if (_is_table(found, options) if tabular is None else tabular) else kind
    if kind == "tabular":
        options["rows"] = "samples"
    result = Scan(found, kind, lines=[*found.notes(), *layout.lines], read=len(files))
    for file in files:
        place = shown(found, file)
        try:
            if kind == "image":  # what the header says is no promise
                picture = picture_of(found, file)
                masks_of(found, file, picture.pixels.shape[1], picture.pixels.shape[0])
                result.noted += [(place, remark) for remark in picture.remarks]
            for recording in recordings_of(found, file, layout.facts[file.relative], options):
                _note(result, recording, place)
        except BadFileError as error:
            result.missing += isinstance(error, MissingCellsError)
            result.bad.append((place + (f":{error.line}" if error.line else ""), error.reason))
    return result


def _note(result: Scan, recording: Recording, place: str) -> None:
    result.noted += [(place, warning) for warning in recording.warnings]
    rows: Sequence[str | None] = [recording.label]
    length, frequency, seconds = recording.length, recording.frequency, recording.seconds
    if result.kind == "tabular":
        rows = recording.row_labels or [recording.label] * recording.length
        length, frequency, seconds = 1, None, None
    for label in rows:
        result.facts.append(
            Facts(label, recording.split, length, frequency, seconds, recording.axes, recording.metadata)
        )
    if recording.length:
        units = dict(zip(recording.axes, recording.units, strict=False))
        for column, name in enumerate(recording.axes):
            axis = result.ranges.setdefault(name, AxisRange(units.get(name, "")))
            axis.add(recording.values[:, column])


def _is_table(found: Inventory, options: Mapping[str, Any]) -> bool:
    """Whether rows are samples by themselves.

    They are where recordings come out a few rows long (labels that change from row to row), and where one to four files
    without any time column hold everything.
    """
    lengths: list[int] = []
    timed = False
    layout = found.layout(options)
    for file in _spread(found.files, 2 * _FEW_FILES):
        try:
            for recording in recordings_of(found, file, layout.facts[file.relative], options):
                lengths.append(recording.length)
                timed = timed or recording.frequency is not None
        except BadFileError:
            continue
    if not lengths:
        return False
    if float(np.mean(lengths)) < _SHORT_RUN:
        return True
    return not timed and len(found.files) <= _FEW_FILES and "frequency" not in options


def _spread(files: Sequence[DataFile], most: int) -> Sequence[DataFile]:
    if len(files) <= most:
        return files
    return [files[i * len(files) // most] for i in range(most)]
