"""``edgewright data transform``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import (
    BlockReference,
    GrantWords,
    block_argument,
    grants_options,
    json_option,
    runner_option,
    trust_option,
)
from edgewright.cli.parameters import params_options, read_params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.state import State

SHOWN = 20


@click.command(
    "transform",
    epilog=examples(
        "edgewright data transform ./denoise data/pump -o data/pump-clean -p cutoff=20",
        "edgewright data transform ./resample-csv data/raw -o data/100hz --type transform --operates-on file --only '*.csv'",
        "edgewright data transform ./keyword-generator -o data/keywords -p label=hello",
    ),
)
@block_argument
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="New or empty folder for the new data.",
)
@params_options
@click.option(
    "--only", default="*", metavar="PATTERN", help="Which files, of a block that is run once a file: '*.csv'."
)
@click.option("--label", help="Label of the new data, where nothing else says it.")
@click.option(
    "--category",
    type=click.Choice(["split", "training", "testing"]),
    help="Which part of a data set the new data are.",
)
@click.option(
    "--argument",
    "arguments",
    multiple=True,
    metavar="WORD",
    help="One more word for an Edge Impulse block's command line.",
)
@grants_options
@click.option("--jobs", type=click.IntRange(min=1), help="Files side by side; default one a core.")
@click.option("--keep-going", is_flag=True, help="After a failure, go on with the other files.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For blocks that draw numbers."
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    block: BlockReference,
    data: Path | None,
    output: Path,
    pairs: tuple[str, ...],
    params_file: Path | None,
    only: str,
    label: str | None,
    category: str | None,
    arguments: tuple[str, ...],
    grants: GrantWords,
    jobs: int | None,
    keep_going: bool,
    seed: int,
    runner: str,
    trust: bool,
    as_json: bool,
) -> int:
    """Make new data by a transform block: of DATA, or of nothing.

    A block of Edge Impulse's that works on single files is run once for each. What a synthetic data block uploads is
    written into the folder, with its labels. The folder can be the `data: path:` of an impulse.
    """
    from edgewright.runners.choose import Chooser
    from edgewright.running.cancel import Cancel, on_interrupt
    from edgewright.transforming import Options, transform
    from edgewright_specs.parameters import resolve_params

    console = Console(as_json)
    found = block.resolve(state.plugins)
    params = resolve_params(found.spec, read_params(found.spec, pairs, params_file))
    given = grants.of(found, params)
    for what in given.missing:
        console.note(f"warning: {found.name} asks for {what}", fg="yellow")
    options = Options(only, label, category, arguments, keep_going, jobs or 0, seed)
    chooser = Chooser(
        list(state.plugins.runners().values()), runner, trust=trust, tell=lambda line: console.note(line)
    )
    cancel = Cancel()
    try:
        chosen = chooser.choose(found)
        with console.progress(f"{found.name}") as update, on_interrupt(cancel):

            def listen(message: Mapping[str, Any]) -> None:
                if message.get("type") == "log" and not as_json:
                    console.note(message.get("text", ""))

            prepared = chosen.prepare(found, listen)
            done = transform(
                chosen, prepared, data, output, params, options=options, limits=given.limits, grants=given.grants, cancel=cancel,
                on_done=lambda count, total: update(count, total, ""),
            )  # fmt: skip
    finally:
        chooser.close()
    for warning in done.warnings[:SHOWN]:
        console.note(f"warning: {warning}", fg="yellow")
    if len(done.warnings) > SHOWN:
        console.note(f"{len(done.warnings) - SHOWN} more warnings", fg="yellow")
    for name, passed in sorted(done.checks.items()):
        console.print(f"{name}: {'passed' if passed else 'failed'}", fg="green" if passed else "red")
    for shown, reason in done.failed:
        console.note(f"failed: {shown}: {reason}", fg="red")
    if done.files:
        runs = f" by {done.runs} runs" if done.runs > 1 else ""
        console.print(
            f"wrote {done.files} files{runs} to {output}; next: edgewright data show {output}", bold=True
        )
    else:
        console.print(f"no data were written to {output}; the end of the block's log:", bold=True)
        console.print(done.log.rstrip())
    console.document(
        {
            "ok": not done.failed,
            "block": found.name,
            "runner": chosen.name,
            "output": str(output),
            "files": done.files,
            "runs": done.runs,
            "failed": [list(item) for item in done.failed],
            "checks": dict(done.checks),
            "metrics": dict(done.metrics),
            "warnings": list(done.warnings),
        }
    )
    return 1 if done.failed else 0
