"""``edgewright import``: bring a project along from elsewhere."""

from __future__ import annotations

import click

from edgewright.cli.lazy import LazyGroup, examples

COMMANDS = {
    "edge-impulse": ("edgewright.cli.import_project.edge_impulse", "A project of Edge Impulse."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=examples("edgewright import edge-impulse export.zip -o pump"),
)
def command() -> None:
    """Bring a project along from elsewhere."""
