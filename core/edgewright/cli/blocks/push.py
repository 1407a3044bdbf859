"""``edgewright blocks push``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import BlockReference, block_argument, json_option
from edgewright.errors import RunnerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from edgewright.cli.state import State


@click.command(
    epilog=examples(
        "edgewright blocks push ./my_block registry.example.com/team/my-block:1.0",
        "edgewright blocks push kmeans localhost:5000/blocks/kmeans:2 --json",
    )
)
@block_argument
@click.argument("reference", metavar="REF")
@json_option
@click.pass_obj
def command(state: State, block: BlockReference, reference: str, as_json: bool) -> None:
    """Give a block to a registry: its image, built if need be, with the block's spec in a label.

    REF is a name such as registry.example.com/team/my-block:1.0; any OCI registry will do. Logging in is `docker login`.
    """
    from edgewright.sharing.push import push
    from edgewright.sharing.reference import Reference

    console = Console(as_json)
    Reference.parse(reference)  # before anything is built
    found = block.resolve(state.plugins)
    runner = state.plugins.runners().get("docker")
    why_not = "the docker runner is disabled" if runner is None else runner.available()
    if runner is None or why_not is not None:
        raise RunnerUnavailableError(
            f"nothing can be pushed from here: {why_not}", hint="`edgewright doctor` says more"
        )
    with console.progress(f"pushing {found.name}") as update:

        def tell(message: Mapping[str, Any]) -> None:
            update(0, 0, str(message.get("text", "")))

        try:
            prepared = runner.prepare(found, tell)
            pushed = push(found, prepared.detail["tag"], reference, lambda line: update(0, 0, line[:80]))
        finally:
            runner.close()
    console.print(f"{pushed.reference}  ({found.name}, {found.type})")
    console.print(f"  {pushed.pinned}")
    console.document(
        {
            "block": found.name,
            "type": found.type,
            "digest": found.digest,
            "reference": pushed.reference,
            "pinned": pushed.pinned,
        }
    )
