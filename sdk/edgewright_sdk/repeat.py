"""``python3 -m edgewright_sdk.repeat BLOCK --in DIR --out DIR``: one task's operation again and again, until it is ended.

For the conformance kit, which asks it to stop in the middle of the block's work: most operations on small inputs are
too short to be met. The first pass is told by a log message, ``PASSED``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from edgewright_sdk.context import Context
from edgewright_sdk.driver import report
from edgewright_sdk.errors import error_kind
from edgewright_sdk.loading import load_block
from edgewright_sdk.messages import Channel, take_standard_streams
from edgewright_sdk.operations import context_of, perform
from edgewright_sdk.request import read_request
from edgewright_sdk.result import Outputs

#: The kit waits for this text.
PASSED = "edgewright: a first pass is done"


def repeat(block: Path, in_dir: Path, out_dir: Path, channel: Channel) -> NoReturn:
    """Never returns; what the operation raises is raised."""
    loaded = load_block(block)
    context = Context(channel=channel)
    task = read_request(in_dir, loaded.type)
    instance = loaded.new(context_of(task, context))
    number = 0
    while True:
        folder = out_dir / str(number)
        folder.mkdir()
        perform(instance, task, Outputs(folder))
        shutil.rmtree(folder)
        if number == 0:
            channel.send({"type": "log", "text": PASSED})
        number += 1


def main(arguments: list[str]) -> int:
    """Run until ended; 1 if the operation fails."""
    parser = argparse.ArgumentParser(prog="python3 -m edgewright_sdk.repeat")
    parser.add_argument("block", type=Path)
    parser.add_argument("--in", required=True, type=Path, dest="in_dir")
    parser.add_argument("--out", required=True, type=Path, dest="out_dir")
    options = parser.parse_args(arguments)
    _requests, channel = take_standard_streams()
    os.chdir(Path(os.environ["HOME"]).parent)
    try:
        repeat(options.block.resolve(), options.in_dir, options.out_dir, channel)
    except Exception as error:
        channel.send({"type": "error", "text": report(error), "kind": error_kind(error)})
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
