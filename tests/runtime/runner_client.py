"""A client of the Linux runner protocol, as the public ones for Python and Node are: one message, one answer."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Runner:
    """A program serving on a socket."""

    def __init__(self, command: list[Any], place: Path) -> None:
        self.place = place
        self.process = subprocess.Popen([*map(str, command), str(place)])
        end = time.monotonic() + 20
        while not place.exists() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        try:
            self.connection = self.connect()
        except OSError:
            self.process.kill()
            self.process.wait()
            raise

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(20)
        try:
            connection.connect(str(self.place))
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        return self.ask_bytes(json.dumps(message).encode())

    def ask_bytes(self, *pieces: bytes) -> dict[str, Any]:
        for piece in pieces:
            self.connection.sendall(piece)
            time.sleep(0.01)
        content = b""
        while not content.endswith(b"\0"):
            part = self.connection.recv(65536)
            assert part, "the connection was closed within an answer"
            content += part
        text = content[:-1].decode()
        assert text.count("{") == text.count("}"), "clients that count braces find the end"
        answer: dict[str, Any] = json.loads(text)
        return answer

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        self.process.terminate()
        assert self.process.wait(10) == 0
        assert not self.place.exists()
