"""Read a data set: every recording at one rate, end to end in ``signal.npy``, described in ``recordings.json``."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.listing import FOLDER_OPTIONS, DataFile, Inventory
from edgewright.data.readers.base import BadFileError, Recording
from edgewright.data.resampling import interpolate, resample, same_rate
from edgewright.data.signal_file import SignalWriter
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from edgewright.data.layout import FileFacts
    from edgewright.data.readers.base import Signal
    from edgewright_specs.impulse import DataSpec, InputSpec

TABULAR_RATE = 1.0
_MOST_WARNINGS = 20


@dataclass(frozen=True)
class ReadSummary:
    """What ``read`` did; ``lines`` for a person, ``skipped`` are (file, reason)."""

    samples: int
    length: int
    axes: tuple[str, ...]
    frequency: float
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


def read(inventory: Inventory, data: DataSpec, input: InputSpec, out: Path) -> ReadSummary:  # noqa: A002 - the impulse's word
    """Write ``out/signal.npy`` and ``out/recordings.json``.

    Parameters
    ----------
    inventory : Inventory
    data, input : the sections of the impulse
        Used here: ``data.options``, ``data.skip_bad``; ``input.kind``, ``input.frequency``, ``input.axes``.
    out : Path
        An existing folder.

    Raises
    ------
    DataError
        A file that can't be read (unless ``skip-bad``), axes that differ, a rate that is unknown, or rates that differ
        while the impulse names none.
    """
    if input.kind == "image" or inventory.reader.kind == "image":
        from edgewright.data.image_reading import read_images

        return read_images(inventory, data, input, out)
    layout = inventory.layout(data.options)
    reading = _Reading(inventory, data, input, out)
    try:
        for file in inventory.files:
            reading.file(file, layout.facts[file.relative])
    finally:
        if reading.writer is not None:
            reading.writer.close()
    return reading.finish(layout.lines)


class _Reading:
    """The state of one ``read``: what the first recording settled, and what has been written."""

    def __init__(self, inventory: Inventory, data: DataSpec, input: InputSpec, out: Path) -> None:  # noqa: A002
        self.inventory, self.out, self.kind = inventory, out, input.kind
        self.tabular = input.kind == "tabular"
        self.options = dict(data.options)
        if self.tabular and inventory.reader.name == "csv":
            self.options["rows"] = "samples"
        self.skip = data.skip_bad
        self.wanted = tuple(input.axes) if input.axes else None
        self.target = TABULAR_RATE if self.tabular else input.frequency
        self.own_rate = self.target is None
        self.axes: tuple[str, ...] = ()
        self.units: tuple[str, ...] = ()
        self.first = ""
        self.writer: SignalWriter | None = None
        self.samples: list[dict[str, Any]] = []
        self.noted: list[tuple[str, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.resampled: Counter[float] = Counter()
        self.names: set[str] = set()

    def file(self, file: DataFile, fact: FileFacts) -> None:
        """Read one file whole, or not at all."""
        before = len(self.samples)
        place = shown(self.inventory, file)
        noted: list[tuple[str, str]] = []
        try:
            for recording in recordings_of(self.inventory, file, fact, self.options):
                noted += [(place, warning) for warning in recording.warnings]
                for sample in _rows(recording) if self.tabular else (recording,):
                    self._sample(file, sample)
            self.noted += noted
        except BadFileError as problem:
            place += f":{problem.line}" if problem.line else ""
            if not self.skip:
                raise bad_file(place, problem) from problem
            self.skipped.append((place, problem.reason))
            if self.writer is not None and len(self.samples) > before:
                self.writer.truncate(self.samples[before]["offset"])
                del self.samples[before:]

    def _sample(self, file: DataFile, recording: Recording) -> None:
        values = self._chosen_axes(recording)
        if self.writer is None:
            self.first = shown(self.inventory, file)
            self.axes = self.wanted or recording.axes
            units = dict(zip(recording.axes, recording.units, strict=False))
            self.units = tuple(units.get(name, "") for name in self.axes)
            if self.target is None and recording.frequency is None:
                raise DataError(
                    f"{self.first}: the file does not say how many samples a second it holds",
                    hint="set input.frequency (Hz) in the impulse",
                )
            self.target = self.target or recording.frequency
            self.writer = SignalWriter(self.out / "signal.npy", (len(self.axes),))
        elif self.wanted is None and recording.axes != self.axes:
            raise BadFileError(
                f"has the axes {_list(recording.axes)}, while {self.first} has {_list(self.axes)}; "
                "choose common ones by input.axes"
            )
        values = self._at_rate(recording, values)
        # The hash is of what the file holds, before axes are chosen or rates changed: splits outlive both.
        content = hashlib.sha256(np.ascontiguousarray(recording.values).data)
        self.samples.append(
            {
                "name": unique_name(file.relative, recording.part, self.names),
                "file": file.relative,
                "label": recording.label,
                "split": recording.split,
                "offset": self.writer.length,
                "length": len(values),
                "metadata": dict(recording.metadata),
                "sha256": content.hexdigest(),
            }
        )
        self.writer.append(values)

    def _chosen_axes(self, recording: Recording) -> Signal:
        if self.wanted is None or self.wanted == recording.axes:
            return recording.values
        missing = [name for name in self.wanted if name not in recording.axes]
        if missing:
            raise BadFileError(f"has no axis {_list(missing)}; it has {_list(recording.axes)}")
        return recording.values[:, [recording.axes.index(name) for name in self.wanted]]

    def _at_rate(self, recording: Recording, values: Signal) -> Signal:
        rate, target = recording.frequency, self.target
        assert target is not None
        if rate is not None and self.own_rate and not same_rate(rate, target):
            raise BadFileError(
                f"is at {rate:g} Hz, while {self.first} is at {target:g} Hz; "
                "set input.frequency to the rate that all should have"
            )
        if recording.times is not None and recording.length > 1:
            return interpolate(values, recording.times, target)
        if rate is None or same_rate(rate, target):
            return values
        self.resampled[rate] += 1
        return resample(values, rate, target)

    def finish(self, layout_lines: Sequence[str]) -> ReadSummary:
        """Write ``recordings.json``. Raises DataError when nothing was read."""
        if self.writer is None or self.target is None or not self.samples:
            reasons = "; ".join(f"{file}: {reason}" for file, reason in self.skipped[:3])
            raise DataError(f"{self.inventory.shown}: no recording could be read", hint=reasons or None)
        warnings = [f"skipped {file}: {reason}" for file, reason in self.skipped] + together(self.noted)
        warnings += [
            f"{count} recording(s) at {rate:g} Hz resampled to {self.target:g} Hz"
            for rate, count in sorted(self.resampled.items())
        ]
        lines = (*self.inventory.notes(), *layout_lines)
        bounded = bounded_warnings(warnings)
        document = {
            "kind": self.kind,
            "reader": self.inventory.reader.name,
            "axes": list(self.axes),
            "units": list(self.units),
            "frequency": self.target,
            "samples": self.samples,
            "lines": list(lines),
            "warnings": list(bounded),
            "skipped": [list(item) for item in self.skipped],
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        (self.out / "recordings.json").write_text(text, encoding="utf-8")
        return ReadSummary(
            len(self.samples),
            self.writer.length,
            self.axes,
            self.target,
            lines,
            bounded,
            tuple(self.skipped),
        )


def bad_file(
    place: str,
    problem: BadFileError,
    skip: str = "set data.skip-bad: true; `edgewright data show` lists all such files",
) -> DataError:
    """The error for a file that can't be read, where such files aren't skipped; `skip` says how they would be."""
    return DataError(f"{place}: {problem.reason}", hint=f"mend or remove the file, or {skip}")


def unique_name(relative: str, part: str, taken: set[str]) -> str:
    """A sample's name: its file without the ending, and what tells it from others; it goes into ``taken``."""
    end = f"#{part}" if part else ""
    name = (relative.rpartition(".")[0] or relative) + end
    if name in taken:
        name = relative + end
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}.{number}"
        number += 1
    taken.add(unique)
    return unique


