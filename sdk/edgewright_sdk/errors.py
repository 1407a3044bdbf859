"""Errors that end a task with one clear line instead of a traceback."""

from __future__ import annotations


class BlockError(Exception):
    """Raise it in a block for what the user can mend: data or parameters that can't work.

    The task fails, the message is the last line of its log and no traceback is shown. Say where, what was got,
    what is allowed and what to do. Any other exception counts as a fault of the block and shows its traceback.
    """


class RequestError(BlockError):
    """The request, or a file that it names, isn't what the contract says: a fault of the caller."""
