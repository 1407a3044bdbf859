"""``edgewright demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command("demo", epilog=examples("edgewright demo", "edgewright demo -o /tmp/motion --runner docker"))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("edgewright-demo"),
    show_default=True,
    help="Folder of the demo.",
)
@runner_option
@click.option(
    "--open/--no-open", "show", default=None, help="Open the report; by default where there is a desktop."
)
@json_option
@click.pass_obj
def command(state: State, output: Path, runner: str, show: bool | None, as_json: bool) -> None:
    """Motion recordings to a report, a C++ and a WASM library: everything that Edgewright does, on real data.

    People standing and walking are normal, running and playing badminton are not. The recordings (BasicMotions, 80 of
    10 seconds) come out of a package on PyPI.
    """
    from edgewright import demo
    from edgewright.cli.run import RunListener, show_run
    from edgewright.running import Options, run_impulse

    console = Console(as_json)
    impulse = demo.prepare(output, console.note)
    with console.progress("demo") as update:
        run = run_impulse(
            impulse, runs=output / "runs", options=Options(runner=runner, verify=True), plugins=state.plugins,
            listeners=(RunListener(console, update),),
        )  # fmt: skip
    console.print()
    show_run(console, run)
    console.print(
        f"\nNext: edgewright score {run.path} {impulse.parent / 'data'} | edgewright init YOUR_DATA"
    )
    if show if show is not None else demo.has_desktop():
        click.launch((run.path / "report.html").resolve().as_uri())
