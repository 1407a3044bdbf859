"""``edgewright score``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option
from edgewright.cli.predictions import verdict_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgewright.cli.state import State


@click.command(
    "score",
    epilog=examples(
        "edgewright score runs/latest new/pump_17.csv",
        "edgewright score runs/latest new/ --json > scores.jsonl",
        "edgewright score runs/latest images/ --overlays heat/",
        "edgewright score runs/latest --follow - < /dev/ttyUSB0",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--follow", metavar="-", help="Read a stream from stdin: CSV lines or JSON lines, one sample each."
)
@click.option(
    "--overlays",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each image with its scores by place over it into this folder, as PNG.",
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path,
    files: tuple[Path, ...],
    follow: str | None,
    overlays: Path | None,
    runner: str,
    trust: bool,
    as_json: bool,
) -> int:
    """Score new recordings or images with a finished run, window by window.

    Each line tells sample, time, score, p-value, decision and the features that weighed most, or the class or number
    of a node that learned these; with several nodes the first line of a window is what all of them decide together
    (an anomaly above its threshold, else the class). With --json one JSON object a line. --follow reads samples as they come: a header line names the axes (CSV), or each line is a JSON object
    or list. A line that is neither is named and skipped, and windows begin anew after it.

    Images of a folder that can't be read are named and left out; exit code 1 then.
    """
    from edgewright.running import Options, Run
    from edgewright.running.fresh import score
    from edgewright.running.stream import follow as follow_stream

    if follow not in (None, "-"):
        raise click.UsageError("--follow reads stdin: write `--follow -`")
    if bool(files) == (follow is not None):
        raise click.UsageError("give files to score, or --follow - for a stream, not both")
    if follow and overlays:
        raise click.UsageError("--overlays goes with image files, not with a stream")
    finished = Run(run)
    options = Options(runner=runner, trust=trust)
    console = Console(as_json)
    unread: list[str] = []
    results: Iterable[Mapping[str, Any]]
    if follow:
        results = follow_stream(
            finished,
            sys.stdin,
            options=options,
            plugins=state.plugins,
            skipped=lambda text: console.note(f"warning: skipped {text}", fg="yellow"),
        )
    else:
        results = score(
            finished, files, options=options, plugins=state.plugins,
            warn=lambda text: console.note(f"warning: {text}", fg="yellow"), skipped=unread.append, overlays=overlays,
        )  # fmt: skip
    for result in results:
        if as_json:
            click.echo(json.dumps(result, ensure_ascii=True))
        else:
            _print(console, result, timed=not finished.of_images)
    for text in unread:
        console.note(f"not scored: {text}", fg="red")
    return 1 if unread else 0


def _print(console: Console, result: Mapping[str, Any], *, timed: bool) -> None:
    decision = result["decision"]
    place = f"{result['sample']}  {result['time']:8.3f} s" if timed else str(result["file"])
    if decision is not None and len(result["nodes"]) > 1:
        console.print(
            f"{place}  {decision['label']}",
            fg="red" if decision["anomalous"] else None,
            bold=True,
        )
    for node, verdict in result["nodes"].items():
        console.print(
            f"{place}  {node}  {verdict_text(verdict)}",
            fg="red" if verdict.get("anomalous") else None,
        )
