"""Delimited text: CSV, TSV and the like, with or without header, time, label, recording and group columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.data.readers.base import BadFileError, Options, Recording, known_options, number_option
from edgewright.data.readers.csv_columns import columns_of
from edgewright.data.readers.csv_dialect import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgewright.data.readers.base import Kind

_SUFFIXES = (".csv", ".tsv")
_SHARED_SUFFIXES = (".txt", ".dat", ".data", ".asc")
_OPTIONS = (
    "decimal", "delimiter", "encoding", "frequency", "group", "id", "ignore", "label", "missing", "rows", "time",
    "time-unit",
)  # fmt: skip


class CsvReader:
    """See docs/data.md for what is detected and for the options."""

    name = "csv"
    version = 1
    kind: Kind = "signal"

    def detect(self, path: Path) -> bool:
        suffix = path.suffix.lower()
        if suffix in _SUFFIXES:
            return True
        if suffix not in _SHARED_SUFFIXES:
            return False
        try:
            dialect = sniff(path, {})
            columns_of(dialect, {})
        except (BadFileError, OSError):
            return False
        return len(dialect.rows) >= 2

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        from edgewright.data.readers.csv_file import Table, series, tabular

        known_options(options, _OPTIONS, self.name)
        if options.get("missing", "refuse") not in ("refuse", "interpolate", "drop"):
            raise BadFileError(
                f"the reader option 'missing' must be refuse, interpolate or drop, got {options['missing']!r}"
            )
        dialect = sniff(path, options)
        columns = columns_of(dialect, options)
        table = Table(path, dialect, columns, options)
        if options.get("rows") == "samples":
            yield from tabular(table)
        else:
            yield from series(table, number_option(options, "frequency"))
