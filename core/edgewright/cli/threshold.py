"""``edgewright threshold``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State
    from edgewright.running import Run

#: Options that together are an entry of `thresholds:`, by their names there.
_FIELDS = ("method", "fpr", "fnr", "beta", "percentile", "sigma", "value", "aggregate", "k", "smoothing")


@click.command(
    "threshold",
    epilog=examples(
        "edgewright threshold runs/latest",
        "edgewright threshold runs/latest --method held-out --fpr 0.002",
        "edgewright threshold runs/latest --set 0.8 --aggregate top-k --k 3 --smoothing 0.5",
        "edgewright threshold runs/latest --method f1 --on-test",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--node", metavar="NODE", help="Which anomaly node; needed where there are several.")
@click.option(
    "--method",
    metavar="METHOD",
    help="held-out, percentile, sigma, max-of-training, or by labels target-fpr, target-fnr, f1, fbeta, roc, pr.",
)
@click.option("--set", "value", type=float, metavar="V", help="The threshold itself (method manual).")
@click.option("--fpr", type=float, help="False-alarm rate to aim at (held-out, target-fpr).")
@click.option("--fnr", type=float, help="Share of anomalies that may be missed (target-fnr).")
@click.option("--beta", type=float, help="Weight of recall over precision (fbeta).")
@click.option("--percentile", type=float, help="Of the held-out normal scores (percentile).")
@click.option("--sigma", type=float, help="Standard deviations above their mean (sigma).")
@click.option(
    "--aggregate",
    type=click.Choice(["max", "mean", "top-k", "share-over-threshold"]),
    help="How windows make the score of a recording.",
)
@click.option("--k", type=click.IntRange(min=1), help="How many of the highest windows count (top-k).")
@click.option("--smoothing", type=float, help="Weight of the past in a stream, 0 to below 1.")
@click.option(
    "--on-test",
    is_flag=True,
    help="Choose by the labels of the test split, or say that --set was. Its metrics are then too good, and say so.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The new run folder; default beside RUN."
)
@json_option
@click.pass_obj
def command(
    state: State,
    /,
    run: Path,
    node: str | None,
    on_test: bool,
    output: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Show the threshold of a run, and what every other rule would give on the same scores; or choose another.

    With a method, a value or an aggregate the run is decided again into a new run folder, without training or scoring:
    thresholds, decisions, metrics and report are new, all else is taken over. `edgewright deploy` of the new run makes
    packages with the new threshold. RUN stays as it is.
    """
    from edgewright.errors import UsageError
    from edgewright.running import Run

    console = Console(as_json)
    finished = Run(run)
    settings = {name: given[name] for name in _FIELDS if given[name] is not None}
    if settings.get("value") is not None:
        if settings.setdefault("method", "manual") != "manual":
            raise UsageError(
                f"--set doesn't go with --method {settings['method']}", hint="choose one of them"
            )
    elif settings and not settings.keys() & {"method", "aggregate", "k", "smoothing"}:
        raise UsageError(f"--{next(iter(settings))} needs --method", hint="`--method held-out`, for example")
    decided = bool(settings or on_test)
    if decided:
        from edgewright.running.redecide import redecide

        chosen = node or _only(finished)
        finished = redecide(
            finished, chosen, settings, on_test=on_test, out=output, plugins=state.plugins,
            listeners=(lambda event: _note(console, event),),
        )  # fmt: skip
    elif output is not None:
        raise UsageError("-o needs something to change: --method, --set, --aggregate or --smoothing")
    shown = [node] if node else finished.anomaly_nodes
    for name in shown:
        _show(console, finished, name)
    if decided:
        from edgewright.cli.run import show_metrics

        show_metrics(console, finished, node or _only(finished))
        if on_test and settings.get("method") == "manual":  # of other methods the threshold's note says so
            console.print(
                "  the threshold was chosen on the test split: metrics on it are too good", fg="yellow"
            )
        console.print()
        console.print(f"run      {finished.path}")
        console.print(f"report   {finished.path / 'report.html'}")
    console.document(
        {
            "ok": True,
            "run": str(finished.path),
            "nodes": {name: finished.threshold(name) for name in shown},
            **({"metrics": {name: finished.metrics(name) for name in shown}} if decided else {}),
        }
    )


def _show(console: Console, run: Run, node: str) -> None:
    document = run.threshold(node)
    console.print(f"{node}: {document['value']:.6g} by {document['method']}", bold=True)
    for note in document["notes"]:
        console.print(f"  {note}")
    # Of an exploration nobody knows what is normal, so no alarm is known to be false.
    above = "windows above" if run.windows_info.get("explore") else "false alarms"
    console.table(
        ["rule", "value", above, "note"],
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


def _only(run: Run) -> str:
    """The anomaly node of a run that has one."""
    from edgewright.errors import UsageError

    nodes = run.anomaly_nodes
    if len(nodes) == 1:
        return nodes[0]
    if not nodes:
        raise UsageError(f"{run.path}: this run has no anomaly node, so no threshold")
    raise UsageError(f"{run.path}: has {len(nodes)} anomaly nodes", hint=f"--node: {', '.join(nodes)}")


def _note(console: Console, event: Any) -> None:
    if event["event"] == "warning":
        console.note(f"warning: {event['text']}", fg="yellow")


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"
