"""``python3 -m edgewright_sdk run|serve|ask``: one task, many over one process, one by asking a block's server."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from edgewright_sdk.context import Context
from edgewright_sdk.errors import BlockError, RequestError, error_kind
from edgewright_sdk.loading import LoadedBlock, load_block
from edgewright_sdk.messages import Channel, clipped, open_pipes, take_standard_streams
from edgewright_sdk.operations import context_of, perform
from edgewright_sdk.request import read_request
from edgewright_sdk.result import Outputs
from edgewright_specs.interface import CARRIED_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST_REQUEST = 1 << 20  # a line names two folders and some files


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the driver and return the exit code: 0 done, 1 the task failed, 2 a wrong command line."""
    parser = argparse.ArgumentParser(
        prog="python3 -m edgewright_sdk", description="Run a block's tasks by the file contract."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser("run", help="one request from IN/request.json, results to OUT")
    serve_parser = commands.add_parser("serve", help='requests as JSON lines on stdin: {"id", "in", "out"}')
    ask_parser = commands.add_parser(
        "ask", help="like run, of a processing block of Edge Impulse's that listens here"
    )
    for sub in (run_parser, serve_parser):
        sub.add_argument("--block", required=True, type=Path, metavar="DIR", help="the block's folder")
    for sub in (run_parser, ask_parser):
        sub.add_argument("--in", required=True, type=Path, dest="in_dir", metavar="DIR")
        sub.add_argument("--out", required=True, type=Path, dest="out_dir", metavar="DIR")
    serve_parser.add_argument(
        "--pipes",
        type=Path,
        metavar="DIR",
        help="named pipes in DIR, `requests` and `answers`, rather than stdin and stdout",
    )
    ask_parser.add_argument(
        "--port", required=True, type=int, help="where it listens on the loopback address"
    )
    ask_parser.add_argument(
        "--wait", type=float, default=180.0, metavar="SECONDS", help="for it to begin to listen"
    )
    options = parser.parse_args(arguments)

    requests, channel = take_standard_streams()
    if options.command == "run":
        return _run(options.block, options.in_dir, options.out_dir, channel)
    if options.command == "ask":
        return _ask(options.in_dir, options.out_dir, options.port, options.wait, channel)
    if options.pipes is not None:
        requests, channel = open_pipes(options.pipes)
    return _serve(options.block, requests, channel)


def run_task(
    loaded: LoadedBlock,
    in_dir: str | Path,
    out_dir: str | Path,
    channel: Channel,
    carried: Mapping[str, bytes] | None = None,
) -> Mapping[str, bytes]:
    """Do one request with a loaded block; the same for cold and warm, so the bytes are the same.

    Parameters
    ----------
    carried : mapping of str to bytes, optional
        The files of the request, where they came with it. Then small outputs are returned rather than written.
    """
    context = Context(channel=channel)
    task = read_request(in_dir, loaded.type, carried)
    context_of(task, context)
    outputs = Outputs(out_dir, room=0 if carried is None else CARRIED_BYTES)
    perform(loaded.new(context), task, outputs)
    return outputs.carried


def _run(block: Path, in_dir: Path, out_dir: Path, channel: Channel) -> int:
    try:
        run_task(load_block(block), in_dir, out_dir, channel)
    except Exception as error:
        channel.send({"type": "error", "text": report(error), "kind": error_kind(error)})
        return 1
    return 0


def _ask(in_dir: Path, out_dir: Path, port: int, wait_seconds: float, channel: Channel) -> int:
    from edgewright_sdk.http_block.ask import ask_task

    try:
        ask_task(in_dir, out_dir, port, wait_seconds, channel)
    except Exception as error:
        channel.send({"type": "error", "text": report(error), "kind": error_kind(error)})
        return 1
    return 0


def _serve(block: Path, requests: int, channel: Channel) -> int:
    try:
        loaded = load_block(block)
    except Exception as error:
        channel.send({"type": "error", "text": report(error), "kind": error_kind(error)})
        return 1
    with os.fdopen(requests, "rb") as lines:
        while line := lines.readline(_LONGEST_REQUEST):
            channel.send(*_answer(loaded, line, lines, channel))
    loaded.close()
    return 0


def _answer(
    loaded: LoadedBlock, line: bytes, lines: IO[bytes], channel: Channel
) -> tuple[dict[str, Any], bytes]:
    """The answer to a request, and the files behind it."""
    answer: dict[str, Any] = {"id": None, "type": "done", "ok": False}
    files: Mapping[str, bytes] = {}
    try:
        try:
            request = json.loads(line)
            answer["id"] = request["id"]
            in_dir, out_dir = str(request["in"]), str(request["out"])
            carried = (
                {name: lines.read(size) for name, size in request["files"].items()}
                if "files" in request
                else None
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise RequestError('a request is one line: {"id": …, "in": "DIR", "out": "DIR"}') from None
        files = run_task(loaded, in_dir, out_dir, channel, carried)
    except (Exception, SystemExit) as error:
        answer["error"], answer["kind"] = report(error), error_kind(error)
    else:
        answer["ok"] = True
    if files:
        answer["files"] = {name: len(content) for name, content in files.items()}
    return answer, b"".join(files.values())


def report(error: BaseException) -> str:
    """Log an error, as one line or with its traceback, and return its text for a message."""
    if isinstance(error, BlockError):
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the log's last line
        return clipped(str(error))
    traceback.print_exc()
    lines = str(error).strip().splitlines()
    return clipped(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)
