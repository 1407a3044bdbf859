"""``edgewright report``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples, json_option


@click.command(
    "report",
    epilog=examples("edgewright report runs/latest", "edgewright report runs/latest -o pump.html --open"),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write; default report.html in the run folder.",
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@json_option
def command(run: Path, output: Path | None, show: bool, as_json: bool) -> None:
    """Write a run's report again: one self-contained page that needs no network."""
    from edgewright.report import write
    from edgewright.running import Run

    console = Console(as_json)
    finished = Run(run)
    path = output or finished.path / "report.html"
    write(finished, path)
    console.print(path)
    console.document({"ok": True, "report": str(path)})
    if show:
        click.launch(path.resolve().as_uri())
