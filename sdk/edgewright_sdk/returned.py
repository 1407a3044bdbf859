"""What goes into a block and what it returned, checked where a fault can still be named by window and label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError, OutputError
from edgewright_sdk.values import Features, Windows

if TYPE_CHECKING:
    from edgewright_sdk.blocks import Block


def check_windows(windows: Windows, start: int) -> None:
    """Refuse windows of another shape than their spec says, and any that aren't finite; ``start`` is the first's number."""
    values, spec = windows.values, windows.spec
    if spec.get("kind") == "image":
        expected: tuple[int, ...] = (spec["height"], spec["width"], spec["channels"])
    else:
        expected = (spec["length"], len(spec["axes"]))
    if values.shape[1:] != expected:
        raise BlockError(f"windows have shape {values.shape[1:]}; the window spec says {expected}")
    if values.dtype.kind != "f":
        return
    if not np.isfinite(values).all():
        index = np.argwhere(~np.isfinite(values))[0]
        at = f"window {start + index[0]}, sample {index[1]}, axis {spec['axes'][index[2]]}"
        raise BlockError(f"{at} is {values[tuple(index)]}; a window must hold finite numbers only")


def check_finite(features: Features, start: int, what: str, error: type[BlockError] = BlockError) -> None:
    """Refuse features that aren't finite; ``error`` says whose fault they are."""
    finite = np.isfinite(features.values)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        value = features.values[row, column]
        raise error(
            f"{what} {features.labels[column]!r} of window {start + row} is {value}; only finite numbers are allowed"
        )


def check_batch(batch: Features | Windows, start: int, what: str) -> None:
    """Check what a learning block is about to see."""
    if isinstance(batch, Features):
        check_finite(batch, start, what)
    else:
        check_windows(batch, start)


def wrong_return(block: Block, method: str, got: Any, expected: str) -> OutputError:
    """Word a return value of a wrong type."""
    return OutputError(f"{type(block).__name__}.{method} returned {type(got).__name__}; expected {expected}")
