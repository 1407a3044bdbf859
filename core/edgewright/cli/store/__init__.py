"""``edgewright store``: upkeep of the folder of results."""

from __future__ import annotations

import click

from edgewright.cli.lazy import LazyGroup, examples

COMMANDS = {
    "ls": ("edgewright.cli.store.ls", "List what is stored, with size and age."),
    "fsck": ("edgewright.cli.store.fsck", "Hash every stored file again; damaged results are put aside."),
    "gc": ("edgewright.cli.store.gc", "Remove results that no run folder uses."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=examples("edgewright store ls", "edgewright store fsck", "edgewright store gc --days 30"),
)
def command() -> None:
    """Upkeep of the store: the folder of results that runs share ($EDGEWRIGHT_STORE, else in the user's cache)."""
