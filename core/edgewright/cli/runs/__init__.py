"""``edgewright runs``: what was run, and how runs differ."""

from __future__ import annotations

import click

from edgewright.cli.lazy import LazyGroup, examples

COMMANDS = {
    "ls": ("edgewright.cli.runs.ls", "List runs with their outcome."),
    "compare": ("edgewright.cli.runs.compare", "Put two runs side by side: parameters, metrics, sizes."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=examples("edgewright runs ls", "edgewright runs compare runs/A runs/B"),
)
def command() -> None:
    """List finished runs, or compare two of them."""
