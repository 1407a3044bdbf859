"""``edgewright images``: container images, here and elsewhere."""

from __future__ import annotations

import click

from edgewright.cli.lazy import LazyGroup, examples

COMMANDS = {
    "build": (
        "edgewright.cli.images.build",
        "Build the framework's images and those of the built-in blocks.",
    ),
    "save": ("edgewright.cli.images.save", "Write them into one archive."),
    "load": ("edgewright.cli.images.load", "Give the engine the images of an archive."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=examples(
        "edgewright images build",
        "edgewright images save edgewright.tar      # here, with a network",
        "edgewright images load edgewright.tar      # there, without",
    ),
)
def command() -> None:
    """Build container images, or move them to a machine without network."""
