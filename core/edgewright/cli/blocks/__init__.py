"""``edgewright blocks``: everything about single blocks."""

from __future__ import annotations

import click

from edgewright.cli.lazy import LazyGroup, examples

COMMANDS = {
    "list": ("edgewright.cli.blocks.list_blocks", "List the blocks that this installation brings."),
    "show": ("edgewright.cli.blocks.show", "Show what a block takes: parameters, defaults, ranges."),
    "init": ("edgewright.cli.blocks.init", "Write a new block that runs, with its test and device code."),
    "dev": ("edgewright.cli.blocks.dev", "Run a block at each save and show what comes out."),
    "check": ("edgewright.cli.blocks.check", "Prove that a block keeps its promises."),
    "readme": ("edgewright.cli.blocks.readme", "Write the parameter table of a block's README."),
    "build": ("edgewright.cli.blocks.build", "Build a block's container image."),
    "push": ("edgewright.cli.blocks.push", "Give a block to a registry."),
    "pull": ("edgewright.cli.blocks.pull", "Take a block from a registry."),
    "run": ("edgewright.cli.blocks.run", "Run one operation of a block on a folder of inputs."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=examples(
        "edgewright blocks list",
        "edgewright blocks init processing my_block",
        "edgewright blocks check my_block",
    ),
)
def command() -> None:
    """Everything about single blocks. A block is a built-in name, a folder, or an image."""
