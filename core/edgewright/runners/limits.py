"""The limits of a block's tasks: the defaults, what its spec declares, what the impulse grants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.runners.base import MIB, Limits

if TYPE_CHECKING:
    from edgewright.registry import Block
    from edgewright_specs.impulse import GrantSpec

#: Name in specs and impulses -> field of Limits, and its unit.
_FIELDS = {
    "seconds": ("seconds", 1),
    "memory_mb": ("memory_bytes", MIB),
    "pids": ("pids", 1),
    "cpus": ("cpus", 1),
    "out_mb": ("out_bytes", MIB),
    "out_files": ("out_files", 1),
    "tmp_mb": ("tmp_bytes", MIB),
    "log_mb": ("log_bytes", MIB),
}


def limits_of(block: Block, grants: GrantSpec | None = None) -> Limits:
    """Limits for a task of ``block``.

    A spec may only lower the defaults of :class:`Limits`: a block can't grant itself more. ``grants`` of the impulse
    stand over both.
    """
    section = block.spec.edgewright
    limits = Limits()
    changes: dict[str, Any] = {}
    for name, (target, factor) in _FIELDS.items():
        declared = (
            getattr(section.limits, name, None)
            if section is not None and section.limits is not None
            else None
        )
        granted = getattr(grants, name, None)
        if granted is not None:
            changes[target] = granted * factor
        elif declared is not None:
            changes[target] = min(declared * factor, getattr(limits, target))
    return replace(limits, **changes)
