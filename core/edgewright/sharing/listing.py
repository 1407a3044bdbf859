"""The blocks of a registry, by its HTTP interface alone: no layer is pulled, no engine is needed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.images.blocks import BLOCK_LABEL
from edgewright.sharing.labels import DIGEST_LABEL, SPEC_LABEL, TYPE_LABEL
from edgewright.sharing.reference import DEFAULT_HOST, Reference, is_loopback
from edgewright.sharing.registry import Registry, SharingError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What one listing asks for at most, and how much of it at the same time.
MAX_IMAGES = 2000
AT_ONCE = 8


@dataclass(frozen=True)
class RemoteBlock:
    """One tag of one repository that holds a block."""

    reference: str
    pinned: str
    name: str
    type: str
    title: str
    description: str
    digest: str


def list_remote(place: str) -> list[RemoteBlock]:
    """List the blocks at ``registry``, ``registry/namespace`` or ``registry/path/of/one/repository``.

    Raises
    ------
    UsageError
        `place` names no registry.
    SharingError, UnreachableError
        The registry refuses or doesn't answer.
    """
    host, namespace = _split(place)
    registry = Registry(host)
    images = [(name, tag) for name in _repositories(registry, namespace) for tag in registry.tags(name)]
    if len(images) > MAX_IMAGES:
        raise SharingError(
            f"{place}: {len(images)} images",
            hint=f"at most {MAX_IMAGES} are asked for: name a smaller part of it",
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda image: _look(registry, *image), images))
    return sorted((block for block in found if block), key=lambda block: block.reference)


def _repositories(registry: Registry, namespace: str) -> Iterable[str]:
    """Repositories at or below a namespace. A registry that lists none (Docker Hub) may still know one by its name."""
    try:
        names = list(registry.repositories())
    except SharingError as problem:
        if namespace and registry.tags(namespace):
            return [namespace]
        raise SharingError(
            problem.message,
            hint="this registry doesn't list its repositories to us: name one of them (registry/path/name), "
            "or log in with `docker login`",
        ) from problem
    return [name for name in names if not namespace or name == namespace or name.startswith(f"{namespace}/")]


def _look(registry: Registry, repository: str, tag: str) -> RemoteBlock | None:
    digest, labels = registry.labels(repository, tag)
    if TYPE_LABEL not in labels:
        return None
    reference = Reference(registry.host, repository, tag)
    texts = _texts(labels.get(SPEC_LABEL))
    return RemoteBlock(
        reference=reference.text,
        pinned=reference.pinned(digest).text,
        name=labels.get(BLOCK_LABEL) or repository.rpartition("/")[2],
        type=labels[TYPE_LABEL],
        title=texts[0],
        description=texts[1],
        digest=labels.get(DIGEST_LABEL, ""),
    )


def _texts(spec: str | None) -> tuple[str, str]:
    """Title and description, of whatever stands in the label."""
    try:
        info: Any = json.loads(spec or "{}").get("info")
    except (ValueError, AttributeError, RecursionError):
        return "", ""
    if not isinstance(info, dict):
        return "", ""
    return str(info.get("title") or info.get("name") or ""), str(info.get("description") or "")


def _split(place: str) -> tuple[str, str]:
    first, _, rest = place.strip().rstrip("/").partition("/")
    named = "." in first or ":" in first or is_loopback(first)
    host, namespace = (first, rest) if named else (DEFAULT_HOST, place.strip().rstrip("/"))
    Reference.parse(f"{host}/{namespace or 'any'}")  # says what is wrong with it
    if not named and not namespace:
        raise UsageError("no registry is named", hint="for example --remote registry.example.com/team")
    return host, namespace
