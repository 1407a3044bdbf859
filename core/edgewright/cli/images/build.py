"""``edgewright images build``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.images.wanted import frameworks_for, need_engine, wanted_blocks
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "build", epilog=examples("edgewright images build", "edgewright images build flatten kmeans ./my_block")
)
@click.argument("blocks", nargs=-1)
@click.option("-v", "--verbose", is_flag=True, help="Show every line that a build writes.")
@json_option
@click.pass_obj
def command(state: State, blocks: tuple[str, ...], verbose: bool, as_json: bool) -> None:
    """Build the images of blocks (of all built-in ones, if none is named) and what they stand on.

    Building may use the network; running never does. What is there already is not built again. Engines whose builds
    need the host's network: EDGEWRIGHT_BUILD_ARGS="--network host".
    """
    from edgewright.images.transfer import build_images

    console = Console(as_json)
    need_engine()
    wanted = wanted_blocks(blocks, state.plugins)
    with console.progress("building images") as update:

        def tell(line: str) -> None:
            update(0, 0, line[:80])
            if verbose:
                console.note(line)

        tags = build_images(frameworks_for(wanted), wanted, progress=tell)
    for tag in tags:
        console.print(tag)
    console.document({"ok": True, "images": tags})
