"""``edgewright blocks init``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.blocks_init import KINDS, write_block
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(
    epilog=examples(
        "edgewright blocks init processing my_block", "edgewright blocks init learning blocks/odd_one"
    )
)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@json_option
def command(kind: str, folder: Path, as_json: bool) -> None:
    """Write a new block that runs, with its test, Dockerfile and device code, to start from.

    The folder's name becomes the block's name.
    """
    console = Console(as_json)
    written = write_block(kind, folder)
    root = folder.resolve()
    for path in written:
        console.print(f"  {folder / path.relative_to(root)}")
    console.print(
        f"Read {folder}/README.md, change {folder}/block.py, then: edgewright blocks check {folder}"
    )
    console.document({"folder": str(root), "files": [str(path.relative_to(root)) for path in written]})
