"""Errors of the host side.

::

    EdgewrightError              anything a user can meet; ``hint`` says what to do            exit 1
    ├── UsageError               a wrong option, argument, name or spec                        exit 2
    ├── DataError                a data file or folder that can't be read as asked             exit 2
    ├── PlanError                the impulse is well-formed but can't work: shapes, cycles …   exit 2
    ├── TaskError                a task ended other than ``ok``; carries reason and log tail   exit 1
    ├── StoreError               the store can't be written or read (full, read-only …)        exit 1
    └── RunnerUnavailableError   no engine, no image, no such runner here                      exit 1

Specs raise :class:`edgewright_specs.problems.SpecError` (exit 2), since specs import nothing of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgewright_specs.interface import ErrorKind, Reason


#: Exit code after Ctrl-C: what a shell reports for SIGINT.
INTERRUPTED = 130


class EdgewrightError(Exception):
    """Root of the host's errors: a message for a person, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class UsageError(EdgewrightError):
    """A wrong option, argument, name or value given by the user."""

    exit_code = 2


class DataError(EdgewrightError):
    """A data file or folder that can't be read as asked."""

    exit_code = 2


class PlanError(EdgewrightError):
    """A well-formed impulse that can't work."""

    exit_code = 2


class StoreError(EdgewrightError):
    """The store can't be written or read."""


class RunnerUnavailableError(EdgewrightError):
    """No runner that may run this block is present."""


class TaskError(EdgewrightError):
    """A task that ended other than ``ok``: ``said`` is the message alone, ``kind`` what the block calls its error."""

    def __init__(
        self,
        task: str,
        reason: Reason,
        message: str,
        *,
        log_tail: str = "",
        hint: str | None = None,
        kind: ErrorKind | None = None,
    ) -> None:
        super().__init__(f"{task}: {reason}: {message}", hint=hint)
        self.task = task
        self.reason = reason
        self.said = message
        self.log_tail = log_tail
        self.kind = kind
