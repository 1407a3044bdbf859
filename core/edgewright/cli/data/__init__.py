"""``edgewright data``: look at data before anything is learned from them."""

from __future__ import annotations

import click

from edgewright.cli.lazy import LazyGroup, examples

COMMANDS = {
    "show": ("edgewright.cli.data.show", "Show classes, durations, rates, gaps and bad files."),
    "split": ("edgewright.cli.data.split", "Show what an impulse trains, calibrates and tests on."),
    "import": (
        "edgewright.cli.data.import_data",
        "Write data of any known format as plain CSV or images, by label.",
    ),
    "transform": ("edgewright.cli.data.transform", "Make new data by a transform block."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=examples("edgewright data show data/pump", "edgewright data split impulse.yaml"),
)
def command() -> None:
    """Look at data before anything is learned from them."""
