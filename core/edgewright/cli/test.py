"""``edgewright test``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.cli.state import State
    from edgewright.running import Run


@click.command(
    "test",
    epilog=examples(
        "edgewright test runs/latest",
        "edgewright test runs/latest --worst 20 --json",
        "edgewright test runs/latest --data recordings/new-machine",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Labelled recordings that the run has never seen, in the place of its test split.",
)
@click.option(
    "--worst",
    default=5,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many mistakes to list on each side.",
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State, run: Path, data: Path | None, worst: int, runner: str, trust: bool, as_json: bool
) -> None:
    """Show how a run does on its test split, or on new labelled recordings: by window, by recording, by class, and where it errs.

    Mistakes are listed by their distance from the threshold, with recording and time; --json has all of them. The
    report shows them as pictures.
    """
    from edgewright.cli.predictions import show_classes, show_predictions
    from edgewright.cli.run import show_metrics
    from edgewright.running import Options, Run
    from edgewright.running.combination_step import DECISION
    from edgewright.running.examining import mistakes_of, retest

    console = Console(as_json)
    finished = Run(run)
    if data is not None:
        options = Options(runner=runner, trust=trust)
        finished = retest(
            finished, data, options=options, plugins=state.plugins,
            warn=lambda text: console.note(f"warning: {text}", fg="yellow"),
        )  # fmt: skip
    nodes = finished.deciding_nodes
    mistakes = {node: mistakes_of(finished, node) for node in nodes}
    for node in nodes:
        if node in finished.anomaly_nodes:
            show_metrics(console, finished, node)
            _show_rate(console, finished, node)
            _show_anomalies(console, finished, mistakes[node], worst)
        else:
            show_predictions(console, finished, node)
            show_classes(console, finished, node)
            _show_others(console, finished, node, mistakes[node], worst)
    if finished.combined:
        show_predictions(console, finished, DECISION)
        show_classes(console, finished, DECISION)
    if not nodes:
        console.print("this run has no learning node to test")
    documents = {
        node: {
            "metrics": finished.metrics(node),
            "decisions": finished.decisions(node),
            "mistakes": mistakes[node],
        }
        for node in nodes
    }
    together = (
        {"metrics": finished.metrics(DECISION), "decisions": finished.decisions(DECISION)}
        if finished.combined
        else None
    )
    console.document({"ok": True, "run": str(finished.path), "nodes": documents, "decision": together})


def _show_rate(console: Console, run: Run, node: str) -> None:
    """Print target and observed false-alarm rate with its interval."""
    metrics = run.metrics(node)
    windows = metrics.get("windows")
    if not windows or windows.get("fpr") is None:
        return
    low, high = windows["fpr_interval"]
    target = metrics.get("target_fpr")
    wanted = f"target {target:.2%}, " if target is not None else ""
    console.print(
        f"  false alarms on normal {wording(run).window}s: {wanted}observed {windows['fpr']:.2%} (95 % interval {low:.2%} to {high:.2%})"
    )
    if metrics.get("threshold_chosen_on_test"):
        console.print("  the threshold was chosen on this split: its metrics are too good", fg="yellow")


def _show_anomalies(console: Console, run: Run, mistakes: Mapping[str, Any], worst: int) -> None:
    words = wording(run)
    for side, title in (("false_alarms", "false alarms"), ("misses", "misses")):
        recordings, windows = mistakes["recordings"][side], mistakes["windows"][side]
        if recordings and worst and not words.whole:
            console.print(
                f"\n  {title}: {len(recordings)} recording(s), the farthest from the threshold first"
            )
            console.table(
                ["recording", "label", "score", "windows over", "highest at", "file"],
                [
                    (
                        row["name"], row["label"] or "–", round(row["score"], 4), f"{row['over']}/{row['windows']}",
                        _span(row["peak"]), row["file"] or "–",
                    )
                    for row in recordings[:worst]
                ],
                indent=2,
            )  # fmt: skip
        if windows and worst:
            console.print(
                f"\n  {title}: {mistakes['counts'][side]} {words.window}(s), the farthest from the threshold first"
            )
            console.table(
                [words.recording, "label", "file" if words.whole else "time", "score", "distance", "p", "what weighed most"],
                [
                    (
                        row["name"], row["label"] or "–", row["file"] if words.whole else _span(row), round(row["score"], 4), round(row["distance"], 4),
                        f"{row['p']:.3g}", ", ".join(f"{label} {value:.3g}" for label, value in row.get("contributions", ())),
                    )
                    for row in windows[:worst]
                ],
                indent=2,
            )  # fmt: skip


def _show_others(console: Console, run: Run, node: str, mistakes: Mapping[str, Any], worst: int) -> None:
    """Print where a classification or regression node errs most."""
    if not worst:
        return
    words = wording(run)
    columns: Sequence[str]
    rows: list[tuple[Any, ...]]
    if run.metrics(node)["kind"] == "classification":
        columns = [words.recording, "label", "predicted", "probability", "file"]
        wrong = mistakes["recordings"]
        count = f"{len(wrong)} {words.recording}s"
        if not words.whole:
            count += f" and {mistakes['counts']['windows']} windows"
        title = f"taken for another class: {count}, the surest first"
        rows = [
            (row["name"], row["label"], row["predicted"], f"{row['probability']:.3f}", row["file"] or "–")
            for row in wrong[:worst]
        ]
        rows += [
            (
                f"{row['name']} {_span(row)}",
                row["label"],
                row["predicted"],
                f"{row['probability']:.3f}",
                row["file"] or "–",
            )
            for row in mistakes["windows"][: 0 if words.whole else worst]
        ]
    else:
        columns = [words.recording, "label", "predicted", "error"]
        title = f"{words.recording}s, the largest error first"
        rows = [
            (row["name"], row["label"], f"{row['value']:.3f}", f"{row['error']:.3f}")
            for row in run.decisions(node)["recordings"]
            if row["error"] is not None
        ][:worst]
    if rows:
        console.print(f"\n  {title}")
        console.table(columns, rows, indent=2)


def _span(row: Mapping[str, Any]) -> str:
    return f"{row['from']:.3f}–{row['to']:.3f} s"
