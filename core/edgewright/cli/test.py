"""``edgewright test``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command("test", epilog=examples("edgewright test runs/latest", "edgewright test runs/latest --json"))
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--worst", default=5, show_default=True, help="How many recordings to list on each side.")
@json_option
def command(run: Path, worst: int, as_json: bool) -> None:
    """Show how a run does on its test split: by window, by recording, and where it errs."""
    from edgewright.cli.predictions import show_mistakes, show_predictions
    from edgewright.cli.run import show_metrics
    from edgewright.running import Run

    console = Console(as_json)
    finished = Run(run)
    for node in finished.anomaly_nodes:
        show_metrics(console, finished, node)
        metrics, decisions = finished.metrics(node), finished.decisions(node)
        windows = metrics.get("windows")
        if windows and windows.get("fpr") is not None:
            low, high = windows["fpr_interval"]
            target = metrics.get("target_fpr")
            wanted = f"target {target:.2%}, " if target is not None else ""
            console.print(
                f"  false alarms on normal windows: {wanted}observed {windows['fpr']:.2%} (95 % interval {low:.2%} to {high:.2%})"
            )
        false_alarms = [row for row in decisions["recordings"] if row["anomalous"] and row["normal"]]
        misses = [
            row
            for row in reversed(decisions["recordings"])
            if not row["anomalous"] and row["normal"] is False
        ]
        for title, rows in (("false alarms", false_alarms), ("misses", misses)):
            if rows:
                console.print(f"\n  {title}: {len(rows)} recordings, the worst first")
                console.table(
                    ["recording", "label", "score", "windows over"],
                    [
                        (
                            row["name"],
                            row["label"] or "–",
                            round(row["score"], 4),
                            f"{row['over']}/{row['windows']}",
                        )
                        for row in rows[:worst]
                    ],
                    indent=2,
                )
    others = [node for node in finished.node_ids("learning") if node not in finished.anomaly_nodes]
    for node in others:
        show_predictions(console, finished, node)
        show_mistakes(console, finished, node, worst)
    if not finished.node_ids("learning"):
        console.print("this run has no learning node to test")
    console.document(
        {
            "ok": True,
            "run": str(finished.path),
            "nodes": {
                node: {"metrics": finished.metrics(node), "decisions": finished.decisions(node)}
                for node in finished.node_ids("learning")
            },
        }
    )
