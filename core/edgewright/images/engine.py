"""Where the container engine is, and quick questions to it.

Containers are driven through the docker library (:func:`connect`). Whether the engine answers and which image a tag
names is asked in every run, also in one that finds all its results stored, so these two go over the socket directly:
importing the library costs more than such a run.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from edgewright.errors import EdgewrightError, RunnerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

CONNECT_SECONDS = 10.0
#: For calls that do work: creating a container may wait for a busy disk.
CALL_SECONDS = 120

UNIX = "unix://"


class EngineError(EdgewrightError):
    """The engine doesn't answer, or not as its interface says."""


def engine_url() -> str | None:
    """Return the engine's address: ``DOCKER_HOST``, the current docker context, or a socket in a usual place."""
    given = os.environ.get("DOCKER_HOST")
    if given:
        return given
    return _context_host() or next((UNIX + str(path) for path in _usual_sockets() if path.is_socket()), None)


def why_unreachable() -> str | None:
    """Return None when an engine answers whose containers can see this host's folders, else why not."""
    url = engine_url()
    if url is None:
        return "no container engine found (DOCKER_HOST is not set and no socket is in a usual place)"
    if not url.startswith((UNIX, "npipe://")):
        return f"the engine at {url} is not on this machine, so it can't mount a task's folder"
    try:
        if url.startswith(UNIX):
            status, _ = _ask("/_ping")
            return (
                None if status == http.HTTPStatus.OK else f"the engine at {url} answers with status {status}"
            )
        connect().ping()
    except (OSError, EdgewrightError, http.client.HTTPException) as problem:
        return f"the engine at {url} does not answer: {problem}"
    return None


def inspect_image(reference: str) -> dict[str, Any] | None:
    """Return what the engine says of an image, or None when it has none of that name.

    Raises
    ------
    EngineError
        The engine doesn't answer, or with an error.
    """
    url = engine_url() or ""
    try:
        if url.startswith(UNIX):
            status, answer = _ask(f"/images/{quote(reference, safe='/:@')}/json")
        else:
            return _inspect_by_library(reference)
    except (OSError, ValueError, http.client.HTTPException) as problem:
        raise EngineError(f"the engine at {url} does not answer: {problem}") from problem
    if status == http.HTTPStatus.NOT_FOUND:
        return None
    if status != http.HTTPStatus.OK or not isinstance(answer, dict):
        raise EngineError(f"the engine at {url} answers with status {status} about image {reference}")
    return answer


def image_id(reference: str) -> str | None:
    """Return the content id (``sha256:…``) of an image, or None when the engine has none of that name."""
    found = inspect_image(reference)
    return None if found is None else str(found["Id"])


@lru_cache(maxsize=1)
def connect() -> APIClient:
    """Return the docker library's client for the engine, one a process.

    Raises
    ------
    RunnerUnavailableError
        There is no engine.
    """
    import docker
    from docker.errors import DockerException

    url = engine_url()
    if url is None:
        raise RunnerUnavailableError(
            why_unreachable() or "no container engine", hint="start Docker, or set DOCKER_HOST"
        )
    environment = {**os.environ, "DOCKER_HOST": url}
    try:
        return docker.DockerClient.from_env(
            timeout=CALL_SECONDS, environment=environment, max_pool_size=32
        ).api
    except DockerException as problem:
        raise RunnerUnavailableError(f"the engine at {url} does not answer: {problem}") from problem


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock over all of this user's processes, so that one of them builds an image and the others wait."""
    from filelock import FileLock

    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgewright" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    safe = "".join(char if char.isalnum() else "-" for char in name)
    with FileLock(folder / f"{safe}.lock"):
        yield


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CONNECT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ask(path: str) -> tuple[int, Any]:
    """GET from the engine's socket: status and the JSON that it answers (text where it is none)."""
    connection = _UnixConnection((engine_url() or "").removeprefix(UNIX))
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.headers.get_content_type() == "application/json":
        return response.status, json.loads(body)
    return response.status, body.decode("utf-8", "replace")


def _inspect_by_library(reference: str) -> dict[str, Any] | None:
    from docker.errors import APIError, ImageNotFound

    try:
        found: dict[str, Any] = connect().inspect_image(reference)
    except ImageNotFound:
        return None
    except APIError as problem:
        raise EngineError(f"asking about image {reference}: {problem}") from problem
    return found


def _context_host() -> str | None:
    """Endpoint of the docker context in use; the default context names none, its socket is a usual place."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        name = (
            os.environ.get("DOCKER_CONTEXT")
            or json.loads((folder / "config.json").read_text())["currentContext"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not name or name == "default":
        return None
    for meta in sorted((folder / "contexts" / "meta").glob("*/meta.json")):
        try:
            document = json.loads(meta.read_text())
            if document["Name"] == name:
                return str(document["Endpoints"]["docker"]["Host"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _usual_sockets() -> list[Path]:
    places = [Path("/var/run/docker.sock"), Path.home() / ".docker/run/docker.sock"]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        places += [Path(runtime, "docker.sock"), Path(runtime, "podman/podman.sock")]
    return [*places, Path("/run/podman/podman.sock")]
