"""``edgewright init``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright.errors import UsageError
from edgewright.trees import replacing

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "init",
    epilog=examples(
        "edgewright init data/pump",
        "edgewright init data/pump -o pump.yaml",
        "edgewright init --normal good/ --abnormal faulty/",
    ),
)
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option("--normal", type=click.Path(path_type=Path), metavar="DIR", help="Samples known to be normal.")
@click.option(
    "--abnormal", type=click.Path(path_type=Path), metavar="DIR", help="Samples known to be abnormal."
)
@click.option("--reader", help="How to read the files; detected if not given.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("impulse.yaml"),
    show_default=True,
    help="Where the impulse goes.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
@click.pass_obj
def command(
    state: State,
    data: Path | None,
    normal: Path | None,
    abnormal: Path | None,
    reader: str | None,
    output: Path,
    force: bool,
    as_json: bool,
) -> None:
    """Look at a folder of data and write an impulse.yaml for it, with a comment for each choice.

    The file runs as it is. It is YAML for you to change.
    """
    from edgewright.data import suggest

    console = Console(as_json)
    if output.exists() and not force:
        raise UsageError(
            f"{output} is there already", hint="choose another name by -o, or replace it by --force"
        )
    suggestion = suggest(data, normal=normal, abnormal=abnormal, reader=reader, plugins=state.plugins)
    text = suggestion.to_yaml(output.parent)
    output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(output) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    for note in suggestion.notes:
        console.print(note)
    for warning in suggestion.warnings:
        console.note(f"warning: {warning}", fg="yellow")
    console.print(f"wrote {output}; next: edgewright run {output}", bold=True)
    console.document(
        {
            "ok": True,
            "impulse": str(output),
            "kind": suggestion.kind,
            "notes": list(suggestion.notes),
            "warnings": list(suggestion.warnings),
            "text": text,
        }
    )
