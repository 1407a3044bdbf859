"""``edgewright images load``."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option


@click.command("load", epilog=examples("edgewright images load edgewright.tar"))
@click.argument("archive", type=click.Path(path_type=Path), metavar="FILE.tar")
@json_option
def command(archive: Path, as_json: bool) -> None:
    """Give the engine the images that `images save` wrote, on a machine without network.

    Where no engine answers, they are unpacked for the runner bwrap.
    """
    from edgewright.images.transfer import load_images

    console = Console(as_json)
    with console.progress("loading images") as update:
        tags = load_images(archive, progress=lambda line: update(0, 0, line[:80]))
    for tag in tags:
        console.print(tag)
    console.document({"ok": True, "images": tags})
