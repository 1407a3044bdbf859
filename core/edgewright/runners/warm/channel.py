"""What a runner must give so that a block can be kept warm: a way to speak to it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from edgewright.runners.base import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.registry import Block
    from edgewright.runners.base import Job
    from edgewright.runners.logs import LogFile
    from edgewright_specs.interface import Reason


class End(NamedTuple):
    """How a block ended in the middle of a request; ``failed`` says that it did so by an exit code of its own."""

    reason: Reason
    message: str
    failed: bool = False


class Channel(Protocol):
    """A started block that takes requests, each a line with the bytes of files behind it. One thread speaks; another may kill."""

    #: Where the block has the job's two folders; None where it isn't shut in and sees any folder of the host's.
    places: tuple[str, str] | None
    #: Limit -> value, or "not enforced".
    enforced: Mapping[str, Any]

    def send(self, data: bytes, seconds: float) -> None:
        """Write a request whole, up to some 40 KiB; that nobody reads it in time, or any more, is seen by :meth:`receive`."""

    def receive(self, seconds: float) -> bytes | None:
        """Return what it wrote: empty when it has closed its end, None when nothing came in time."""

    def settle(self) -> None:
        """Put what it has printed so far into the log, as far as that can be had at once."""

    def held_bytes(self) -> int | None:
        """Return how much memory it holds, None where that can't be told."""

    def kill(self) -> None:
        """End it and every process below it, soon."""

    def end(self) -> End:
        """Kill what is left, and say how it ended."""

    def close(self) -> None:
        """Kill it, wait until it is gone, and leave nothing of it; its log is complete then."""


@runtime_checkable
class KeepsWarm(Protocol):
    """What a runner has beside :class:`edgewright.runners.base.Runner` if it can keep a block warm."""

    def warm(self, job: Job, log: LogFile) -> Channel:
        """Start a block that then waits for requests.

        Parameters
        ----------
        job : Job
            Its contract starts the warm driver. Its folders are there, empty, for as long as the block lives: what is
            asked comes and goes in them.
        log : LogFile
            Takes what the block prints.

        Raises
        ------
        TaskError
            ``refused`` or ``infra``: it can't be started.
        """


@dataclass(frozen=True)
class Recycling:
    """When a warm block is replaced by a fresh one, between two requests.

    Attributes
    ----------
    requests : int
        After so many.
    seconds : float
        After so long.
    growth_bytes : int
        When it holds so much more memory than after its first answer.
    """

    requests: int = 10_000
    seconds: float = 3600.0
    growth_bytes: int = 512 * MIB


def can_be_warm(runner: object, block: Block) -> bool:
    """Whether this runner keeps this block warm: that takes a block on the SDK, whose driver takes many requests."""
    return isinstance(runner, KeepsWarm) and block.command is None and not block.spec.legacy
