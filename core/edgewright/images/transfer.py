"""Building all images ahead of time, and taking them to a machine without network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgewright.images.commands import ImageError, run
from edgewright.images.engine import image_id, why_unreachable
from edgewright.images.frameworks import FRAMEWORKS, build_framework, framework_tag
from edgewright.trees import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from edgewright.images.commands import Progress
    from edgewright.registry import Block

_LOADED = re.compile(r"Loaded image(?:\(s\))?: (\S+)")


def build_images(
    names: Iterable[str] = FRAMEWORKS, blocks: Iterable[Block] = (), *, progress: Progress
) -> list[str]:
    """Build framework images and images of blocks that are not there yet.

    Parameters
    ----------
    names : iterable of str
        Of :data:`~edgewright.images.frameworks.FRAMEWORKS`.
    blocks : iterable of Block
        Blocks whose images are wanted too.
    progress : callable
        Given each line that a build writes.

    Returns
    -------
    list of str
        Tags of all the images asked for, new or not.

    Raises
    ------
    UsageError
        There is no framework image of a name.
    ImageError
        A build failed.
    """
    from edgewright.images.blocks import build_block

    tags = [build_framework(name, progress) for name in names]
    return tags + [build_block(block, progress).tag for block in blocks]


def save_images(path: Path, tags: Sequence[str], *, progress: Progress) -> None:
    """Write images into one archive, layers that they share only once; ``path`` appears complete or not at all.

    Raises
    ------
    ImageError
        One of the images is missing, or the archive can't be written.
    """
    missing = [tag for tag in tags if image_id(tag) is None]
    if missing or not tags:
        raise ImageError(
            f"not built: {', '.join(missing) or 'nothing'}", hint="build first: edgewright images build"
        )
    try:
        with replacing(path) as unfinished:
            run(["save", "--output", str(unfinished), *tags], what=f"saving to {path}", progress=progress)
    except OSError as problem:
        raise ImageError(f"{path}: {problem.strerror or problem}") from problem


def load_images(path: Path, *, progress: Progress) -> list[str]:
    """Give the engine the images of an archive; without one, unpack them for bubblewrap. Returns their tags.

    Raises
    ------
    ImageError
        The file is missing or no archive of images.
    """
    if not path.is_file():
        raise ImageError(
            f"{path}: no such file", hint="write one where there is a network: edgewright images save"
        )
    if why_unreachable() is not None:
        from edgewright.images.roots import load_roots

        progress("no engine answers: unpacking for the runner bwrap")
        return load_roots(path)
    loaded: list[str] = []

    def listen(line: str) -> None:
        found = _LOADED.search(line)
        if found:
            loaded.append(found[1])
        progress(line)

    run(["load", "--input", str(path)], what=f"loading {path}", progress=listen)
    ours = {framework_tag(name) for name in FRAMEWORKS}
    theirs = [
        tag
        for tag in loaded
        if tag.split(":")[0] in {name.split(":")[0] for name in ours} and tag not in ours
    ]
    if theirs:
        progress(f"saved by another version of Edgewright, so of no use to this one: {', '.join(theirs)}")
    return loaded
