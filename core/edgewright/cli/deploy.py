"""``edgewright deploy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option
from edgewright.cli.parameters import params_options, read_params

if TYPE_CHECKING:
    from collections.abc import Mapping

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
@params_options
@click.option(
    "--selftest-data",
    type=click.Choice(["none", "synthetic", "recorded"]),
    help="Which windows the self-test ships.",
)
@click.option(
    "--verify", is_flag=True, help="Compile and run the self-test, and print the differences from Python."
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path,
    target: str,
    output: Path,
    pairs: tuple[str, ...],
    params_file: Path | None,
    selftest_data: str | None,
    verify: bool,
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Build a self-contained library from a finished run."""
    from edgewright.cli.run import RunListener
    from edgewright.registry import resolve
    from edgewright.running import Options, Run, deploy

    console = Console(as_json)
    finished = Run(run)
    block = resolve(target, Path(finished.record["base"]), state.plugins, otherwise="deployment")
    params = read_params(block.spec, pairs, params_file)
    if selftest_data is not None:
        params["selftest-data"] = selftest_data
    options = Options(runner=runner, trust=trust, verify=verify)
    with console.progress(f"building {target}") as update:
        found = deploy(
            finished, target, output, params=params, options=options, plugins=state.plugins,
            listeners=[RunListener(console, update)],
        )  # fmt: skip
    console.print(f"{target}: {output}")
    show_verification(console, found)
    console.document({"ok": True, "target": target, "package": str(output), "verification": found})


def show_verification(console: Console, document: Mapping[str, Any] | None) -> None:
    """Print what a package's self-test found, where it was run: a failed one is an error long before."""
    for node, result in (document or {}).get("nodes", {}).items():
        console.print(
            f"  {node}: largest difference from Python {result['largest_difference']:.3g}, within tolerance"
        )
