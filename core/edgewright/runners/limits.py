"""The limits of a block's tasks: the defaults, changed by what its spec declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.runners.base import MIB, Limits

if TYPE_CHECKING:
    from edgewright.registry import Block


def limits_of(block: Block) -> Limits:
    """Limits for a task of ``block``: :class:`Limits`' defaults and the spec's ``edgewright.limits`` over them."""
    section = block.spec.edgewright
    declared = section.limits if section is not None else None
    if declared is None:
        return Limits()
    scale = {
        "seconds": ("seconds", 1),
        "memory_mb": ("memory_bytes", MIB),
        "pids": ("pids", 1),
        "cpus": ("cpus", 1),
        "out_mb": ("out_bytes", MIB),
        "out_files": ("out_files", 1),
        "tmp_mb": ("tmp_bytes", MIB),
        "log_mb": ("log_bytes", MIB),
    }
    changes: dict[str, Any] = {}
    for name, (target, factor) in scale.items():
        value = getattr(declared, name, None)
        if value is not None:
            changes[target] = value * factor
    return replace(Limits(), **changes)
