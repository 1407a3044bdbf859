"""``edgewright run``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.deploy import show_verification
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option
from edgewright.cli.predictions import show_intervals, show_predictions
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgewright.cli.state import State
    from edgewright.running import Options, Run


@click.command(
    "run",
    epilog=examples(
        "edgewright run impulse.yaml",
        "edgewright run impulse.yaml --runner docker --jobs 4",
        "edgewright run impulse.yaml --explain        # why did each task run again?",
        "edgewright run impulse.yaml --locked runs/latest/impulse.lock",
    ),
)
@click.argument("impulse", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The run folder; default runs/<time>-<name>."
)
@runner_option
@click.option("--executor", default="local", show_default=True, help="Where tasks go.")
@click.option("--jobs", type=click.IntRange(min=1), help="Tasks side by side; default one a core.")
@click.option(
    "--explain",
    is_flag=True,
    help="Say of each task whether it was found in the store, and if not, what changed.",
)
@click.option("--keep-going", is_flag=True, help="After a failure, finish what does not depend on it.")
@trust_option
@click.option(
    "--locked",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="LOCK",
    help="Use the images that this impulse.lock pins, whatever their tags mean by now.",
)
@click.option("--verify", is_flag=True, help="Compile and run the self-test of every package.")
@click.option(
    "--importance", is_flag=True, help="Rank the features of every processing node, for the report."
)
@click.option(
    "--learning-curve/--no-learning-curve",
    default=None,
    help="Learn from 10, 20, 50 … samples too, to tell how many are enough. By default of few images.",
)
@click.option("--maps", is_flag=True, help="Lay out all windows by PCA and PaCMAP, for the report.")
@json_option
@click.pass_obj
def command(
    state: State,
    impulse: Path,
    output: Path | None,
    runner: str,
    executor: str,
    jobs: int | None,
    explain: bool,
    keep_going: bool,
    trust: bool,
    locked: Path | None,
    verify: bool,
    importance: bool,
    learning_curve: bool | None,
    maps: bool,
    as_json: bool,
) -> None:
    """Run an impulse: read, window, features, models, thresholds, packages, report.

    What the store already holds is not computed again. The run folder tells all that was used and made.
    """
    from edgewright.running import Options, run_impulse

    console = Console(as_json)
    options = Options(
        runner=runner,
        executor=executor,
        jobs=jobs or 0,
        keep_going=keep_going,
        trust=trust,
        verify=verify,
        importance=importance,
        learning_curve=learning_curve,
        maps=maps,
        locked=locked,
    )
    if _is_several(impulse):
        _run_each(console, impulse, output, options, state)
        return
    with console.progress("running") as update:
        listener = RunListener(console, update)
        run = run_impulse(impulse, out=output, options=options, listeners=(listener,), plugins=state.plugins)
    if explain:
        show_explanation(console, run)
    show_run(console, run)


def _is_several(impulse: Path) -> bool:
    """Whether the impulse has a ``data: per``; a file without the word isn't read twice."""
    from edgewright_specs.loading import load_impulse

    named = impulse.is_file() and b"metadata." in impulse.read_bytes()
    return named and load_impulse(impulse).data.per is not None


def _run_each(console: Console, impulse: Path, output: Path | None, options: Options, state: State) -> None:
    from edgewright.running.each import run_each

    with console.progress("running") as update:
        runs = run_each(
            impulse, out=output, options=options, listeners=(RunListener(console, update),), plugins=state.plugins,
            tell=lambda line: console.note(line, bold=True),
        )  # fmt: skip
    rows = [
        (
            value,
            node,
            *(_show((run.metrics(node).get("windows") or {}).get(name)) for name in METRICS),
            run.path,
        )
        for value, run in runs.items()
        for node in run.deciding_nodes
    ]
    console.print()
    console.table(["model of", "node", *METRICS, "run"], rows)
    console.document({"ok": True, "runs": {value: summary(run) for value, run in runs.items()}})


