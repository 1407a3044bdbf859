"""``edgewright label``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "label",
    epilog=examples(
        "edgewright label runs/latest --from error-clusters -o labels.csv",
        "edgewright label runs/latest --from score --top 15 -o labels.csv",
        "edgewright data import data/six --labels labels.csv -o data/labelled",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--from", "source", required=True, type=click.Choice(["error-clusters", "kmeans", "score"]),
    help="Clusters of reconstruction errors, clusters of a K-means node, or what is decided anomalous.",
)  # fmt: skip
@click.option("--node", metavar="NODE", help="Which learning node; needed where several could be meant.")
@click.option(
    "--top", type=click.IntRange(min=1), metavar="N", help="With `score`: the N oddest are anomalies."
)
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="CSV",
    help="The list to write: file, part, label, score.",
)  # fmt: skip
@json_option
@click.pass_obj
def command(
    state: State,  # noqa: ARG001
    run: Path,
    source: Any,
    node: str | None,
    top: int | None,
    output: Path,
    as_json: bool,
) -> None:
    """Label the recordings of a run by what it found, for a person to check and `data import --labels` to take.

    The oddest come first. Give clusters names that mean something; an empty label leaves a recording out.
    """
    from edgewright.data.label_list import write_label_list
    from edgewright.labelling import label
    from edgewright.running import Run
    from edgewright.running.folder import writing

    console = Console(as_json)
    found = label(Run(run), source, node=node, top=top)
    rows = [(one.file, one.part, one.label, f"{one.score:.6g}") for one in found]
    with writing(output):
        write_label_list(output, rows, "score")
    counts = Counter(one.label for one in found)
    console.table(["label", "recordings"], sorted(counts.items()))
    console.print(
        f"wrote {len(found)} labels to {output}; check them, then: edgewright data import DATA --labels {output} -o DIR",
        bold=True,
    )
    console.document(
        {"ok": True, "output": str(output), "recordings": len(found), "labels": dict(sorted(counts.items()))}
    )
