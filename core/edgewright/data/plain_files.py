"""Recordings of any format written as plain files in folders by label: what ``edgewright data import`` does."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from edgewright.data.listing import list_files
from edgewright.data.plain_images import copy_images
from edgewright.data.readers.base import BadFileError
from edgewright.data.reading import recordings_of, shown
from edgewright.errors import DataError, UsageError
from edgewright.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.data.label_list import LabelList
    from edgewright.data.layout import FileFacts
    from edgewright.data.readers.base import Recording
    from edgewright.plugins import Plugins

_UNSAFE = re.compile(r"[^\w.+-]+")
TIME_COLUMN = "timestamp"  # milliseconds, as every CSV reader here takes it


@dataclass(frozen=True)
class Written:
    """What was written and what was not; whether it is ``images`` or recordings."""

    files: int
    images: bool
    skipped: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def write_plain(
    path: Path,
    out: Path,
    *,
    plugins: Plugins,
    reader: str | None = None,
    skip_bad: bool = False,
    labels: LabelList | None = None,
    options: Mapping[str, Any] | None = None,
) -> Written:
    """Write every recording of a data set to ``out/<split>/<label>/<name>.csv``.

    Recordings without a split or a label lie one folder higher. The first column is the time in milliseconds, where a
    rate is known. ``labels`` replace those that the data have; a recording whose label there is empty is left out.
    Images are copied as they are, their masks into ``out/ground_truth/``. ``options`` as in ``data.options``.

    Raises
    ------
    DataError
        Nothing to read, a bad file (unless `skip_bad`), or a label of a recording that isn't there. Nothing is left in
        `out` then.
    UsageError
        `out` holds something already.
    """
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty", hint="give a new or an empty folder")
    files = list_files(path, plugins.readers(), reader=reader, options=options)
    layout = files.layout(options or {})
    skipped: list[tuple[str, str]] = []
    warnings: list[str] = []
    taken: set[str] = set()
    images = files.reader.kind == "image"
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder("import", out.parent) as staging:
        built = staging / "data"
        built.mkdir()
        if images:
            _, skipped, warnings = copy_images(
                files,
                _relabelled(layout.facts, labels),
                built,
                partial(_free, taken=taken),
                skip_bad=skip_bad,
            )
        for file in () if images else files.files:
            try:
                recordings = list(recordings_of(files, file, layout.facts[file.relative], {}))
            except BadFileError as problem:
                place = shown(files, file) + (f":{problem.line}" if problem.line else "")
                if not skip_bad:
                    raise DataError(
                        f"{place}: {problem.reason}", hint="mend it, or leave such files out by --skip-bad"
                    ) from problem
                skipped.append((place, problem.reason))
                continue
            for recording in recordings:
                warnings += [f"{shown(files, file)}: {warning}" for warning in recording.warnings]
                given = None if labels is None else labels.label(file.relative, recording.part)
                if given == "":
                    continue
                if given is not None:
                    recording = replace(recording, label=given)
                _write(recording, built / _place(recording, file.path.stem, taken))
        _check_used(labels, path)
        if not taken:
            what = "image" if images else "recording"
            raise DataError(f"{path}: no {what} could be read", hint="see the files named above")
        if out.exists():
            out.rmdir()
        built.rename(out)
    return Written(len(taken), images, tuple(skipped), tuple(warnings))


def _relabelled(facts: Mapping[str, FileFacts], labels: LabelList | None) -> dict[str, FileFacts]:
    """Facts with the labels of a list, without the files whose label there is empty."""
    if labels is None:
        return dict(facts)
    given = {file: labels.label(file, "") for file in facts}
    return {
        file: fact if given[file] is None else replace(fact, label=given[file])
        for file, fact in facts.items()
        if given[file] != ""
    }


def _check_used(labels: LabelList | None, path: Path) -> None:
    unused = [] if labels is None else sorted(labels.unused())
    if labels is not None and unused:
        named = ", ".join(unused[:5]) + (", …" if len(unused) > 5 else "")
        raise DataError(
            f"{labels.shown}: {len(unused)} of {len(labels.labels)} entries name no recording of {path}: {named}",
            hint="files are named as they lie below the folder that is imported, with / between folders",
        )


def _place(recording: Recording, stem: str, taken: set[str]) -> str:
    """A relative path that no other recording has."""
    folders = tuple(part for part in (recording.split, recording.label) if part)
    return _free(folders, f"{stem}_{recording.part}" if recording.part else stem, taken=taken) + ".csv"


def _free(folders: tuple[str, ...], name: str, *, taken: set[str]) -> str:
    base = "/".join(_safe(part) for part in (*folders, name))
    place, number = base, 2
    while place.lower() in taken:
        place, number = f"{base}_{number}", number + 1
    taken.add(place.lower())
    return place


def _write(recording: Recording, path: Path) -> None:
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(recording.axes)
    table = recording.values.astype(np.float64)
    seconds = recording.times
    if seconds is None and recording.frequency:
        seconds = np.arange(len(table)) / recording.frequency
    if seconds is not None:
        columns, table = [TIME_COLUMN, *columns], np.column_stack([seconds * 1000.0, table])
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(_quoted(column) for column in columns) + "\n")
        np.savetxt(file, table, fmt="%.9g", delimiter=",")


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text).strip("._") or "_"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n\r;') else text
