"""Thin out what a page can't hold: the same rows for the same run, spread evenly, and signals by their envelope."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from edgewright.running.run import Run


MAX_POINTS = 600  # of a line


def peaks(rows: NDArray[Any]) -> NDArray[Any]:
    """At most 600 values of each row, the largest of each stretch."""
    width = rows.shape[1]
    edges = (
        np.unique(np.linspace(0, width, MAX_POINTS + 1).astype(int))[:-1]
        if width > MAX_POINTS
        else np.arange(width)
    )
    highest: NDArray[Any] = np.maximum.reduceat(rows, edges, axis=1)
    return highest


def thin(values: Sequence[Any], count: int) -> list[Any]:
    """So many of the values, evenly spread: the places of `peaks`."""
    return [values[int(place)] for place in np.linspace(0, len(values), count, endpoint=False)]


#: Sides of the pictures in lists.
MOST_PIXELS = 96


def spread(total: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` of the rows 0 … total − 1, evenly spread, always with the first and the last."""
    if total <= most:
        return np.arange(total, dtype=np.int64)
    return np.unique(np.round(np.linspace(0, total - 1, most)).astype(np.int64))


def packed(values: ArrayLike) -> dict[str, Any]:
    """An array as the page reads it: little-endian float32 in base64, with its shape. NaN marks what is missing."""
    array = np.ascontiguousarray(values, dtype="<f4")
    return {"shape": list(array.shape), "f4": base64.b64encode(array.tobytes()).decode("ascii")}


def rounded(values: NDArray[np.float32]) -> dict[str, Any]:
    """The same in half the bytes: whole numbers of steps, 65535 from the smallest value to the largest."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    step = (high - low) / 65535 or 1.0
    steps = np.round((values.astype(np.float64) - low) / step).astype("<u2")
    text = base64.b64encode(steps.tobytes()).decode("ascii")
    return {"shape": list(values.shape), "u2": text, "low": low, "step": step}


def envelope(signal: NDArray[Any], most: int) -> tuple[NDArray[np.float32], int]:
    """Thin a signal but keep its peaks: the smallest and the largest value of each run of values, in turn.

    Parameters
    ----------
    signal : np.ndarray [shape=(length, axes)]
    most : int >= 4
        How many values an axis may keep.

    Returns
    -------
    thinned : np.ndarray [shape=(<= most, axes), float32]
    step : int
        How many values lie between two that were kept (1: nothing was dropped).
    """
    length = len(signal)
    if length <= most:
        return np.asarray(signal, dtype=np.float32), 1
    run = -(-2 * length // most)
    whole = length // run * run
    parts = np.asarray(signal[:whole], dtype=np.float32).reshape(-1, run, signal.shape[1])
    thinned = np.stack((parts.min(axis=1), parts.max(axis=1)), axis=1).reshape(-1, signal.shape[1])
    return thinned, run // 2 if run % 2 == 0 else max(1, round(run / 2))


def recording(run: Run, sample: int, most: int, axes: int = 12) -> dict[str, Any]:
    """One recording's signal for the page: thinned values of its first ``axes`` axes, and its duration in seconds.

    Of an image a small ``picture`` in their place.
    """
    entry = run.samples[sample]
    if run.of_images:
        return {"picture": picture(run.signal[int(entry["offset"])]), "seconds": 0.0}
    length = int(entry["length"])
    offset = int(entry["offset"])
    thinned, _ = envelope(run.signal[offset : offset + length, :axes], most)
    frequency = float(run.windows_info.get("frequency") or 1.0)
    return {"values": packed(thinned.T), "seconds": length / frequency}


def picture(pixels: NDArray[np.uint8], most: int = MOST_PIXELS) -> str:
    """An image as PNG in base64, brought to at most ``most`` pixels a side."""
    from io import BytesIO

    from PIL import Image

    small = picture_of_size(pixels, most)
    file = BytesIO()
    Image.fromarray(small if small.shape[2] == 3 else small[:, :, 0]).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def picture_of_size(pixels: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """An image ``(h, w, c)`` brought to at most ``most`` pixels a side, in its proportions."""
    from edgewright.data.resize import resize

    height, width, _ = pixels.shape
    shrink = max(height, width) / most
    if shrink <= 1:
        return np.asarray(pixels)
    across, down = max(round(width / shrink), 1), max(round(height / shrink), 1)
    return resize(np.ascontiguousarray(pixels), width=across, height=down)


def split_of_rows(run: Run) -> tuple[NDArray[np.int8], Sequence[str]]:
    """The split of each window, as a code into the names that come second."""
    names = [name for name, (first, last) in run.windows_info["splits"].items() if last > first]
    codes = np.full(len(run.index), -1, dtype=np.int8)
    for code, name in enumerate(names):
        first, last = run.rows(name)
        codes[first:last] = code
    return codes, names