def recordings_of(
    inventory: Inventory, file: DataFile, fact: FileFacts, options: Mapping[str, Any]
) -> Iterator[Recording]:
    """Recordings of one file with what the folder knows added. Raises BadFileError for whatever goes wrong."""
    reader_options = {key: value for key, value in options.items() if key not in FOLDER_OPTIONS}
    try:
        for recording in inventory.reader.recordings(file.path, reader_options):
            if len(recording.values) == 0 and inventory.reader.kind == "signal":
                raise BadFileError("holds no values")
            yield from _with_facts(recording, fact)
    except BadFileError:
        raise
    except Exception as error:  # a reader, ours or a plugin's, met bytes that nobody thought of
        raise BadFileError(f"{type(error).__name__}: {error}") from error


def _with_facts(recording: Recording, fact: FileFacts) -> Iterator[Recording]:
    """The file's own label and split come first; labels that change in time cut the recording."""
    metadata = {**fact.metadata, **recording.metadata}
    label = recording.label if recording.label is not None else fact.label
    whole = replace(recording, label=label, split=recording.split or fact.split, metadata=metadata)
    if not fact.segments:
        yield whole
        return
    if recording.part:
        raise BadFileError("labels that change in time are given for a file that holds several recordings")
    end = -1
    for segment in fact.segments:
        if segment.first <= end or segment.last < segment.first or segment.last >= recording.length:
            raise BadFileError(
                f"the label {segment.label!r} is given for rows {segment.first} to {segment.last}; they must rise, "
                f"not overlap and stay below {recording.length}"
            )
        end = segment.last
    for number, segment in enumerate(fact.segments, 1):
        rows = slice(segment.first, segment.last + 1)
        times = None if recording.times is None else recording.times[rows] - recording.times[segment.first]
        warnings = recording.warnings if number == 1 else ()
        yield replace(
            whole,
            values=recording.values[rows],
            times=times,
            label=segment.label,
            part=str(number),
            warnings=warnings,
        )


