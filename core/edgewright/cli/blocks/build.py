"""``edgewright blocks build``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import BlockReference, block_argument, json_option
from edgewright.errors import RunnerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.state import State


@click.command(epilog=examples("edgewright blocks build flatten", "edgewright blocks build ./my_block"))
@block_argument
@json_option
@click.pass_obj
def command(state: State, block: BlockReference, as_json: bool) -> None:
    """Build a block's container image, with the framework's images it stands on; nothing if all are there."""

    console = Console(as_json)
    found = block.resolve(state.plugins)
    runner = state.plugins.runners().get("docker")
    why_not = "the docker runner is disabled" if runner is None else runner.available()
    if runner is None or why_not is not None:
        raise RunnerUnavailableError(
            f"images can't be built here: {why_not}", hint="`edgewright doctor` says more"
        )
    with console.progress(f"building {found.name}") as update:

        def tell(message: Mapping[str, Any]) -> None:
            update(0, 0, str(message.get("text", "")))

        try:
            prepared = runner.prepare(found, tell)
        finally:
            runner.close()
    console.print(f"{prepared.image}")
    console.document(
        {
            "block": found.name,
            "digest": found.digest,
            "image": prepared.image,
            "environment": prepared.environment,
            **prepared.detail,
        }
    )
