"""What a block's server answered: features, their names and their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: What the labels of a spectral block's second, slower pass end in.
LOW_FREQUENCY = " LF"


def row_of(document: dict[str, Any], about: str) -> NDArray[np.float64]:
    """Features of one window, of an answer of ``/run``."""
    return _row(document.get("features"), about)


def rows_of(document: dict[str, Any], start: int, count: int) -> NDArray[np.float64]:
    """Features of `count` windows from number `start`, of an answer of ``/batch``: one row each.

    Raises
    ------
    OutputError
        There aren't as many rows, or they aren't numbers, or not equally long.
    """
    rows = document.get("features")
    if not isinstance(rows, list) or len(rows) != count:
        got = len(rows) if isinstance(rows, list) else type(rows).__name__
        raise OutputError(f"the block's server gave {got} rows of features for {count} windows")
    found = [_row(row, f"window {start + number}") for number, row in enumerate(rows)]
    for number, row in enumerate(found):
        if len(row) != len(found[0]):
            raise OutputError(
                f"window {start + number} has {len(row)} features, window {start} has {len(found[0])}; a block must "
                "give as many for each window"
            )
    return np.stack(found)


def _row(values: Any, about: str) -> NDArray[np.float64]:
    try:
        row = np.asarray(values, dtype=np.float64).ravel() if isinstance(values, list) else None
    except (TypeError, ValueError, OverflowError):
        row = None
    if row is None or not len(row):
        text = repr(values)
        shown = text if len(text) <= 80 else text[:80] + "…"
        raise OutputError(f"{about}: 'features' of the block's answer is {shown}; expected a list of numbers")
    return row


def labels_of(given: Any, axes: Sequence[str], count: int) -> tuple[list[str], str | None]:
    """Name every feature.

    Blocks give one label a feature, or those of one axis when the features of the axes follow one another.

    Parameters
    ----------
    given
        ``labels`` of the answer.
    axes : sequence of str
    count : int
        Number of features.

    Returns
    -------
    labels : list of str
        As many as features.
    problem : str or None
        What was wrong with the labels that were given, if they could not be used.
    """
    labels = [str(label) for label in given] if isinstance(given, list) else []
    if len(labels) == count:
        return labels, None
    if labels and len(labels) * len(axes) == count:
        # With a slower second pass, the first passes of all axes come before the second ones.
        slow = [label for label in labels if label.endswith(LOW_FREQUENCY)]
        passes = [[label for label in labels if not label.endswith(LOW_FREQUENCY)], slow]
        in_order = passes[0] + slow == labels
        groups = passes if slow and passes[0] and in_order else [labels]
        return [f"{axis} {label}" for group in groups for axis in axes for label in group], None
    problem = (
        f"the block gives {len(labels)} labels for {count} features of {len(axes)} axes; the features are numbered"
        if labels
        else None
    )
    return [f"feature {number}" for number in range(count)], problem


def shape_of(config: Any, count: int) -> tuple[dict[str, Any], str | None]:
    """Shape of the features by ``output_config``; flat where it says nothing, and a problem where it doesn't fit."""
    flat = {"type": "flat", "width": count}
    if not isinstance(config, dict):
        return flat, None
    kind, sizes = config.get("type"), config.get("shape")
    names = {"spectrogram": ("width", "height"), "image": ("width", "height", "channels")}.get(str(kind))
    if names is None:
        return flat, None if kind in (None, "flat") else f"unknown output_config type {kind!r}; taken as flat"
    found = {name: _whole(sizes.get(name)) for name in names} if isinstance(sizes, dict) else {}
    if kind == "image" and isinstance(sizes, dict) and sizes.get("frames") is not None:
        found["frames"] = _whole(sizes["frames"])
    product = 1
    for size in found.values():
        product *= size or 0
    if found and product == count:
        return {"type": kind, **found}, None
    return flat, f"output_config says {kind} {sizes} for {count} features; taken as flat"


def _whole(value: Any) -> int | None:
    """A size; some blocks write it with a point."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1 << 31:
        return None
    return int(value) if float(value).is_integer() else None
