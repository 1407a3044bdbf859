"""Printing: text for people, one JSON document for machines, and nothing that could drive a terminal.

Names of samples, labels, logs and messages of blocks are untrusted: every string that is printed passes
:func:`~edgewright.terminal.printable` first, colours are added after.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from edgewright.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def clean(text: object) -> str:
    """Text of anything, safe to print."""
    return printable(str(text))


class Console:
    """Where a command prints. With `as_json` only :meth:`document` writes to stdout."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    def print(self, text: object = "", *, fg: str | None = None, bold: bool = False) -> None:
        """Print a line for people on stdout; silent with ``--json``."""
        if not self.as_json:
            click.secho(clean(text), fg=fg, bold=bold)

    def note(self, text: object, *, fg: str | None = None, bold: bool = False) -> None:
        """Print a line for people on stderr."""
        click.secho(clean(text), fg=fg, bold=bold, err=True)

    def document(self, document: Any) -> None:
        """Print the one JSON document; silent without ``--json``."""
        if self.as_json:
            click.echo(json.dumps(document, indent=2, ensure_ascii=True, default=_plain))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, indent: int = 0) -> None:
        """Print rows in aligned columns; numbers to the right, everything else to the left."""
        if self.as_json:
            return
        cells = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
        right = [
            bool(rows) and all(isinstance(row[place], (int, float)) for row in rows)
            for place in range(len(columns))
        ]
        widths = [
            max([len(column), *(len(row[place]) for row in cells)]) for place, column in enumerate(columns)
        ]
        lines = [list(columns), *cells]
        for number, line in enumerate(lines):
            padded = [
                cell.rjust(width) if at_right else cell.ljust(width)
                for cell, width, at_right in zip(line, widths, right, strict=True)
            ]
            click.secho((" " * indent + "  ".join(padded)).rstrip(), bold=number == 0)

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[int, int, str], None]]:
        """Show a bar on a terminal while the block runs; elsewhere nothing. Gives ``update(done, total, text)``."""
        if self.as_json or not sys.stderr.isatty():
            yield lambda _done, _total, _text: None
            return
        # rich takes about 60 ms to import: only where somebody looks.
        from rich.console import Console as Terminal
        from rich.markup import escape
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with Progress(*columns, TimeElapsedColumn(), console=Terminal(stderr=True), transient=True) as bar:
            task = bar.add_task(escape(clean(title)), total=None)

            def update(done: int, total: int, text: str) -> None:
                shown = f"{title}: {text}" if text else title
                bar.update(task, completed=done, total=total or None, description=escape(clean(shown)))

            yield update


def _plain(value: Any) -> Any:
    """What json doesn't know: paths, numpy numbers and arrays."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
