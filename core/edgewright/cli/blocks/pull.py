"""``edgewright blocks pull``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(
    epilog=examples(
        "edgewright blocks pull registry.example.com/team/my-block:1.0",
        "edgewright blocks pull localhost:5000/blocks/kmeans:2 -o kmeans",
    )
)
@click.argument("reference", metavar="REF")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write the block's folder here."
)
@json_option
def command(reference: str, output: Path | None, as_json: bool) -> None:
    """Fetch a block from a registry, so that an impulse can name it (`block: REF`); with -o its folder too.

    What the tag names now is fetched, also if an older image of that tag is here. Nothing of the block is run.
    """
    from edgewright.sharing.pull import pull

    console = Console(as_json)
    with console.progress(f"pulling {reference}") as update:
        pulled = pull(reference, output, lambda line: update(0, 0, line[:80]))
    block = pulled.block
    console.print(f"{pulled.reference}  ({block.name}, {block.type})")
    if pulled.pinned:
        console.print(f"  {pulled.pinned}")
    if output is not None:
        console.print(f"  {len(pulled.files)} files in {output}")
    console.document(
        {
            "block": block.name,
            "type": block.type,
            "digest": block.digest,
            "reference": pulled.reference,
            "pinned": pulled.pinned,
            "folder": None if output is None else str(output),
            "files": pulled.files,
        }
    )
