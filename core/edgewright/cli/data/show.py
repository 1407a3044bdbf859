"""``edgewright data show``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.amounts import duration, number
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright.errors import UsageError

if TYPE_CHECKING:
    from edgewright.cli.state import State
    from edgewright.data import DataOverview

NORMAL = {True: "normal", False: "abnormal", None: "?"}


@click.command(
    "show",
    epilog=examples(
        "edgewright data show data/pump",
        "edgewright data show readings.csv --json",
        "edgewright data show impulse.yaml",
    ),
)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--reader", help="How to read the files; detected if not given.")
@json_option
@click.pass_obj
def command(state: State, data: Path, reader: str | None, as_json: bool) -> int:
    """Show what is in a folder or file: classes, durations, rates, axes, gaps, and every file that can't be read.

    DATA may be an impulse file: its data are shown as a run of it sees them. Exit code 1 if a file can't be read.
    """
    from edgewright.data import describe, describe_impulse

    console = Console(as_json)
    if data.is_file() and data.suffix.lower() in (".yaml", ".yml"):
        if reader is not None:
            raise UsageError("--reader goes with a folder or a file of data", hint=f"{data} names its own")
        found = describe_impulse(data, plugins=state.plugins)
    else:
        found = describe(data, reader=reader, plugins=state.plugins)
    images = found.kind == "image"
    if images:
        _head_of_images(console, found)
    else:
        _head_of_recordings(console, found)
    console.print()
    console.table(
        ["label", "", *(["images"] if images else ["recordings", "duration"]), "splits"],
        [
            [
                label.label if label.label is not None else "(none)",
                NORMAL[label.normal],
                label.samples,
                *([] if images else [duration(label.seconds)]),
                ", ".join(f"{split} {count}" for split, count in label.splits.items()),
            ]
            for label in found.labels
        ],
    )
    console.print()
    if not images:
        console.table(
            ["axis", "unit", "min", "max", "mean", "std"],
            [
                [
                    axis.name,
                    axis.unit,
                    *(number(v) for v in (axis.minimum, axis.maximum, axis.mean, axis.std)),
                ]
                for axis in found.axes
            ],
        )
    for line in found.lines:
        console.print(line)
    for warning in found.warnings:
        console.print(f"warning: {warning}", fg="yellow")
    for file, reason in found.bad:
        console.print(f"bad file: {file}: {reason}", fg="red")
    if found.ignored:
        console.print(f"ignored: {', '.join(found.ignored[:8])}{' …' if len(found.ignored) > 8 else ''}")
    console.document({"ok": not found.bad, **found.to_dict()})
    return 1 if found.bad else 0


def _head_of_images(console: Console, found: DataOverview) -> None:
    masks = f", {found.masks} with masks" if found.masks else ""
    console.print(f"{found.path}: {found.samples} images{masks}", bold=True)
    sizes = [f"{width} × {height} ({count})" for width, height, count in found.sizes[:6]]
    more = f" and {len(found.sizes) - 6} more" if len(found.sizes) > 6 else ""
    console.print(f"read by {found.reader}; pixels: {', '.join(sizes)}{more}")


def _head_of_recordings(console: Console, found: DataOverview) -> None:
    shortest, median, longest = found.lengths
    console.print(
        f"{found.path}: {found.samples} recordings in {found.files} files, {duration(found.seconds)}",
        bold=True,
    )
    console.print(f"{found.kind}, read by {found.reader}; lengths {shortest} to {longest} (median {median})")
    rates = ", ".join(
        f"{'unknown' if rate is None else f'{rate:g} Hz'} × {count}" for rate, count in found.frequencies
    )
    console.print(f"rates: {rates}")
