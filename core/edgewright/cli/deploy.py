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
    type=click.Choice(["auto", "none", "synthetic", "recorded"]),
    help="Which windows the self-test ships; auto: recorded ones, but made-up ones of sounds and images.",
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
    """Build a self-contained package for a target from a finished run."""
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
    if not document:
        return
    by = document.get("compiler") or ", ".join(document.get("engines", ())) or "its block"
    console.print(f"  self-test of {document.get('windows', '?')} windows, by {by}")
    for node, result in document.get("nodes", {}).items():
        allowed = result.get("tolerance", {})
        terms = [f"{allowed['absolute']:.3g}"] if allowed.get("absolute") else []
        terms += [f"{allowed['relative']:.3g} × value"] if allowed.get("relative") else []
        console.print(
            f"  {node}: {result.get('output', 'outputs')} at most {result['largest_difference']:.3g} from Python's"
            + (f" (allowed {' + '.join(terms)})" if terms else "")
        )
    if "decisions_differ" in document:
        differing = document["decisions_differ"]
        console.print(f"  decisions: {'other than Python' if differing else 'as Python'}'s")
        for one in differing:
            console.print(f"    {_differing(one)}")
    if document.get("arena_bytes"):
        stream, code = document.get("stream_bytes"), document.get("code_bytes")
        console.print(
            f"  memory: arena {document['arena_bytes']} bytes"
            + (f", a stream {stream}" if stream else "")
            + (f"; code and tables {code}, by {by.split()[0]} -Os for this CPU" if code else "")
        )


def _differing(one: Mapping[str, Any]) -> str:
    """Which window is decided otherwise, where, and how close its score is to the threshold."""
    window = f"{one['sample']}, row {one['start']}" if "sample" in one else f"window {one.get('window')}"
    engine = f" in {one['engine']}" if "engine" in one else ""
    return (
        f"{one.get('node')}: {window}{engine}: score {one.get('device_score'):.7g}, Python {one.get('python_score'):.7g}, "
        f"threshold {one.get('threshold'):.7g}"
    )
