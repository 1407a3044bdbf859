"""``edgewright blocks readme``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    epilog=examples("edgewright blocks readme my_block", "edgewright blocks readme my_block --check")
)
@click.argument("folder", metavar="DIR")
@click.option("--check", is_flag=True, help="Only say whether it is up to date: exit code 1 if it isn't.")
@json_option
@click.pass_obj
def command(state: State, folder: str, check: bool, as_json: bool) -> int:
    """Write the parameter table of a block's README from its parameters.json.

    The table stands between two marker lines, and at the end of a README that has none; all else is left as it is.
    """
    from edgewright.conformance.readme import renew
    from edgewright.registry import resolve
    from edgewright_specs.readme import README_FILE

    console = Console(as_json)
    block = resolve(folder, Path.cwd(), state.plugins)
    renewed = renew(block, write=not check)
    status = "up to date" if not renewed else "stale" if check else "written"
    path = f"{block.folder}/{README_FILE}"
    console.print(f"{path}: {status}")
    console.document({"file": path, "status": status})
    return 1 if status == "stale" else 0
