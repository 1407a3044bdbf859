"""``edgewright blocks list``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright_specs.interface import BLOCK_TYPES

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(epilog=examples("edgewright blocks list", "edgewright blocks list --type deployment --json"))
@click.option("--type", "kind", type=click.Choice(BLOCK_TYPES), help="List blocks of this type only.")
@json_option
@click.pass_obj
def command(state: State, kind: str | None, as_json: bool) -> None:
    """List the blocks that this installation and its plugins bring."""
    from edgewright.registry import builtin_folders, resolve

    console = Console(as_json)
    found = [resolve(name, Path.cwd(), state.plugins) for name in builtin_folders(state.plugins)]
    blocks = [block for block in found if kind in (None, block.type)]
    blocks.sort(key=lambda block: (BLOCK_TYPES.index(block.type), block.name))
    console.table(
        ["name", "type", "parameters", "what it does"],
        [[b.name, b.type, len(b.spec.parameters), _first_sentence(b.spec.description)] for b in blocks],
    )
    console.document(
        [
            {
                "name": block.name,
                "type": block.type,
                "title": block.spec.title,
                "description": block.spec.description,
                "folder": str(block.folder),
                "digest": block.digest,
            }
            for block in blocks
        ]
    )


def _first_sentence(text: str | None) -> str:
    sentence = (text or "").strip().split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= 90 else f"{sentence[:90].rsplit(' ', 1)[0]} …"
