"""Take a block from a registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError
from edgewright.images.commands import ImageError, run
from edgewright.images.engine import why_unreachable
from edgewright.registry.images import block_in_image
from edgewright.sharing.push import pin_of
from edgewright.sharing.reference import DEFAULT_HOST, Reference
from edgewright.sharing.unpack import unpack_block

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.images.commands import Progress
    from edgewright.registry import Block


@dataclass(frozen=True)
class Pulled:
    """A block that is here now."""

    block: Block
    reference: str
    pinned: str | None
    files: list[str]


def pull(reference: str, output: Path | None, progress: Progress) -> Pulled:
    """Fetch the image of a block and check its spec; with ``output`` write the block's folder there.

    Raises
    ------
    UsageError
        There is no block in it, or `output` is not empty.
    ImageError
        The registry doesn't give it.
    SharingError
        The folder in the image holds what can't be taken.
    """
    wanted = Reference.parse(reference).tagged()
    why_not = why_unreachable()
    if why_not is not None:
        raise RunnerUnavailableError(
            f"nothing can be pulled: {why_not}", hint="`edgewright doctor` says more"
        )
    try:
        run(["pull", wanted.text], what=f"pulling {wanted.text}", progress=progress)
    except ImageError as error:
        if "denied" in error.message or "unauthorized" in error.message:
            host = "" if wanted.host == DEFAULT_HOST else f" {wanted.host}"
            raise ImageError(error.message, hint=f"wrong name, or log in: docker login{host}") from error
        raise
    block = block_in_image(wanted.text)
    files = [] if output is None else unpack_block(wanted.text, output)
    return Pulled(block, wanted.text, pin_of(wanted.text), files)
