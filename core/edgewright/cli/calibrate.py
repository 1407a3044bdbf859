"""``edgewright calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.state import State


@click.command(
    "calibrate",
    epilog=examples(
        "edgewright calibrate runs/latest",
        "edgewright calibrate runs/latest --data recordings/long --suppression 0,2,10",
        "edgewright calibrate runs/latest --node words --class six --json",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--node", metavar="NODE", help="Which learning node; needed where there are several.")
@click.option(
    "--class", "label", metavar="CLASS", help="Of a classification node: whose recordings are the event."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Labelled recordings, the longer the better, in the place of the run's test split.",
)
@click.option("--averaging", metavar="N,N", help="Windows to average over; default 1,2,3,5,8,13.")
@click.option(
    "--suppression", metavar="S,S", help="Seconds of silence after an alarm; default none, 1 and 5 windows."
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path,
    node: str | None,
    label: str | None,
    data: Path | None,
    averaging: str | None,
    suppression: str | None,
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Weigh false alarms an hour against missed events, for scores of a stream.

    Over many thresholds, averaging windows and silences after an alarm it prints the settings that no other beats. An
    event is an abnormal recording, or one of a class; all others are time without. Keep what you choose by
    `edgewright threshold RUN --set T --smoothing S`; suppression is up to the application.
    """
    from edgewright.running import Options, Run
    from edgewright.running.calibrating import calibration_document
    from edgewright.running.examining import retest

    console = Console(as_json)
    finished = Run(run)
    if data is not None:
        options = Options(runner=runner, trust=trust)
        finished = retest(finished, data, options=options, plugins=state.plugins)
    document = calibration_document(
        finished, node or _only(finished), label=label, averaging=_numbers("--averaging", averaging, int),
        suppression=_numbers("--suppression", suppression, float),
    )  # fmt: skip
    what = f"class {label}" if label else "anomaly"
    console.print(f"{document['node']}: {what} on the {document['split']} recordings", bold=True)
    console.print(
        f"  {document['events']} recordings of the event, {document['hours']:.3g} hours without; "
        f"a window of {document['window']:g} s every {document['stride']:g} s"
    )
    console.table(
        ["", "false alarms/h", "missed", "false rejects", "delay s", "threshold", "averaging", "smoothing", "suppression s"],
        [_row("now", document["now"]), *(_row("", one) for one in document["front"])],
        indent=2,
    )  # fmt: skip
    console.print(
        "  What is chosen here fits these recordings best; how it does on others, others tell (--data)."
    )
    console.document({"ok": True, "run": str(finished.path), **document})


def _row(name: str, one: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        name,
        f"{one['false_alarms_per_hour']:.3g}",
        f"{one['missed']}/{one['events']}",
        f"{one['false_reject_rate']:.1%}",
        "–" if one["delay"] is None else f"{one['delay']:.2f}",
        f"{one['threshold']:.5g}",
        one["averaging"],
        f"{one['smoothing']:.3f}",
        f"{one['suppression']:g}",
    )


def _numbers(option: str, text: str | None, kind: type[Any]) -> list[Any] | None:
    from edgewright.errors import UsageError

    if text is None:
        return None
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        what = "whole numbers" if kind is int else "numbers"
        raise UsageError(
            f"{option}: got {text!r}, must be {what} with commas between them, such as 1,3,8"
        ) from None


def _only(run: Any) -> str:
    """The node of a run that has one to calibrate."""
    from edgewright.errors import UsageError
    from edgewright.running.calibrating import events_of

    nodes = [node for node in run.node_ids("learning") if events_of(run, node)]
    if len(nodes) == 1:
        return str(nodes[0])
    if not nodes:
        raise UsageError(f"{run.path}: this run has no node with alarms to calibrate")
    raise UsageError(f"{run.path}: has {len(nodes)} nodes to calibrate", hint=f"--node: {', '.join(nodes)}")
