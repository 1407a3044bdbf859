"""``edgewright blocks init``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgewright.blocks_init import KINDS, NewBlock, write_block
from edgewright.blocks_init.new_block import EXAMPLES, parse_param
from edgewright.cli.blocks.asking import ask
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright.errors import UsageError


@click.command(
    epilog=examples(
        "edgewright blocks init",
        "edgewright blocks init processing my_block --yes",
        "edgewright blocks init processing level --param gain:float/0..10=1 --param mode:select/mean/peak=mean",
        "edgewright blocks init learning blocks/scratches --visual",
    )
)
@click.argument("kind", type=click.Choice(KINDS), required=False)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR", required=False)
@click.option("--title", default="", help="What the block is called where people read it.")
@click.option("--description", default="", help="What it does, in one sentence.")
@click.option("--author", default="", help="Who wrote it.")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME:TYPE=DEFAULT",
    help=f"A parameter of the new block: {EXAMPLES}. May be given again.",
)
@click.option("--no-device", is_flag=True, help="Leave the device code out: a block that is never deployed.")
@click.option("--visual", is_flag=True, help="A learning block over images, with a score and a map for each.")
@click.option("--yes", is_flag=True, help="Ask nothing; take what isn't given as the template has it.")
@json_option
def command(
    kind: str | None,
    folder: Path | None,
    title: str,
    description: str,
    author: str,
    params: tuple[str, ...],
    no_device: bool,
    visual: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Write a new block that runs, with its test, Dockerfile and device code, to start from.

    The folder's name becomes the block's name. On a terminal, what no option says is asked for; with any option, or
    --yes, nothing is.
    """
    console = Console(as_json)
    flags = bool(title or description or author or params or no_device or visual or yes or as_json)
    asked = not flags and sys.stdin.isatty() and sys.stdout.isatty()
    if asked:
        new = ask(kind, folder)
    elif kind is None or folder is None:
        raise UsageError(
            "kind and folder of the new block are missing"
            if kind is None
            else "the folder of the new block is missing",
            hint="for example: edgewright blocks init processing my_block",
        )
    else:
        new = NewBlock(
            kind, folder, title, description, author, tuple(map(parse_param, params)), not no_device, visual
        )
    written = write_block(new)
    root = new.folder.resolve()
    for path in written:
        console.print(f"  {new.folder / path.relative_to(root)}")
    console.print(
        f"Read {new.folder}/README.md, change {new.folder}/block.py, then: edgewright blocks check {new.folder}"
    )
    for item in new.params:
        console.note(f"{item['param']}: declared; it does nothing until {new.folder}/block.py uses it")
    console.document({"folder": str(root), "files": [str(path.relative_to(root)) for path in written]})
