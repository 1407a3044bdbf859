"""Control groups, as far as every runner that isolates by them knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Limit -> the controller that holds it.
CONTROLLERS: Final = {"memory": "memory", "swap": "memory", "pids": "pids", "cpus": "cpu"}


def held_of(stats: Mapping[str, int]) -> int | None:
    """Of a group's ``memory.stat``, of version 2 or 1, what its processes hold and its folders in memory."""
    for own, shared in (("anon", "shmem"), ("total_rss", "total_shmem")):
        if own in stats:
            return stats[own] + stats.get(shared, 0)
    return None