def _rows(recording: Recording) -> Iterator[Recording]:
    for row in range(recording.length):
        label = recording.row_labels[row] if recording.row_labels is not None else recording.label
        part = f"{recording.part}.{row + 1}" if recording.part else str(row + 1)
        yield Recording(
            recording.values[row : row + 1],
            recording.axes,
            recording.units,
            TABULAR_RATE,
            label=label,
            part=part,
            split=recording.split,
            metadata=recording.metadata,
        )


def shown(inventory: Inventory, file: DataFile) -> str:
    """A file as the user wrote its folder."""
    folder = inventory.shown.rstrip("/")
    return folder if folder.endswith(file.relative) else f"{folder}/{file.relative}"


def together(noted: Iterable[tuple[str, str]]) -> list[str]:
    """One line for all files with the same remark, in order of appearance.

    Parameters
    ----------
    noted : (file, remark) pairs
    """
    files: dict[str, list[str]] = {}
    for file, remark in noted:
        named = files.setdefault(remark, [])
        if file not in named:
            named.append(file)
    return [
        f"{named[0]}{f' and {len(named) - 1} more' if len(named) > 1 else ''}: {remark}"
        for remark, named in files.items()
    ]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def bounded_warnings(warnings: list[str]) -> tuple[str, ...]:
    """As many warnings as a person reads, and how many more there are."""
    if len(warnings) <= _MOST_WARNINGS:
        return tuple(warnings)
    return (*warnings[:_MOST_WARNINGS], f"and {len(warnings) - _MOST_WARNINGS} more warnings of this kind")
