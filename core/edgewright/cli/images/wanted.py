"""Which images a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.plugins import Plugins
    from edgewright.registry import Block


def wanted_blocks(references: Sequence[str], plugins: Plugins) -> list[Block]:
    """The blocks named, or all built-in ones."""
    from edgewright.registry import builtin_folders, resolve

    return [resolve(name, Path.cwd(), plugins) for name in references or builtin_folders(plugins)]


def frameworks_for(blocks: Sequence[Block]) -> list[str]:
    """Framework images that the blocks stand on, in the order of building."""
    from edgewright.images.context import block_dockerfile
    from edgewright.images.frameworks import FRAMEWORKS, frameworks_of

    needed = {"base"}
    for block in blocks:
        if block.folder is not None:
            needed.update(frameworks_of(block_dockerfile(block)))
    return [name for name in FRAMEWORKS if name in needed]


def need_engine() -> None:
    """Raise RunnerUnavailableError unless an engine answers."""
    from edgewright.images.engine import why_unreachable

    why_not = why_unreachable()
    if why_not is not None:
        raise RunnerUnavailableError(why_not, hint="`edgewright doctor` says how to get one")
