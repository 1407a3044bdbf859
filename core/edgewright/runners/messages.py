"""Messages of a running block: JSON lines on its original stdout. A message is never a result."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from edgewright.terminal import printable_line
from edgewright_specs.interface import ERROR_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.runners.base import Message, OnMessage

MAX_LINE_BYTES = 64 << 10
MAX_TEXT = 8_000
#: Of an error, in an outcome's message.
LONGEST_ERROR = 1000
#: A block that floods the channel fills its log (which is capped) and not the record of the run.
MAX_MESSAGES = 10_000


class MessageLines:
    """Takes a stream apart: lines that are messages go to ``on_message``, every other byte goes to the log as it is.

    Parameters
    ----------
    on_message : callable
        Given each message, with the fields that its type has and no others.
    log : callable
        Given the bytes of everything else.
    """

    def __init__(self, on_message: OnMessage, log: Callable[[bytes], None]) -> None:
        self._on_message = on_message
        self._log = log
        self._pending = b""
        self._in_long_line = False
        self._messages = 0
        #: What the block said last of why it failed.
        self.last_error = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes, cut anywhere."""
        if not data:
            return
        if not self._pending and b"{" not in data:  # a flood costs nothing per line
            self._log(data)
            self._in_long_line = not data.endswith(b"\n")
            return
        lines = (self._pending + data).split(b"\n")
        self._pending = lines.pop()
        for line in lines:
            self._line(line + b"\n")
        if len(self._pending) > MAX_LINE_BYTES:  # no message is that long: don't wait for its end
            self._log(self._pending)
            self._pending = b""
            self._in_long_line = True

    def finish(self) -> None:
        """Say that the stream has ended."""
        if self._pending:
            self._line(self._pending)
            self._pending = b""

    def _line(self, line: bytes) -> None:
        message = None if self._in_long_line or self._messages >= MAX_MESSAGES else parse_message(line)
        self._in_long_line = False
        if message is None:
            self._log(line)
            return
        self._messages += 1
        if message["type"] == "error":
            self.last_error = printable_line(message["text"], LONGEST_ERROR)
        if message["type"] == "log":
            self._log(f"{message['text']}\n".encode("utf-8", "backslashreplace"))
        self._on_message(message)


def parse_message(line: bytes) -> Message | None:
    """Return the message that a line holds, or None when it holds none."""
    text = line.rstrip()
    if not (text.startswith(b"{") and text.endswith(b"}")) or len(text) > MAX_LINE_BYTES:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    parse = _TYPES.get(value.get("type")) if isinstance(value.get("type"), str) else None
    return None if parse is None else parse(value)


def _progress(value: dict[str, Any]) -> Message | None:
    done, total = _number(value.get("done")), _number(value.get("total"))
    if done is None:
        return None
    return {"type": "progress", "done": done, "total": total, "text": _text(value.get("text", ""))}


def _metric(value: dict[str, Any]) -> Message | None:
    name, number = value.get("name"), _number(value.get("value"))
    if not isinstance(name, str) or number is None:
        return None
    return {"type": "metric", "name": _text(name), "value": number}


def _line_of_text(value: dict[str, Any]) -> Message | None:
    text = value.get("text")
    return {"type": value["type"], "text": _text(text)} if isinstance(text, str) else None


def _error(value: dict[str, Any]) -> Message | None:
    message = _line_of_text(value)
    kind = value.get("kind")
    # A block that says why it failed, and no more, did so on purpose.
    return None if message is None else {**message, "kind": kind if kind in ERROR_KINDS else "refused"}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _text(value: Any) -> str:
    return str(value)[:MAX_TEXT]


_TYPES = {"progress": _progress, "metric": _metric, "log": _line_of_text, "error": _error}
