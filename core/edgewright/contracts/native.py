"""Our file contract (``docs/contract.md``): the SDK's driver, or the command that a block declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.contracts.base import Launch, Part, Seen
from edgewright.runners.command import block_command, serve_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.registry import Block
    from edgewright_specs.interface import Operation


class Native:
    """The block sees the request folder as it is and says itself what it made."""

    name = "edgewright"

    def places(self, operation: Operation) -> tuple[str, str]:  # noqa: ARG002
        """``/in`` and ``/out``."""
        return "/in", "/out"

    def refusal(self, block: Block, operation: Operation) -> str | None:  # noqa: ARG002
        """Return None: a block that lacks an operation says so itself."""
        return None

    def has_service(self, block: Block, operation: Operation) -> bool:  # noqa: ARG002
        """One program does it all."""
        return False

    def enter(self, block: Block, request: Mapping[str, Any], request_dir: Path, made: Path) -> Path:  # noqa: ARG002
        """Return the request folder itself."""
        return request_dir

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:  # noqa: ARG002
        """Return the driver, or the block's own command."""
        command = block_command(
            seen.block_dir, block.command, python=seen.python, in_dir=seen.in_dir, out_dir=seen.out_dir
        )
        return Launch(Part(argv=tuple(command)))

    def whole_folder(self, operation: Operation) -> str | None:  # noqa: ARG002
        """``result.json`` tells."""
        return None

    def check(self, block: Block, operation: Operation, folder: Path) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing beyond the harvest's own rules."""
        return ()


class Served(Native):
    """The same for a block that is kept warm: the driver takes requests, each of which names its folders."""

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:  # noqa: ARG002
        """Return the warm driver."""
        return Launch(Part(argv=tuple(serve_command(seen.block_dir, python=seen.python, pipes=seen.pipes))))


NATIVE = Native()
SERVED = Served()
