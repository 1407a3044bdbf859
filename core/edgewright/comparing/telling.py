"""What a comparison tells of one side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.comparing.sides import Answer


def told_side(side: Answer, threshold: float, chosen: str) -> dict[str, Any]:
    """The part of the document about one side; a threshold of NaN is none."""
    return {
        "kind": side.kind,
        "name": side.name,
        "threshold": threshold if math.isfinite(threshold) else None,
        "threshold_from": chosen,
        "seconds_per_window": side.seconds,
        "timed": side.timed,
        "bytes": side.size,
        "sized": side.sized,
    }
