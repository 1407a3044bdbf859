"""``edgewright estimate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.cli.state import State


@click.command(
    "estimate",
    epilog=examples(
        "edgewright estimate runs/latest --device cortex-m4f",
        "edgewright estimate runs/latest --device boards/ours.yaml --json",
        "edgewright estimate --list",
    ),
)
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option(
    "--device", metavar="DEVICE", help="A profile or a YAML file; default the impulse's own device."
)
@click.option(
    "--optimisation", type=click.Choice(["-Os", "-O2", "-O3"]), default="-O2", show_default=True,
    help="How the compiler weighs size against speed.",
)  # fmt: skip
@click.option(
    "--list", "listed", is_flag=True, help="Show the profiles of devices, and where they come from."
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path | None,
    device: str | None,
    optimisation: str,
    listed: bool,
    runner: str,
    trust: bool,
    as_json: bool,
) -> int:
    """Compile a run's impulse for a device: flash, RAM, stack, instructions, and whether it fits.

    Sizes and instruction counts are of the compiled code; milliseconds are an estimate, made of the cycles that an
    instruction is assumed to take there. Ends with 1 where the impulse doesn't fit the device or its budget.
    """
    console = Console(as_json)
    if listed:
        _show_profiles(console)
        return 0
    if run is None:
        raise click.UsageError("Missing argument 'RUN'.")
    from edgewright.cli.run import RunListener
    from edgewright.estimating import estimate
    from edgewright.running import Options, Run

    with console.progress("measuring") as update:
        document = estimate(
            Run(run), device, optimisation=optimisation, base=Path.cwd(), options=Options(runner=runner, trust=trust),
            plugins=state.plugins, listeners=[RunListener(console, update)],
        )  # fmt: skip
    _show(console, document)
    fits = not document["exceeded"]
    console.document({"ok": fits, "run": str(run), **document})
    return 0 if fits else 1


def _show(console: Console, document: Mapping[str, Any]) -> None:
    from edgewright.estimating import range_text

    device, by = document["device"], document["by"]
    console.print(
        f"{device['name']}: {device['title']}, {device['clock_mhz']:g} MHz, {_size(device['ram_kb'])} of RAM, "
        f"{_size(device['flash_kb'])} of flash",
        bold=True,
    )
    console.print(
        f"  compiled by {by['compiler']} {by['optimisation']}"
        + ("" if by["linked"] else ", not linked: an upper bound")
    )
    rows = [
        (
            node["id"], f"{node['flash_bytes']:,}", f"{node['ram_bytes']:,}",
            _count(node["instructions"]), range_text(node["milliseconds"]),
        )
        for node in document["nodes"]
    ]  # fmt: skip
    flash, ram = document["flash_bytes"], document["ram_bytes"]
    rest = flash["total"] - sum(node["flash_bytes"] for node in document["nodes"])
    rows.append(("runtime, names", f"{rest:,}", "", "", ""))
    whole = document["instructions"]
    rows.append(
        (
            "a window",
            f"{flash['total']:,}",
            f"{ram['total']:,}",
            _count(whole),
            range_text(document["milliseconds"]),
        )
    )
    if document["stream_instructions"] is not None:
        count = f"{document['stream_instructions']:,}"
        rows.append(("a stream's next", "", "", count, range_text(document["stream_milliseconds"])))
    room = document["room"]
    rows.append(
        (
            "there is",
            _limit(room["flash_bytes"]),
            _limit(room["ram_bytes"]),
            "",
            "" if room["ms"] is None else f"{room['ms']:g}",
        )
    )
    console.table(["", "flash bytes", "RAM bytes", "instructions", "ms, estimated"], rows, indent=2)
    parts = [f"{name} {ram[name]:,}" for name in ("arena", "model", "stream", "stack") if ram.get(name)]
    console.print(f"  RAM: {', '.join(parts)}" + ("" if ram.get("stack") else "; the stack is not known"))
    if whole is not None:
        low, high = device["cycles"]
        console.print(
            f"  {device['counted']}: the largest of {document['windows']} windows; milliseconds at {low:g} to {high:g} cycles each, which is assumed"
        )
    for line in _notes(document):
        console.print(f"  {line}")
    for line in document["exceeded"]:
        console.print(f"  doesn't fit: {line}", fg="red")


def _notes(document: Mapping[str, Any]) -> list[str]:
    """What is missing, and what a range leaves open."""
    lines = [f"no {one['for']}: {one['tool']} isn't here ({one['get']})" for one in document["missing"]]
    taken, limit = document["milliseconds"], document["room"]["ms"]
    if taken and limit is not None and taken[0] <= limit < taken[1]:
        lines.append(f"may not fit: up to {taken[1]:.3g} ms a window, the budget is {limit:g} ms")
    spent, period = document["stream_milliseconds"], document["period_ms"]
    if spent and period:
        lines.append(
            f"a stream has {period:g} ms a window: busy {spent[0] / period:.2%} to {spent[1] / period:.2%} of the time"
        )
    return lines


def _show_profiles(console: Console) -> None:
    from edgewright_specs.devices import profiles

    found = profiles().values()
    console.table(
        ["device", "what", "MHz", "RAM", "flash", "cycles an instruction"],
        [
            (
                one.name,
                one.title,
                f"{one.clock_mhz:g}",
                _size(one.ram_kb),
                _size(one.flash_kb),
                _cycles(one.cycles),
            )
            for one in found
        ],
    )
    for one in found:
        console.print(f"{one.name}: {one.source}")
    console.document({"ok": True, "profiles": [one.model_dump() for one in found]})


def _cycles(cycles: Sequence[float]) -> str:
    return f"{cycles[0]:g} to {cycles[1]:g}"


def _size(kib: float) -> str:
    for unit in ("KB", "MB"):
        if kib < 1024:
            return f"{kib:g} {unit}"
        kib /= 1024
    return f"{kib:g} GB"


def _count(found: Mapping[str, int] | None) -> str:
    return "–" if found is None else f"{found['largest']:,}"


def _limit(size: int | None) -> str:
    return "" if size is None else f"{size:,}"
