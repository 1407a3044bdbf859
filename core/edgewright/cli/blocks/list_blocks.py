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


@click.command(
    epilog=examples(
        "edgewright blocks list",
        "edgewright blocks list --type deployment --json",
        "edgewright blocks list --remote registry.example.com/team",
    )
)
@click.option("--type", "kind", type=click.Choice(BLOCK_TYPES), help="List blocks of this type only.")
@click.option(
    "--remote", metavar="REGISTRY[/PATH]", help="List the blocks of a registry instead; nothing is pulled."
)
@json_option
@click.pass_obj
def command(state: State, kind: str | None, remote: str | None, as_json: bool) -> None:
    """List the blocks that this installation and its plugins bring, or those of a registry."""
    from edgewright.registry import builtin_folders, resolve

    console = Console(as_json)
    if remote is not None:
        _list_remote(remote, kind, console)
        return
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


def _list_remote(place: str, kind: str | None, console: Console) -> None:
    from dataclasses import asdict

    from edgewright.sharing.listing import list_remote

    blocks = [block for block in list_remote(place) if kind in (None, block.type)]
    console.table(
        ["reference", "name", "type", "what it does"],
        [[b.reference, b.name, b.type, _first_sentence(b.description or b.title)] for b in blocks],
    )
    if not blocks:
        console.note(f"no blocks at {place}")
    console.document([asdict(block) for block in blocks])


def _first_sentence(text: str | None) -> str:
    sentence = (text or "").strip().split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= 90 else f"{sentence[:90].rsplit(' ', 1)[0]} …"
