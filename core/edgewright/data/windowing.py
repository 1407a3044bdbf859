"""Windows over a long signal: where they start, and cutting them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: One row a window: number of the sample, first row in the signal, rows that are the sample's own (the rest is zeros).
INDEX_DTYPE = np.dtype([("sample", "<i4"), ("start", "<i8"), ("valid", "<i4")])


def count_windows(length: int, window: int, stride: int, *, pad: bool) -> int:
    """How many windows a recording of ``length`` rows has.

    ``(length − window) // stride + 1``, and none below ``window`` rows unless ``pad``: then one, filled up with zeros.
    The rows after the last whole window, fewer than ``stride``, are in no window.
    """
    if length >= window:
        return (length - window) // stride + 1
    return 1 if pad and length > 0 else 0


def window_index(
    offsets: Sequence[int] | NDArray[np.int64],
    lengths: Sequence[int] | NDArray[np.int64],
    window: int,
    stride: int,
    *,
    pad: bool,
) -> NDArray[Any]:
    """The windows of all samples, sample by sample, in time order.

    Parameters
    ----------
    offsets, lengths : integers [shape=(samples,)]
        First row and rows of each sample in the signal.
    window, stride : int >= 1
    pad : bool
        Whether samples shorter than a window get one, filled up with zeros.

    Returns
    -------
    np.ndarray [shape=(windows,), dtype=INDEX_DTYPE]
    """
    start = np.asarray(offsets, dtype=np.int64)
    rows = np.asarray(lengths, dtype=np.int64)
    counts = np.where(rows >= window, (rows - window) // stride + 1, (rows > 0) if pad else 0).astype(
        np.int64
    )
    total = int(counts.sum())
    index = np.empty(total, dtype=INDEX_DTYPE)
    sample = np.repeat(np.arange(len(rows)), counts)
    before = np.cumsum(counts) - counts
    number = np.arange(total) - np.repeat(before, counts)
    index["sample"] = sample
    index["start"] = start[sample] + number * stride
    index["valid"] = np.minimum(rows[sample] - number * stride, window)
    return index


def sample_index(
    offsets: Sequence[int] | NDArray[np.int64], lengths: Sequence[int] | NDArray[np.int64], window: int
) -> NDArray[Any]:
    """One window a sample, from its start: a shorter one is filled up with zeros, of a longer one the rest is left out."""
    rows = np.minimum(np.asarray(lengths, dtype=np.int64), window)
    return window_index(offsets, rows, window, window, pad=True)


def windows(signal: NDArray[Any], index: NDArray[Any], rows: Any, length: int) -> NDArray[Any]:
    """Cut windows out of a signal, or take images, each of which is a window.

    Parameters
    ----------
    signal : np.ndarray [shape=(total, axes)] or [shape=(total, height, width, channels), dtype=uint8]
        May be a memory map: only the rows asked for are read.
    index : np.ndarray [dtype=INDEX_DTYPE]
    rows : slice or integers
        Which rows of ``index``.
    length : int >= 1

    Returns
    -------
    np.ndarray [shape=(n, length, axes), dtype=float32] or [shape=(n, height, width, channels), dtype=uint8]
        A copy; after a window's own rows come zeros.
    """
    if signal.ndim == 4:
        return np.ascontiguousarray(signal[index[rows]["start"]])
    chosen = index[rows]
    starts = np.asarray(chosen["start"], dtype=np.int64)
    valid = np.asarray(chosen["valid"], dtype=np.int64)
    axes = signal.shape[1]
    if not len(starts):
        return np.empty((0, length, axes), dtype=np.float32)
    if bool((valid == length).all()):
        # All windows are whole: one gather from a view that costs nothing.
        view = np.lib.stride_tricks.sliding_window_view(signal, length, axis=0)
        return np.ascontiguousarray(view[starts].transpose(0, 2, 1), dtype=np.float32)
    steps = np.arange(length)
    inside = steps < valid[:, None]
    places = np.where(inside, starts[:, None] + steps, starts[:, None])
    cut = np.asarray(signal[places], dtype=np.float32)
    cut[~inside] = 0.0
    return cut
