"""What the host knows of a block before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright_specs.interface import BlockType
    from edgewright_specs.parameters import BlockSpec


#: What a block of a spec's type is to us.
RUN_AS: Final[Mapping[str, BlockType]] = {
    "processing": "processing",
    "learning": "learning",
    "deployment": "deployment",
    "transform": "transform",
    "synthetic-data": "transform",
}
#: Why a block of another type is refused.
WHY_NOT: Final = {
    "ai-action": "an AI labelling block is a client of Edge Impulse's project API: it reads and changes samples in a project of "
    "their cloud, and there is none here. Run what it does as a transform block (files in, files out) instead",
}


@dataclass(frozen=True)
class Block:
    """A block that was found and whose spec was checked.

    ``digest`` changes when anything changes that could change what the block computes, and only then: see
    :mod:`edgewright.registry.digest`. ``builtin`` says that a plugin of this installation brings it, so its code is
    as trusted as Edgewright's own. ``folder`` is None for a bare image, ``image`` is None for a folder.
    """

    name: str
    type: BlockType
    spec: BlockSpec
    folder: Path | None
    image: str | None
    builtin: bool
    digest: str

    @property
    def command(self) -> tuple[str, ...] | None:
        """The command that speaks the file contract for it; None for a ``block.py`` on the SDK."""
        section = self.spec.edgewright
        return None if section is None or section.command is None else tuple(section.command)

    @property
    def training(self) -> str | None:
        """What a learning block may learn from, as its spec says; None where it doesn't say."""
        section = self.spec.edgewright
        return None if section is None else section.training
