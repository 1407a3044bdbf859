"""``edgewright parity``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "parity", epilog=examples("edgewright parity runs/latest", "edgewright parity runs/latest --json")
)
@click.argument("run", type=click.Path(path_type=Path))
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(state: State, run: Path, runner: str, trust: bool, as_json: bool) -> int:
    """Compare everything that can run a finished run's impulse: runners, processors, boards, WebAssembly.

    Each cell is the largest difference of a node's outputs from what the run computed for the windows of its self-test.
    Processors and boards that aren't here are emulated by qemu; what is missing is named, and is no failure. Ends with 1
    where something differs by more than its tolerance. --runner says where packages are compiled and run.
    """
    from edgewright.parity import parity
    from edgewright.running import Options, Run

    console = Console(as_json)
    with console.progress("parity") as update:
        table = parity(
            Run(run), options=Options(runner=runner, trust=trust), plugins=state.plugins,
            tell=lambda text: update(0, 0, text),
        )  # fmt: skip
    columns = [f"{node} ({output})" for node, output in table.nodes.items()]
    rows = [[engine, *(row[node].text() for node in table.nodes)] for engine, row in table.cells.items()]
    console.print(f"build {table.build_id}, {table.windows} windows, compared with the run's own results")
    console.table(["", *columns], rows)
    for engine, why in table.absent.items():
        console.print(f"{engine}: {why}")
    for engine, why in table.failures.items():
        console.print(f"{engine}: {why}", fg="red")
    if not table.ok:
        console.print("something differs by more than its tolerance", fg="red")
    console.document(table.document())
    return 0 if table.ok else 1
