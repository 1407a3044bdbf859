"""``edgewright threshold``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(
    "threshold",
    epilog=examples("edgewright threshold runs/latest", "edgewright threshold runs/latest --json"),
)
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def command(run: Path, as_json: bool) -> None:
    """Show the threshold of a run, and what every other rule would have given on the same scores.

    To choose another rule, change `thresholds:` in the impulse and run it: only the decisions are computed again.
    """
    from edgewright.running import Run

    console = Console(as_json)
    finished = Run(run)
    for node in finished.anomaly_nodes:
        document = finished.threshold(node)
        console.print(f"{node}: {document['value']:.6g} by {document['method']}", bold=True)
        for note in document["notes"]:
            console.print(f"  {note}")
        console.table(
            ["rule", "value", "false alarms", "note"],
            [
                (
                    ("→ " if row["chosen"] else "  ") + row["rule"],
                    f"{row['value']:.4g}",
                    _rate(row["held_out_fpr"]),
                    row["note"],
                )
                for row in document["rules"]
            ],
            indent=2,
        )
    console.document(
        {
            "ok": True,
            "run": str(finished.path),
            "nodes": {node: finished.threshold(node) for node in finished.anomaly_nodes},
        }
    )


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"
