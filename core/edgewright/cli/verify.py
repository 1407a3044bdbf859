"""``edgewright verify``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command(
    "verify",
    epilog=examples(
        "edgewright verify runs/latest --serial /dev/ttyACM0",
        "edgewright verify build/pump --serial /dev/ttyUSB0 --baud 230400 --json",
    ),
)
@click.argument("package", type=click.Path(path_type=Path), metavar="PACKAGE_OR_RUN")
@click.option("--serial", "port", required=True, metavar="PORT", help="Where the board is connected.")
@click.option("--baud", type=int, default=115200, show_default=True, help="Speed of the port.")
@click.option(
    "--seconds", type=float, default=60.0, show_default=True, help="How long to wait for the board."
)
@json_option
def command(package: Path, port: str, baud: int, seconds: float, as_json: bool) -> int:
    """Read what a board's self-test found, and compare it with the run that it was made from.

    The board runs the package's selftest/selftest.cpp and sends what it prints. On this machine a package is verified by
    `edgewright deploy --verify`, in emulators by `edgewright parity`. Ends with 1 where the board differs beyond tolerance
    or runs another build.
    """
    from edgewright.cli.deploy import show_verification
    from edgewright.parity.board import package_build, read_result

    console = Console(as_json)
    build = package_build(package)
    console.note(f"waiting for {port}; reset the board if it has printed already")
    found = read_result(port, baud, seconds)
    same = found["build_id"] == build
    show_verification(console, {**found, "compiler": f"the board at {port}"})
    if isinstance(found.get("microseconds"), (int, float)):
        console.print(f"  a window takes {found['microseconds'] / 1000:.3g} ms there")
    if not same:
        console.print(f"the board runs build {found['build_id']}, this is {build}: flash it again", fg="red")
    elif not found["ok"]:
        console.print("the board differs from the run by more than is allowed", fg="red")
    ok = same and bool(found["ok"])
    console.document({"ok": ok, "build_id": build, "port": port, "verification": found})
    return 0 if ok else 1
