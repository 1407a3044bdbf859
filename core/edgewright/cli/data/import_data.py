"""``edgewright data import``."""

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
    "import",
    epilog=examples(
        "edgewright data import export/ -o data/pump",
        "edgewright data import X_TRAIN.ts -o data/motion --skip-bad",
        "edgewright data import data/six --labels labels.csv -o data/labelled",
        "edgewright data import --normal good/ --abnormal scratched/ -o data/lids",
    ),
)
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option("--normal", type=click.Path(path_type=Path), metavar="DIR", help="Samples known to be normal.")
@click.option(
    "--abnormal", type=click.Path(path_type=Path), metavar="DIR", help="Samples known to be abnormal."
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="New or empty folder.",
)
@click.option("--reader", help="How to read the files; detected if not given.")
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="CSV",
    help="Labels by file, as `edgewright label` writes them; they replace those of the data.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out files that can't be read, and name them.")
@json_option
@click.pass_obj
def command(
    state: State,
    data: Path | None,
    normal: Path | None,
    abnormal: Path | None,
    output: Path,
    reader: str | None,
    labels: Path | None,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Write recordings of any known format as plain files: DIR/<split>/<label>/<name>.csv, or images as they are.

    Edge Impulse's exports, WAV files, .ts, .mat and .npy become files that every tool reads. The originals stay as
    they are. With --labels a recording with an empty label is left out.
    """
    from edgewright.data.label_list import read_label_list
    from edgewright.data.plain_files import write_plain
    from edgewright.data.two_folders import data_of

    console = Console(as_json)
    listed = None if labels is None else read_label_list(labels)
    root, options = data_of(data, normal, abnormal, "data import")
    done = write_plain(
        root, output, plugins=state.plugins, reader=reader, skip_bad=skip_bad, labels=listed, options=options
    )
    for place, reason in done.skipped:
        console.note(f"warning: skipped {place}: {reason}", fg="yellow")
    for warning in done.warnings:
        console.note(f"warning: {warning}", fg="yellow")
    what = "images" if done.images else "recordings"
    console.print(f"wrote {done.files} {what} to {output}; next: edgewright init {output}", bold=True)
    console.document(
        {
            "ok": True,
            "output": str(output),
            "recordings": done.files,
            "skipped": done.skipped,
            "warnings": done.warnings,
        }
    )
