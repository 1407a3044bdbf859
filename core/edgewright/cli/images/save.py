"""``edgewright images save``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.amounts import size
from edgewright.cli.console import Console
from edgewright.cli.images.wanted import frameworks_for, need_engine, wanted_blocks
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "save",
    epilog=examples("edgewright images save edgewright.tar", "edgewright images save my.tar ./my_block"),
)
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.tar")
@click.argument("blocks", nargs=-1)
@json_option
@click.pass_obj
def command(state: State, archive: Path, blocks: tuple[str, ...], as_json: bool) -> None:
    """Write the images of blocks (of all built-in ones, if none is named) into one archive; they must be built."""
    from edgewright.images.blocks import block_tag
    from edgewright.images.frameworks import framework_tag
    from edgewright.images.transfer import save_images

    console = Console(as_json)
    need_engine()
    wanted = wanted_blocks(blocks, state.plugins)
    tags = [framework_tag(name) for name in frameworks_for(wanted)]
    tags += [block.image or block_tag(block) for block in wanted]
    with console.progress("saving images") as update:
        save_images(archive, tags, progress=lambda line: update(0, 0, line[:80]))
    console.print(f"{archive}: {len(tags)} images, {size(archive.stat().st_size)}")
    console.document({"ok": True, "archive": str(archive), "bytes": archive.stat().st_size, "images": tags})
