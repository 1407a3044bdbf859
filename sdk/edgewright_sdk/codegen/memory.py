"""The memory plan: one arena for all nodes, slots that are never needed together share bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ALIGNMENT = 16  # ew_alignment in node.h


def rounded(size: int) -> int:
    """Round a size in bytes up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def scratch_bytes(*counts: int, itemsize: int = 4) -> int:
    """Scratch memory that a node needs which takes pieces of ``counts`` values by ``ew_take``.

    Examples
    --------
    >>> scratch_bytes(125, 16, 9)
    624
    """
    return sum(rounded(count * itemsize) for count in counts)


@dataclass(frozen=True)
class Slot:
    """Memory that must keep its bytes from step ``first`` to step ``last``, both included."""

    name: str
    size: int
    first: int
    last: int

    def overlaps(self, other: Slot) -> bool:
        """Whether both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Plan:
    """Where each slot lies, in bytes from the start, and how large the arena is."""

    offsets: dict[str, int]
    size: int


def plan_arena(slots: Iterable[Slot]) -> Plan:
    """Place slots, largest first, each at the lowest place that is free during its life.

    Parameters
    ----------
    slots : iterable of Slot
        Names are unique; a slot of size 0 gets offset 0 and no bytes.
    """
    placed: list[tuple[int, Slot]] = []
    size = 0
    for slot in sorted(slots, key=lambda s: (-s.size, s.first, s.name)):
        offset = 0
        if slot.size:
            for start, other in sorted((p for p in placed if p[1].overlaps(slot)), key=lambda p: p[0]):
                if offset + rounded(slot.size) <= start:
                    break
                offset = max(offset, start + rounded(other.size))
            placed.append((offset, slot))
            size = max(size, offset + rounded(slot.size))
        else:
            placed.append((0, slot))
    return Plan({slot.name: offset for offset, slot in placed}, size)
