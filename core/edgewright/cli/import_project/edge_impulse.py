"""``edgewright import edge-impulse``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "edge-impulse",
    epilog=examples(
        "edgewright import edge-impulse export.zip -o pump",
        "edgewright import edge-impulse deployment-metadata.json -o pump",
        "edgewright import edge-impulse project/ -o pump --copy",
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    default="imported",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="New or empty folder.",
)
@click.option("--copy", is_flag=True, help="Copy the recordings too; those of a zip archive always are.")
@json_option
@click.pass_obj
def command(state: State, path: Path, output: Path, copy: bool, as_json: bool) -> None:
    """Make an impulse of what a project of Edge Impulse exported, and name what could not be carried over.

    PATH is a data export (zip or folder with training/ and testing/), deployment-metadata.json, the impulse as the API's
    JSON, K-means or mixture tables, a C++ export, or a folder with several of them. Nothing of it is executed.
    """
    from edgewright.moving import import_edge_impulse

    console = Console(as_json)
    done = import_edge_impulse(path, output, plugins=state.plugins, copy=copy)
    for fate, mark in (("carried", "+"), ("changed", "~"), ("left", "-")):
        for note in done.notes.of(fate):  # type: ignore[arg-type]
            console.print(
                f"{mark} {note.what}" + (f": {note.why}" if note.why else ""),
                fg={"left": "yellow"}.get(fate),
            )
            if note.do:
                console.print(f"    → {note.do}")
    console.print(
        f"wrote {output}/impulse.yaml and {output}/imported.md (+ carried, ~ changed, - left behind)"
    )
    console.print(
        f"next: edgewright run {output}/impulse.yaml"
        if done.runs
        else f"next: see {output}/imported.md; the impulse needs what it names before it runs",
        bold=True,
    )
    console.document(
        {
            "ok": True,
            "output": str(output),
            "recordings": done.recordings,
            "runs": done.runs,
            **done.notes.to_document(),
            "text": done.text,
        }
    )
