"""Template block: the same data folder with the numbers of its CSV files multiplied."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

from edgewright_sdk import BlockError, Context, Params, TransformBlock

if TYPE_CHECKING:
    from pathlib import Path


class TemplateBlock(TransformBlock):
    """Reads a folder and writes a folder of the same layout, so labels and splits stay what they were."""

    def apply(self, source: Path | None, params: Params, out: Path, context: Context) -> None:
        """Write every file of `source` to `out`, CSV files changed, others as they are."""
        if source is None:
            raise BlockError("no data: this block changes a data folder, so it must be given one")
        files = sorted(path for path in source.rglob("*") if path.is_file())
        if not files:
            raise BlockError("the data folder is empty")
        for number, path in enumerate(files, start=1):
            target = out / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix.lower() == ".csv":
                scale(path, target, params.factor, params.time_column)
            else:
                shutil.copyfile(path, target)
            context.progress(number, len(files))
        context.metric("files", len(files))


def scale(path: Path, target: Path, factor: float, time_column: str) -> None:
    """Copy one CSV file with its numbers multiplied; a cell that is no number stays as it is."""
    with (
        path.open(newline="", encoding="utf-8") as source,
        target.open("w", newline="", encoding="utf-8") as out,
    ):
        rows = csv.reader(source)
        writer = csv.writer(out, lineterminator="\n")
        header = next(rows, [])
        writer.writerow(header)
        kept = [name.strip() == time_column for name in header]
        for row in rows:
            writer.writerow(
                [cell if keep else scaled(cell, factor) for cell, keep in zip(row, kept, strict=False)]
            )


def scaled(cell: str, factor: float) -> str:
    """One cell, multiplied if it is a number."""
    try:
        return repr(float(cell) * factor)
    except ValueError:
        return cell
