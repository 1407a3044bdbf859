"""``edgewright blocks run``."""

from __future__ import annotations

import shutil
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
from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.state import State


@click.command(
    epilog=examples(
        "edgewright blocks run flatten --in in/ --out out/",
        "edgewright blocks run ./my_block --in in/ --out out/ -p scale-axes=2 --runner docker",
    )
)
@block_argument
@click.option(
    "--in",
    "in_dir",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Folder with request.json and the inputs that it names.",
)
@click.option(
    "--out",
    "out_dir",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="New or empty folder for the outputs.",
)
@params_options
@grants_options
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    block: BlockReference,
    in_dir: Path,
    out_dir: Path,
    pairs: tuple[str, ...],
    params_file: Path | None,
    grants: GrantWords,
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Run one operation of a block on a request folder, as a run would, and check what it writes.

    request.json names operation, window and inputs (docs/contract.md); -p and --params win over its parameters, and
    what neither gives has its default.
    """
    from edgewright.request_folder import read_request, write_request
    from edgewright.runners.choose import Chooser
    from edgewright.single import run_once, workspace
    from edgewright_specs.parameters import resolve_params

    console = Console(as_json)
    found = block.resolve(state.plugins)
    request = read_request(found, in_dir)
    given = {**_dashed(request.get("params", {})), **_dashed(read_params(found.spec, pairs, params_file))}
    if out_dir.exists() and any(out_dir.iterdir()):
        raise UsageError(f"--out {out_dir}: not empty", hint="give a new or an empty folder")
    request["params"] = resolve_params(found.spec, given)
    allowed = grants.of(found, request["params"])
    operation = request["operation"]
    chooser = Chooser(
        list(state.plugins.runners().values()), runner, trust=trust, tell=lambda line: console.note(line)
    )
    try:
        chosen = chooser.choose(found)
        with console.progress(f"{found.name} {operation}") as update, workspace() as work:

            def listen(message: Mapping[str, Any]) -> None:
                if message.get("type") == "progress":
                    update(message.get("done", 0), message.get("total", 0), str(message.get("text", "")))

            prepared = chosen.prepare(found, listen)
            copied = work / "in"
            shutil.copytree(in_dir, copied)
            write_request(copied, request)
            finished = run_once(
                chosen, prepared, copied, work, operation=operation, limits=allowed.limits, grants=allowed.grants,
                on_message=listen,
            )  # fmt: skip
            outputs = _bring(finished.outputs, out_dir)
    finally:
        chooser.close()
    for warning in finished.warnings:
        console.note(f"warning: {warning}", fg="yellow")
    for name, path in outputs.items():
        console.print(f"{name:<14} {path}")
    console.document(
        {
            "block": found.name,
            "operation": operation,
            "runner": chosen.name,
            "seconds": finished.seconds,
            "outputs": {name: str(path) for name, path in outputs.items()},
            "metrics": dict(finished.metrics),
            "warnings": list(finished.warnings),
        }
    )


def _dashed(params: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).replace("_", "-"): value for name, value in params.items()}


def _bring(outputs: Mapping[str, Path], out_dir: Path) -> dict[str, Path]:
    """Copy the checked outputs to where the user wants them, writable again."""
    out_dir.mkdir(parents=True, exist_ok=True)
    brought = {}
    for name, path in outputs.items():
        target = out_dir / path.name
        if path.is_dir():
            shutil.copytree(path, target, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(path, target)
        brought[name] = target
    return brought
