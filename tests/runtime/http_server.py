"""A program of the `docker` target, serving; and requests as letters, for those that no client would send."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


@dataclass
class Reply:
    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        assert 400 <= self.code < 500, (self.code, self.body)
        text: str = self.document["error"]
        return text


class Server:
    """A server on a free port of this machine; ended by SIGTERM, with exit code 0."""

    def __init__(self, program: Path, log: Path, *options: str, emulator: Sequence[str] = ()) -> None:
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [*emulator, program, "--listen", "127.0.0.1:0", *options],
                stderr=subprocess.PIPE,
                stdout=stream,
            )
        assert self.process.stderr is not None
        line = self.process.stderr.readline().decode()
        self.port = int(line.split(":")[1])
        assert "serving" in line

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def classify(self, body: bytes, kind: str) -> Reply:
        return self.ask("POST", "/v1/classify", body, **{"Content-Type": kind})

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def send(self, *pieces: bytes) -> list[Reply]:
        """Everything that is answered until the server closes."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            content = b""
            while part := connection.recv(65536):
                content += part
        return replies(content)

    def metrics(self) -> dict[str, float]:
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        _, told = self.process.communicate(timeout=30)
        assert kind is not None or (self.process.returncode, told) == (0, b""), told.decode()


def replies(content: bytes) -> list[Reply]:
    """Answers that follow one another on a connection."""
    found = []
    while content:
        head, _, content = content.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        size = int(headers.get("content-length", 0))
        found.append(Reply(int(first.split()[1]), headers, content[:size]))
        content = content[size:]
    return found
