"""``edgewright deploy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples, json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "deploy",
    epilog=examples(
        "edgewright deploy runs/latest --target cpp -o build/pump --verify",
        "edgewright deploy runs/latest --target wasm -o web/pump --selftest-data synthetic",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--target", required=True, help="A deployment block: cpp, wasm, or a block's folder.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="An empty or new folder for the package.",
)
@click.option(
    "-p", "--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the deployment block."
)
@click.option(
    "--selftest-data",
    type=click.Choice(["none", "synthetic", "recorded"]),
    help="Which windows the self-test ships.",
)
@click.option(
    "--verify", is_flag=True, help="Compile and run the self-test, and print the differences from Python."
)
@click.option(
    "--runner", default="auto", show_default=True, help="How tasks are isolated: auto, docker or process."
)
@click.option("--trust", is_flag=True, help="Let blocks that are not built in run without isolation.")
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path,
    target: str,
    output: Path,
    param: tuple[str, ...],
    selftest_data: str | None,
    verify: bool,
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Build a self-contained library from a finished run."""
    from edgewright.cli.parameters import given
    from edgewright.running import Options, Run, deploy

    console = Console(as_json)
    params = given(param)
    if selftest_data is not None:
        params["selftest-data"] = selftest_data
    options = Options(runner=runner, trust=trust, verify=verify)
    with console.progress(f"building {target}") as update:
        found = deploy(
            Run(run), target, output, params=params, options=options, plugins=state.plugins,
            listeners=[lambda event: update(0, 0, str(event.get("id", "")))],
        )  # fmt: skip
    console.print(f"{target}: {output}")
    for node, result in (found or {}).get("nodes", {}).items():
        console.print(f"  {node}: largest difference from Python {result['max_difference']:.3g}")
    console.document({"ok": True, "target": target, "package": str(output), "verification": found})
