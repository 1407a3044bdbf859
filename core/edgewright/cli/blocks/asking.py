"""The questions of ``edgewright blocks init``, on a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from edgewright.blocks_init import KINDS, NewBlock, try_out
from edgewright.blocks_init.new_block import EXAMPLES, WITH_DEVICE, parse_param
from edgewright.errors import UsageError
from edgewright_specs.problems import SpecError

_KINDS = {
    "processing": "turns windows into features",
    "learning": "learns from features and scores them",
    "deployment": "makes a package for a target out of a trained impulse",
    "transform": "makes a data folder of a data folder",
}


def ask(kind: str | None, folder: Path | None) -> NewBlock:
    """Ask for everything but what the command line said already."""
    if kind is None:
        for name, meaning in _KINDS.items():
            click.echo(f"  {name:<11} {meaning}")
        kind = str(
            click.prompt("Kind of block", type=click.Choice(KINDS), default=KINDS[0], show_choices=False)
        )
    while True:
        if folder is None:
            folder = Path(str(click.prompt("Folder, whose name becomes the block's")))
        new = NewBlock(kind, folder)
        try:
            new.check()
            break
        except UsageError as error:
            _say(error)
            folder = None
    visual = kind == "learning" and click.confirm(
        "Does it read images (and score where in them)?", default=False
    )
    device = kind in WITH_DEVICE and not visual and click.confirm("With device code in C++?", default=True)
    title = _text("Title", new.name.replace("_", " ").capitalize())
    description = _text("What it does, in one sentence (Enter: as the template says)", "")
    author = _text("Author (Enter: none)", "")
    return _with_params(NewBlock(kind, folder, title, description, author, (), device, visual))


def _text(question: str, default: str) -> str:
    while True:
        text = str(click.prompt(question, default=default, show_default=bool(default)))
        if text.isprintable():
            return text
        click.echo("  one line of text, please")


def _with_params(new: NewBlock) -> NewBlock:
    """Ask for parameters until an empty line; each is tried in the block's spec at once."""
    click.echo(f"Parameters of its own: {EXAMPLES}")
    while True:
        text = str(
            click.prompt("A parameter, NAME:TYPE=DEFAULT (Enter: no more)", default="", show_default=False)
        )
        if not text:
            return new
        try:
            longer = replace(new, params=(*new.params, parse_param(text)))
            try_out(longer)
        except UsageError as error:
            _say(error)
        except SpecError as error:
            for problem in error.problems:
                click.echo(f"  {problem}")
        else:
            new = longer


def _say(error: UsageError) -> None:
    click.echo(f"  {error.message}")
    if error.hint:
        click.echo(f"  → {error.hint}")
