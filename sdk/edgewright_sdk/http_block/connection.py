"""HTTP to the server of a block: wait until it listens, ask, and read what it answers with suspicion."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any

from edgewright_sdk.errors import BlockError, OutputError

#: The servers listen on one of them, by what their author wrote.
HOSTS = ("127.0.0.1", "::1")
PAUSE_SECONDS = 0.05
CONNECT_SECONDS = 5.0
LONGEST_ANSWER = 512 << 20
READ_BYTES = 1 << 20
MISSING = (404, 405, 501)


class NoSuchRouteError(Exception):
    """The server has no such route."""


class ServerLostError(OutputError):
    """The server broke off in the middle of a request."""


class Server:
    """A block's server on the loopback address.

    Parameters
    ----------
    port : int
        Where it listens, or will.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._host = HOSTS[0]

    def wait(self, seconds: float) -> None:
        """Wait until it takes connections.

        Raises
        ------
        OutputError
            It doesn't within `seconds`.
        """
        until = time.monotonic() + seconds
        while True:
            for host in HOSTS:
                try:
                    socket.create_connection((host, self.port), CONNECT_SECONDS).close()
                except OSError:
                    continue
                self._host = host
                return
            if time.monotonic() >= until:
                raise OutputError(
                    f"the block's server doesn't listen on port {self.port} after {seconds:g} s; it must listen on the "
                    "port that PORT names, or say its own: info.port in parameters.json or EXPOSE in its Dockerfile"
                )
            time.sleep(PAUSE_SECONDS)

    def ask(self, route: str, body: dict[str, Any], about: str) -> dict[str, Any]:
        """Post a JSON document and return the one that is answered.

        Parameters
        ----------
        about : str
            What is asked for, as an error names it.

        Raises
        ------
        NoSuchRouteError
            The server has no such route.
        BlockError
            The block says why it can't do it.
        OutputError
            The answer isn't what the contract says.
        """
        status, content = self._post(route, json.dumps(body, separators=(",", ":")).encode(), about)
        if status in MISSING:
            raise NoSuchRouteError(route)
        document = _parsed(content)
        if isinstance(document, dict) and (document.get("error") or document.get("success") is False):
            said = str(document.get("error") or "it doesn't say why").strip()
            raise BlockError(f"{about}: the block says: {said}")
        if status != 200:
            raise OutputError(f"{about}: the block's server answers {route} with {status}: {_shown(content)}")
        if not isinstance(document, dict):
            raise OutputError(
                f"{about}: the block's server answers {route} with no JSON object: {_shown(content)}"
            )
        return document

    def _post(self, route: str, body: bytes, about: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self.port)
        try:
            connection.request("POST", route, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = bytearray()
            while piece := response.read(READ_BYTES):
                content += piece
                if len(content) > LONGEST_ANSWER:
                    raise OutputError(
                        f"{about}: the block's server answers with more than {LONGEST_ANSWER >> 20} MiB"
                    )
            return response.status, bytes(content)
        except (OSError, http.client.HTTPException) as error:
            text = str(error) or type(error).__name__
            raise ServerLostError(
                f"{about}: the block's server broke off while it was asked for {route}: {text}"
            ) from None
        finally:
            connection.close()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _shown(content: bytes) -> str:
    text = content[:400].decode("utf-8", "replace").strip()
    return repr(text[:200]) if text else "(nothing)"
