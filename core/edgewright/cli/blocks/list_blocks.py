"""``edgewright blocks list``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples, json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(epilog=examples("edgewright blocks list", "edgewright blocks list --json"))
@json_option
@click.pass_obj
def command(state: State, as_json: bool) -> None:
    """List the blocks that this installation and its plugins bring."""
    from edgewright.registry import builtin_folders, resolve

    console = Console(as_json)
    blocks = [resolve(name, Path.cwd(), state.plugins) for name in builtin_folders(state.plugins)]
    kinds = ("processing", "learning", "deployment", "transform")
    blocks.sort(key=lambda block: (kinds.index(block.type) if block.type in kinds else 9, block.name))
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
    return (text or "").strip().split(". ")[0].rstrip(".")[:90]
