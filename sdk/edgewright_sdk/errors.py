"""Errors that end a task with one clear line instead of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgewright_specs.interface import ErrorKind


class BlockError(Exception):
    """Raise it in a block for what the user can mend: data or parameters that can't work.

    The task fails, the message is the last line of its log and no traceback is shown. Say where, what was got,
    what is allowed and what to do. Any other exception counts as a fault of the block and shows its traceback.
    """


class RequestError(BlockError):
    """The request, or a file that it names, isn't what the contract says: a fault of the caller."""


class BlockFolderError(RequestError):
    """A folder without one block to load: no request to it can work."""


class OutputError(BlockError):
    """What a block returned isn't what the contract allows: a fault of the block, told in one line."""


def error_kind(error: BaseException) -> ErrorKind:
    """Whose fault an error is, for the host; people read the text."""
    if isinstance(error, BlockFolderError):
        return "fault"
    if isinstance(error, RequestError):
        return "request"
    if isinstance(error, OutputError):
        return "output"
    return "refused" if isinstance(error, BlockError) else "fault"
