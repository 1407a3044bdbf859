"""``edgewright runs compare``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from edgewright.cli.amounts import duration, number, size
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(
    "compare",
    epilog=examples(
        "edgewright runs compare runs/A runs/latest", "edgewright runs compare runs/A runs/B --all"
    ),
)
@click.argument("first", type=click.Path(path_type=Path), metavar="A")
@click.argument("second", type=click.Path(path_type=Path), metavar="B")
@click.option("--all", "everything", is_flag=True, help="Also what is the same, and the time of every task.")
@json_option
def command(first: Path, second: Path, everything: bool, as_json: bool) -> None:
    """Put two runs side by side: parameters, versions, data, metrics, sizes, times."""
    from edgewright.comparison import compare
    from edgewright.running import Run

    console = Console(as_json)
    rows = compare(Run(first), Run(second))
    section = ""
    for row in rows:
        shown = row.differs or row.section in ("metrics", "sizes") or row.name == "run"
        if not everything and (not shown or (row.section == "times" and row.name != "run")):
            continue
        if row.section != section:
            section = row.section
            console.print(f"\n{section:<40} {first.name:>24} {second.name:>24}", bold=True)
        form = size if row.section == "sizes" else duration if row.section == "times" else number
        values = ["–" if value is None else form(value) for value in (row.first, row.second)]
        line = f"  {row.name:<38} {values[0]:>24} {values[1]:>24}"
        console.print(line, fg="yellow" if row.differs and row.section != "times" else None)
    console.document(
        {
            "first": str(first),
            "second": str(second),
            "rows": [{**asdict(row), "differs": row.differs} for row in rows],
        }
    )
