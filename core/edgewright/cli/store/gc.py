"""``edgewright store gc``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgewright.cli.amounts import size
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State

DAY = 86_400.0


def _number(_context: click.Context, _option: click.Parameter, days: float) -> float:
    if days != days:  # passes every range
        raise click.BadParameter("nan is not a number of days")
    return days


@click.command(epilog=examples("edgewright store gc", "edgewright store gc --days 0 --dry-run"))
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    callback=_number,
    default=1.0,
    show_default=True,
    help="Keep what was used within so many days.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
@click.pass_obj
def command(state: State, days: float, dry_run: bool, as_json: bool) -> None:
    """Remove results that no run folder uses and that nobody used lately, and leftovers of crashes.

    Containers of runs that died are removed too.
    """
    from edgewright.store import Store

    console = Console(as_json)
    collected = Store(None).gc(unused_seconds=days * DAY, dry_run=dry_run)
    swept = 0 if dry_run else sum(runner.sweep() for runner in state.plugins.runners().values())
    done = "would remove" if dry_run else "removed"
    console.print(
        f"{done} {len(collected.removed)} results ({size(collected.freed_bytes)}), {collected.kept} kept"
    )
    if swept:
        console.print(f"removed {swept} containers of runs that died")
    console.document(
        {
            "containers": swept,
            "removed": list(collected.removed),
            "kept": collected.kept,
            "freed_bytes": collected.freed_bytes,
            "dry_run": dry_run,
        }
    )
