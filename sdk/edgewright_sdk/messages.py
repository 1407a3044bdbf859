"""The message channel: JSON lines for the host, apart from everything that a block prints."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from edgewright_specs.interface import ANSWERS_PIPE, REQUESTS_PIPE

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_TEXT = 8_000  # a message is for a person; results are files


class Channel:
    """Writes messages to one descriptor; ``None`` drops them (a block called by hand)."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, message: dict[str, Any], files: bytes = b"") -> None:
        """Write one message as one line, and files behind it. A host that has gone away is no error of the block."""
        if self._descriptor is None:
            return
        line = json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n" + files
        with self._lock, contextlib.suppress(BrokenPipeError):
            while line:
                line = line[os.write(self._descriptor, line) :]


def clipped(text: str) -> str:
    """Shorten a text that is meant for a message."""
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + " …"


def take_standard_streams() -> tuple[int, Channel]:
    """Keep stdin and stdout for the protocol, before any block code is imported.

    Descriptors 0 and 1 are moved to private ones that child processes don't inherit. 0 becomes the null device and
    1 becomes stderr, so whatever a block, a C library or a child process prints is log and can't be a message.

    Returns
    -------
    requests : int
        Descriptor to read requests from.
    channel : Channel
        Where messages go.
    """
    requests, messages = os.dup(0), os.dup(1)  # dup gives descriptors that exec closes
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")
    return requests, Channel(messages)


def open_pipes(folder: Path) -> tuple[int, Channel]:
    """Open the two named pipes of a folder, for a host that doesn't speak by stdin and stdout: as :func:`take_standard_streams`."""
    answers = os.open(folder / ANSWERS_PIPE, os.O_WRONLY)
    return os.open(folder / REQUESTS_PIPE, os.O_RDONLY), Channel(answers)
