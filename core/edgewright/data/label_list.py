"""Lists of labels as CSV: what ``edgewright label`` writes, a person corrects, and ``data import --labels`` takes."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COLUMNS = ("file", "part", "label")


@dataclass
class LabelList:
    """Labels by file, and by part where a file holds several recordings; ``used`` are the entries asked for so far."""

    shown: str
    labels: dict[tuple[str, str], str]
    used: set[tuple[str, str]] = field(default_factory=set)

    def label(self, file: str, part: str) -> str | None:
        """The label of a recording; an empty one leaves it out, and None says nothing of it."""
        for key in ((file, part), (file, "")):
            if key in self.labels:
                self.used.add(key)
                return self.labels[key]
        return None

    def unused(self) -> list[str]:
        """Entries that no recording asked for."""
        return [f"{file}#{part}" if part else file for file, part in self.labels.keys() - self.used]


def read_label_list(path: Path) -> LabelList:
    """Read a CSV file with the columns ``file``, ``label`` and, if files hold several recordings, ``part``.

    Raises
    ------
    DataError
        No such file, no such columns, or two labels for one recording.
    """
    labels: dict[tuple[str, str], str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or []
            missing = [name for name in ("file", "label") if name not in columns]
            if missing:
                raise DataError(
                    f"{path}: has no column {missing[0]!r}; it has {', '.join(columns) or 'none'}",
                    hint="the first line names the columns: file,label (and part, where files hold several recordings)",
                )
            for row in rows:
                key = ((row["file"] or "").strip().replace("\\", "/"), (row.get("part") or "").strip())
                label = (row["label"] or "").strip()
                if not key[0]:
                    raise DataError(
                        f"{path}:{rows.line_num}: names no file", hint="write `file,label` in each line"
                    )
                if labels.setdefault(key, label) != label:
                    raise DataError(
                        f"{path}:{rows.line_num}: {key[0]} has the label {labels[key]!r} in an earlier line and {label!r} here",
                        hint="give each recording one label",
                    )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = (error.strerror or error) if isinstance(error, OSError) else error
        raise DataError(
            f"{path}: the labels can't be read: {reason}", hint="give a CSV file in UTF-8"
        ) from None
    return LabelList(str(path), labels)


def write_label_list(path: Path, rows: Iterable[tuple[str, str, str, str]], note: str) -> None:
    """Write rows of file, part, label, and a fourth column called ``note`` for whoever reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, note])
        writer.writerows(rows)
