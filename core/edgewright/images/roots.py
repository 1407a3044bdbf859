"""Root file systems: images unpacked once, by their content, for runners that have no engine."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from edgewright import trees
from edgewright.errors import RunnerUnavailableError
from edgewright.images.commands import ImageError, run
from edgewright.images.engine import why_unreachable
from edgewright.images.layers import FILES, unpack_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.images.commands import Progress
    from edgewright.registry import Block

CONFIG_FILE: Final = "config.json"


@dataclass(frozen=True)
class Root:
    """An unpacked image: its files, and what its author says of it."""

    id: str  # the image's content id
    folder: Path
    config: Mapping[str, Any]

    @property
    def variables(self) -> dict[str, str]:
        """The image's own environment."""
        return dict(line.partition("=")[::2] for line in self.config.get("Env") or ())

    @property
    def entrypoint(self) -> list[str]:
        """ENTRYPOINT."""
        return list(self.config.get("Entrypoint") or ())

    @property
    def command(self) -> list[str]:
        """CMD."""
        return list(self.config.get("Cmd") or ())

    @property
    def folder_inside(self) -> str:
        """WORKDIR."""
        return str(self.config.get("WorkingDir") or "/")

    @property
    def environment(self) -> tuple[str, ...]:
        """What is installed of what the block requires, by the image's label; else the image's id."""
        from edgewright.images.blocks import environment_of

        return environment_of({"Id": self.id, "Config": self.config})


def find_root(reference: str) -> Root | None:
    """The unpacked image of a tag or id; None where there is none."""
    folder = _cache()
    tag = folder / "tags" / quote(reference, safe="")
    identity = reference if reference.startswith("sha256:") else ""
    if not identity:
        try:
            identity = tag.read_text(encoding="ascii")
        except OSError:
            return None
    place = folder / identity.removeprefix("sha256:")
    try:
        config = json.loads((place / CONFIG_FILE).read_text(encoding="utf-8"))
    except OSError:
        return None
    return Root(identity, place / FILES, config)


def root_of(block: Block, progress: Progress) -> Root:
    """The root file system of a block: unpacked before, or from an image that the engine has or builds.

    Raises
    ------
    RunnerUnavailableError
        It is not here, and no engine answers.
    ImageError
        The image can't be built or read.
    """
    from edgewright.images.blocks import block_tag, build_block

    tag = block.image or block_tag(block)
    if why_unreachable() is not None:
        found = find_root(tag)
        if found is None:
            raise RunnerUnavailableError(
                f"block {block.name!r} is not built in, and its image {tag} is not unpacked here",
                hint="where there is an engine: edgewright blocks build, edgewright images save; "
                "here: edgewright images load FILE; or insist with --runner process --trust",
            )
        return found
    image = build_block(block, progress)
    found = find_root(image.id)
    if found is None:
        progress(f"unpacking {tag}")
        with tempfile.TemporaryDirectory(dir=_made(_cache())) as folder:
            archive = Path(folder) / "image.tar"
            run(["save", "--output", str(archive), tag], what=f"saving {tag}", progress=progress)
            load_roots(archive)
        found = find_root(tag)
    if found is None:
        raise ImageError(f"the image of block {block.name!r} was unpacked but is not here")
    return found


def load_roots(archive: Path) -> list[str]:
    """Unpack the images of an archive, each once. Returns their tags.

    Raises
    ------
    ImageError
        The file is no archive of images, or one of its layers can't be unpacked.
    """
    cache = _made(_cache())
    tags = []
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        for image in unpack_images(
            archive, Path(unfinished), known=lambda identity: find_root(identity) is not None
        ):
            place = cache / image.id.removeprefix("sha256:")
            if image.folder is not None:
                (image.folder / CONFIG_FILE).write_text(json.dumps(image.config), encoding="utf-8")
                image.folder.chmod(0o755)
                try:
                    image.folder.rename(place)
                except OSError:  # somebody else was faster
                    trees.remove_tree(image.folder)
            for tag in image.tags:
                with trees.replacing(_made(cache / "tags") / quote(tag, safe="")) as file:
                    file.write_text(image.id, encoding="ascii")
            tags += image.tags
    return tags


def _cache() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "edgewright" / "roots"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
