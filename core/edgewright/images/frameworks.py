"""The framework's own images: what blocks are built on.

Each is a Dockerfile beside this file, tagged by the digest of its recipe: Dockerfile, pins, and the image below.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.images.archive import pack
from edgewright.images.commands import ImageError, build
from edgewright.images.engine import image_id, locked

if TYPE_CHECKING:
    from edgewright.images.commands import Progress

#: Names as a Dockerfile's ``FROM edgewright/<name>`` and a spec's ``environment`` give them, in the order of building.
FRAMEWORKS = ("base", "classical", "torch", "toolchain")

DIGEST_LENGTH = 12
FRAMEWORK_LABEL = "org.edgewright.framework"

_FROM = re.compile(
    r"^(?P<start>\s*FROM\s+(?:--\S+\s+)*)edgewright/(?P<name>[a-z]+)(?::[\w][\w.-]*)?(?=\s|$)",
    re.IGNORECASE | re.MULTILINE,
)


@lru_cache(maxsize=1)
def constraints() -> str:
    """Text of the one file of pins: package data of a wheel, the repository's root in a source checkout.

    Raises
    ------
    ImageError
        It is in neither place: the installation is broken.
    """
    packaged = files("edgewright.images").joinpath("constraints.txt")
    checkout = Path(__file__).parents[3] / "constraints.txt"
    for place in (packaged, checkout):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise ImageError(
        f"constraints.txt is neither at {packaged} nor at {checkout}", hint="reinstall edgewright"
    )


def dockerfile(name: str) -> str:
    """Text of the Dockerfile of a framework image.

    Raises
    ------
    UsageError
        There is no such image.
    """
    if name not in FRAMEWORKS:
        raise UsageError(
            f"no framework image edgewright/{name}",
            hint=f"there are {', '.join(f'edgewright/{known}' for known in FRAMEWORKS)}",
        )
    return files("edgewright.images").joinpath(f"{name}.Dockerfile").read_text(encoding="utf-8")


def framework_tag(name: str) -> str:
    """Tag of a framework image: ``edgewright/<name>:<12 digits of its recipe's digest>``."""
    return f"edgewright/{name}:{_digest(name)[:DIGEST_LENGTH]}"


def resolve_from(text: str) -> str:
    """Put the digest tag into every ``FROM edgewright/<name>`` of a Dockerfile, whatever tag it gave."""
    return _FROM.sub(lambda match: match["start"] + framework_tag(match["name"].lower()), text)


def frameworks_of(text: str) -> list[str]:
    """Names of the framework images that a Dockerfile starts from."""
    return sorted({match["name"].lower() for match in _FROM.finditer(text)})


def build_framework(name: str, progress: Progress) -> str:
    """Build a framework image, and what it stands on, unless it is there. Returns its tag."""
    text = dockerfile(name)
    tag = framework_tag(name)
    if image_id(tag) is not None:
        return tag
    for below in frameworks_of(text):
        build_framework(below, progress)
    with locked(tag):
        if image_id(tag) is None:
            progress(f"building {tag}")
            context = {"Dockerfile": resolve_from(text).encode(), "constraints.txt": constraints().encode()}
            build(tag, pack(context), labels=[(FRAMEWORK_LABEL, name)], progress=progress)
    return tag


@lru_cache(maxsize=len(FRAMEWORKS))
def _digest(name: str) -> str:
    text = dockerfile(name)
    state = hashlib.sha256(f"edgewright image 1\n{text}".encode())
    below = frameworks_of(text)
    for framework in below:
        state.update(_digest(framework).encode())
    if not below:
        state.update(constraints().encode())
    return state.hexdigest()
