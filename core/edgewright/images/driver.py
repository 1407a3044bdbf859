"""The image of the SDK alone: what asks a block that is a service, or serves a block that is a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.images.archive import SDK_FOLDER, pack, sdk_contents
from edgewright.images.commands import ImageError, build
from edgewright.images.engine import image_id, locked
from edgewright.images.frameworks import DIGEST_LENGTH, build_framework
from edgewright.registry.digest import sdk_digest

if TYPE_CHECKING:
    from edgewright.images.commands import Progress


def build_driver(progress: Progress) -> str:
    """Build the image unless it is there: ``edgewright/base`` and one layer with the SDK. Returns its content id."""
    below = build_framework("base", progress)
    tag = f"edgewright/driver:{below.rpartition(':')[2][:4]}{sdk_digest()[:DIGEST_LENGTH]}"
    with locked(tag):
        if image_id(tag) is None:
            progress(f"building {tag}")
            lines = (f"FROM {below}", f"COPY sdk {SDK_FOLDER}", f"ENV PYTHONPATH={SDK_FOLDER}")
            files = {f"sdk/{name}": content for name, content in sdk_contents().items()}
            build(tag, pack({**files, "Dockerfile": ("\n".join(lines) + "\n").encode()}), progress=progress)
    found = image_id(tag)
    if found is None:
        raise ImageError(f"{tag} was made but the engine hasn't got it")
    return found
