"""``edgewright report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


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
@click.pass_obj
def command(state: State, run: Path, output: Path | None, show: bool, as_json: bool) -> None:
    """Write a run's report again: one self-contained page that needs no network."""
    from edgewright.report import write
    from edgewright.running import Run

    console = Console(as_json)
    finished = Run(run)
    path = output or finished.path / "report.html"
    write(finished, path, extra=state.plugins.report_panels())
    console.print(path)
    console.document({"ok": True, "report": str(path)})
    if show:
        click.launch(path.resolve().as_uri())
