"""Give a block to a registry: its image, with what it is in labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.images.archive import pack
from edgewright.images.commands import ImageError, build, run
from edgewright.images.engine import inspect_image
from edgewright.sharing.labels import labels_of
from edgewright.sharing.reference import DEFAULT_HOST, Reference

if TYPE_CHECKING:
    from edgewright.images.commands import Progress
    from edgewright.registry import Block

_DENIED = ("denied", "unauthorized", "authentication required", "no basic auth")


@dataclass(frozen=True)
class Pushed:
    """A block in a registry: the name it was given, and the digest that names these bytes for ever."""

    reference: str
    pinned: str


def push(block: Block, image: str, reference: str, progress: Progress) -> Pushed:
    """Label the image of a block, name it ``reference`` and give it to the registry of that name.

    Parameters
    ----------
    block : Block
    image : str
        Tag of its image, which is present (:meth:`Runner.prepare` has built it).
    reference : str
        ``host/path/name:tag``; without a tag ``latest``.

    Raises
    ------
    UsageError
        `reference` is no name that something can be pushed to.
    ImageError
        The registry takes it not; the message ends with the engine's last lines.
    """
    target = Reference.parse(reference).tagged()
    if target.digest:
        raise UsageError(
            f"{reference!r}: a digest can't be chosen, it follows from the content",
            hint=f"for example {target.name}:1.0",
        )
    # An image that came from a registry has its author's labels already.
    labels = labels_of(block) if block.folder is not None else []
    build(target.text, pack({"Dockerfile": f"FROM {image}\n".encode()}), labels=labels, progress=progress)
    try:
        run(["push", target.text], what=f"pushing {target.text}", progress=progress)
    except ImageError as error:
        if any(word in error.message.lower() for word in _DENIED):
            host = "" if target.host == DEFAULT_HOST else f" {target.host}"
            raise ImageError(error.message, hint=f"log in: docker login{host}") from error
        raise
    pinned = pin_of(target.text)
    if pinned is None:
        raise ImageError(f"{target.text} was pushed, but the engine doesn't know its digest")
    return Pushed(target.text, pinned)


def pin_of(reference: str) -> str | None:
    """``repository@sha256:…`` of an image that is present; None for one that was never in a registry."""
    image = inspect_image(reference)
    name = Reference.parse(reference).name
    for digest in (image or {}).get("RepoDigests") or ():
        repository, _, value = str(digest).partition("@")
        if repository in (name, f"{DEFAULT_HOST}/{name}", f"{DEFAULT_HOST}/library/{name}"):
            return f"{name}@{value}"
    return None