class RunListener:
    """Turns a run's events into a progress bar and notes."""

    def __init__(self, console: Console, update: Callable[[int, int, str], None]) -> None:
        self._console, self._update = console, update
        self._done = self._known = 0

    def __call__(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind == "planned":
            self._known += int(event["tasks"])
        elif kind == "task":
            self._done += 1
        elif kind == "note":
            self._console.note(event["text"])
        elif kind == "warning":
            self._console.note(f"warning: {event['text']}", fg="yellow")
        text = str(event.get("id", "")) + (
            f" {event['text']}" if kind == "message" and event.get("text") else ""
        )
        self._update(self._done, self._known, text)


def show_explanation(console: Console, run: Run) -> None:
    """Print for each task of a run whether it was a hit, and if not, what changed."""
    rows = [
        (task["id"], task["status"], "; ".join(task.get("why") or ()) or "same key")
        for task in run.record["tasks"]
    ]
    console.table(["task", "store", "why"], rows)
    console.print()


def show_run(console: Console, run: Run) -> None:
    """Print what a run found and where it put it."""
    from edgewright.running.combination_step import DECISION

    record = run.record
    counts = Counter(task["status"] for task in record["tasks"])
    console.print(
        f"{record['name']}: {counts['ran']} tasks ran, {counts['hit']} were in the store, {record['seconds']:.1f} s",
        bold=True,
    )
    for node in run.deciding_nodes:
        if node in run.anomaly_nodes:
            show_metrics(console, run, node)
            if curve := run.learning_curve(node):
                console.print(f"  {curve['text']}")
        else:
            show_predictions(console, run, node)
    if run.combined:
        show_predictions(console, run, DECISION)
    console.print()
    for target in run.node_ids("deployment"):
        console.print(f"{target:<8} {run.package(target)}")
        show_verification(console, run.verification(target))
    console.print(f"report   {run.path / 'report.html'}")
    console.document(summary(run))


def show_metrics(console: Console, run: Run, node: str) -> None:
    """Print threshold and test metrics of one anomaly node."""
    threshold, metrics = run.threshold(node), run.metrics(node)
    target = threshold.get("target_fpr")
    wanted = f", target false-alarm rate {target:.2%}" if target is not None else ""
    console.print()
    console.print(f"{node}: threshold {threshold['value']:.4g} ({threshold['method']}{wanted})")
    for note in threshold.get("notes", ()):
        console.print(f"  {note}")
    rows = []
    for title, table in wording(run).tables.items():
        values = metrics.get(table)
        if values:
            rows.append((title, *(_show(values.get(name)) for name in METRICS)))
    if rows:
        console.table([metrics["split"], *METRICS], rows, indent=2)
        show_intervals(console, run, metrics, "auroc")
        show_pixels(console, run.pixels(node))
    else:
        console.print("  no labelled sample to test on: scores are in the report")


def show_pixels(console: Console, pixels: Mapping[str, Any] | None) -> None:
    """Print what maps are worth beside masks, where there are both."""
    if pixels is None or pixels["auroc"] is None:
        return
    overlap = ", ".join(f"{one['value']:.3f} up to {one['limit']:g}" for one in pixels["aupro"])
    console.print(
        f"  pixels: AUROC {pixels['auroc']:.3f}, AUPRO {overlap}; {pixels['regions']} defects in {pixels['images']} images"
    )


METRICS = ("accuracy", "precision", "recall", "f1", "auroc", "fpr", "fnr")


def _show(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def summary(run: Run) -> dict[str, Any]:
    """The ``--json`` document of a run."""
    from edgewright.running.combination_step import DECISION

    return {
        "ok": run.record["status"] == "ok",
        "run": str(run.path),
        "build_id": run.record.get("build_id"),
        "report": str(run.path / "report.html"),
        "packages": {target: str(run.package(target)) for target in run.node_ids("deployment")},
        "nodes": {
            node: {
                **({"threshold": run.threshold(node)} if node in run.anomaly_nodes else {}),
                "metrics": run.metrics(node),
                **({"pixels": pixels} if (pixels := run.pixels(node)) is not None else {}),
                **({"learning_curve": curve} if (curve := run.learning_curve(node)) is not None else {}),
            }
            for node in run.deciding_nodes
        },
        **({"decision": run.metrics(DECISION)} if run.combined else {}),
        "record": run.record,
    }
