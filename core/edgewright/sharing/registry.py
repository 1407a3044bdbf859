"""A registry's HTTP interface (OCI distribution): what is there, without pulling a layer."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from edgewright.errors import EdgewrightError
from edgewright.sharing.reference import DEFAULT_HOST, registry_address
from edgewright.sharing.transport import Answer, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = ", ".join((*INDEXES, *MANIFESTS))

PAGE = 100
MAX_PAGES = 100

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm"}


class SharingError(EdgewrightError):
    """A registry doesn't answer, refuses, or holds what can't be taken."""


class Registry:
    """Questions to one registry; answers are capped and, where they are named by a digest, checked against it."""

    def __init__(self, host: str, *, seconds: float = 15.0) -> None:
        self.host = host
        self._transport = Transport(host, registry_address(host), seconds)

    def repositories(self) -> Iterator[str]:
        """Every repository, page by page.

        Raises
        ------
        SharingError
            The registry doesn't answer, or lists its repositories for nobody.
        """
        for document in self._pages(f"/v2/_catalog?n={PAGE}", ""):
            yield from (str(name) for name in document.get("repositories") or ())

    def tags(self, repository: str) -> list[str]:
        """Tags of one repository, sorted; none where there is no such repository."""
        path = f"/v2/{quote(repository)}/tags/list?n={PAGE}"
        found = {str(tag) for document in self._pages(path, repository) for tag in document.get("tags") or ()}
        return sorted(found)

    def digest(self, repository: str, tag: str) -> str | None:
        """What a tag names now, as engines pin it; None where there is no such tag."""
        path = f"/v2/{quote(repository)}/manifests/{quote(tag)}"
        answer = self._transport.ask(path, accept=ACCEPT, scope=repository, head=True)
        if answer.status == 404:
            return None
        self._check(answer, f"{self.host}/{repository}:{tag}")
        given = answer.header("Docker-Content-Digest")
        return given if _DIGEST.fullmatch(given) else self._manifest(repository, tag)[0]

    def labels(self, repository: str, tag: str) -> tuple[str, dict[str, str]]:
        """Digest and labels of an image: two or three small documents, no layer."""
        digest, manifest = self._manifest(repository, tag)
        if "manifests" in manifest:
            manifest = self._manifest(repository, _for_this_machine(manifest["manifests"]))[1]
        config = manifest.get("config") if isinstance(manifest.get("config"), dict) else {}
        blob = str((config or {}).get("digest") or "")
        if not _DIGEST.fullmatch(blob):
            return digest, {}  # no image: registries hold other things too
        where = f"{self.host}/{repository}@{blob}"
        answer = self._transport.ask(f"/v2/{quote(repository)}/blobs/{blob}", accept="*/*", scope=repository)
        self._check(answer, where)
        if f"sha256:{hashlib.sha256(answer.body).hexdigest()}" != blob:
            raise SharingError(f"{where}: the registry sent other bytes than this digest names")
        inner = _document(answer.body, where).get("config")
        labels = inner.get("Labels") if isinstance(inner, dict) else None
        if not isinstance(labels, dict):
            return digest, {}
        return digest, {str(name): str(value) for name, value in labels.items()}

    def _manifest(self, repository: str, tag: str) -> tuple[str, dict[str, Any]]:
        where = f"{self.host}/{repository}{'@' if _DIGEST.fullmatch(tag) else ':'}{tag}"
        answer = self._transport.ask(
            f"/v2/{quote(repository)}/manifests/{quote(tag, safe=':')}", accept=ACCEPT, scope=repository
        )
        self._check(answer, where)
        return f"sha256:{hashlib.sha256(answer.body).hexdigest()}", _document(answer.body, where)

    def _pages(self, path: str, scope: str) -> Iterator[Mapping[str, Any]]:
        """Follow a list page by page, within this registry only."""
        for _ in range(MAX_PAGES):
            answer = self._transport.ask(path, accept="application/json", scope=scope)
            if answer.status == 404 and scope:
                return
            self._check(answer, f"{self.host}{path.partition('?')[0]}")
            yield _document(answer.body, f"{self.host}{path}")
            link = _NEXT.search(answer.header("Link"))
            following = "" if link is None else link[1].removeprefix(registry_address(self.host))
            if not following.startswith("/v2/"):
                return
            path = following

    def _check(self, answer: Answer, where: str) -> None:
        if answer.status == 200:
            return
        if answer.status in (401, 403):
            hub = "" if self.host == DEFAULT_HOST else f" {self.host}"
            raise SharingError(
                f"{where}: the registry refuses this (status {answer.status})",
                hint=f"log in: docker login{hub}",
            )
        raise SharingError(f"{where}: {'not there' if answer.status == 404 else f'status {answer.status}'}")


def _document(body: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise SharingError(f"{where}: the registry's answer is not JSON: {problem}") from problem
    if not isinstance(document, dict):
        raise SharingError(f"{where}: the registry's answer is no object")
    return document


def _for_this_machine(manifests: Any) -> str:
    """Digest of the image for this machine's architecture in an index of several, else of the first."""
    wanted = _ARCHITECTURES.get(platform.machine(), platform.machine())
    entries = [entry for entry in manifests if isinstance(entry, dict)] if isinstance(manifests, list) else []
    fitting = [
        entry
        for entry in entries
        if isinstance(entry.get("platform"), dict) and entry["platform"].get("architecture") == wanted
    ]
    digest = str((fitting or entries or [{}])[0].get("digest") or "")
    if not _DIGEST.fullmatch(digest):
        raise SharingError("the registry's list of images names none")
    return digest
