"""``edgewright store fsck``."""

from __future__ import annotations

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(epilog=examples("edgewright store fsck"))
@json_option
def command(as_json: bool) -> int:
    """Hash every stored file again, whatever is remembered of it.

    Damaged results are put aside, so that the next run makes them anew. Exit code 1 if there were any.
    """
    from edgewright.store import Store

    console = Console(as_json)
    checked = Store(None).fsck()
    for key, why in checked.damaged.items():
        console.print(f"damaged: {key[:12]}: {why}", fg="red")
    console.print(f"{checked.sound} results are sound, {len(checked.damaged)} were damaged and put aside")
    console.document({"sound": checked.sound, "damaged": checked.damaged})
    return 1 if checked.damaged else 0
