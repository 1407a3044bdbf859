"""What is said with a started block: a request goes out, messages and one answer come in.

Small files go with the lines that name them. That spares both sides half of the time of a short answer, which would go into making,
opening and removing files.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from edgewright.runners.messages import MAX_LINE_BYTES, MAX_MESSAGES, parse_message
from edgewright.terminal import printable_line
from edgewright_specs.interface import CARRIED_BYTES, CARRIED_FILES, ERROR_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.runners.base import Message, OnMessage
    from edgewright.runners.masking import Mask
    from edgewright.runners.warm.channel import Channel
    from edgewright_specs.interface import ErrorKind, Reason


class FailedError(Exception):
    """A request that failed; ``fatal`` says that the block can't go on after it."""

    def __init__(
        self, reason: Reason, message: str, kind: ErrorKind | None = None, *, fatal: bool = True
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.kind = kind
        self.fatal = fatal


class EndedError(Exception):
    """The block ended in the middle of a request; how, its channel can tell."""


class Conversation:
    """One block's.

    Parameters
    ----------
    channel : Channel
    mask : Mask or None
        Hides secrets in what it says.
    on_message : callable

    Attributes
    ----------
    error : Message or None
        What it said last, in this request, of why it is about to end.
    """

    def __init__(self, channel: Channel, mask: Mask | None, on_message: OnMessage) -> None:
        self._channel = channel
        self._mask = mask
        self._on_message = on_message
        self._buffer = b""
        self.error: Message | None = None

    def is_over(self) -> bool:
        """Whether it has ended since its last answer, or said more than anybody asked for."""
        data = self._channel.receive(0.0)
        self._buffer += data or b""
        return data == b"" or len(self._buffer) > MAX_LINE_BYTES

    def ask(
        self, number: int, in_dir: str, out_dir: str, carried: Mapping[str, bytes] | None, deadline: float
    ) -> dict[str, bytes]:
        """Send one request and wait for its answer.

        Parameters
        ----------
        in_dir, out_dir : str
            As the block sees them.
        carried : mapping of str to bytes, optional
            The files of the request, if they are not in `in_dir`. Then the outputs may come in the same way.
        deadline : float
            On the monotonic clock.

        Returns
        -------
        dict
            Files that came with the answer; what else there is, is in `out_dir`.

        Raises
        ------
        FailedError, EndedError
        """
        self.error = None
        request: dict[str, Any] = {"id": number, "in": in_dir, "out": out_dir}
        if carried is not None:
            request["files"] = {name: len(content) for name, content in carried.items()}
        line = json.dumps(request).encode()
        data = b"\n".join((line, b"".join((carried or {}).values())))
        self._channel.send(data, max(0.0, deadline - time.monotonic()))
        told = 0
        while True:
            answer = self._answer_in(self._line(deadline), number, told < MAX_MESSAGES)
            told += 1
            if answer is not None:
                files = self._files(answer.get("files"), carried is not None, deadline)
                self._judge(answer)
                return files

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise FailedError("block_error", f"it answered a line longer than {MAX_LINE_BYTES} bytes")
            self._receive(deadline)
        if time.monotonic() > deadline:  # lines that it had ready don't prolong it
            raise _late()
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line

    def _files(self, sizes: Any, may: bool, deadline: float) -> dict[str, bytes]:
        """The files that follow an answer."""
        if sizes is None:
            return {}
        if (
            not may
            or not isinstance(sizes, dict)
            or len(sizes) > CARRIED_FILES
            or any(type(size) is not int or size < 0 for size in sizes.values())
            or (total := sum(sizes.values())) > CARRIED_BYTES
        ):
            raise FailedError("block_error", "its answer carries files in a way that isn't allowed")
        while len(self._buffer) < total:
            self._receive(deadline)
        files, start = {}, 0
        for name, size in sizes.items():
            files[name] = self._buffer[start : start + size]
            start += size
        self._buffer = self._buffer[total:]
        return files

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        data = self._channel.receive(left) if left > 0 else None
        if data is None:
            raise _late()
        if not data:
            raise EndedError
        self._buffer += data

    def _answer_in(self, line: bytes, number: int, tell: bool) -> dict[str, Any] | None:
        """The answer that a line holds; None for a message."""
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict) and answer.get("type") == "done" and answer.get("id") == number:
            return answer
        message = parse_message(line)
        if message is None:
            raise FailedError("block_error", "it answered something that is no answer to the request")
        if self._mask is not None:
            message = self._mask.plain(message)
        if message["type"] == "error":
            self.error = message
        if tell:
            self._on_message(message)
        return None

    def _judge(self, answer: Mapping[str, Any]) -> None:
        if answer.get("ok") is True:
            return
        kind = answer.get("kind")
        text = str(answer.get("error", "it gave no reason"))
        hidden = text if self._mask is None else self._mask.text(text)
        known: ErrorKind = kind if kind in ERROR_KINDS else "fault"
        raise FailedError("block_error", printable_line(hidden, 2000), known, fatal=False)


def _late() -> FailedError:
    return FailedError("timeout", "it did not answer in time")
