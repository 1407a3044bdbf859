"""``edgewright store gc``."""

from __future__ import annotations

import click

from edgewright.cli.amounts import size
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

DAY = 86_400.0


@click.command(epilog=examples("edgewright store gc", "edgewright store gc --days 0 --dry-run"))
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Keep what was used within so many days.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
def command(days: float, dry_run: bool, as_json: bool) -> None:
    """Remove results that no run folder uses and that nobody used lately, and leftovers of crashes."""
    from edgewright.store import Store

    console = Console(as_json)
    collected = Store(None).gc(unused_seconds=days * DAY, dry_run=dry_run)
    done = "would remove" if dry_run else "removed"
    console.print(
        f"{done} {len(collected.removed)} results ({size(collected.freed_bytes)}), {collected.kept} kept"
    )
    console.document(
        {
            "removed": list(collected.removed),
            "kept": collected.kept,
            "freed_bytes": collected.freed_bytes,
            "dry_run": dry_run,
        }
    )
