"""Power spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.signal.framing import whole_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME_VALUES = 1 << 17  # 1 MiB of float64 frames at a time: as much as a processor's cache holds


def squared_magnitudes(spectra: NDArray[np.complexfloating[Any, Any]], out: NDArray[Any]) -> NDArray[Any]:
    """Write ``|spectra|²`` into `out` and return it; what `spectra` held is lost.

    Parameters
    ----------
    spectra : np.ndarray [shape=(..., n)]
        In C order.
    out : np.ndarray [shape=(..., n), dtype=float32 or float64]
        Its precision is that of the squares.
    """
    # Two passes over memory in its order; |·|² of numpy's complex numbers takes four.
    parts = spectra.astype(np.result_type(out.dtype, np.complex64), copy=False).view(out.dtype)
    np.square(parts, out=parts)
    squares: NDArray[Any] = np.add(parts[..., ::2], parts[..., 1::2], out=out)
    return squares


def max_hold_power(signals: NDArray[Any], fft_length: int, *, overlap: bool) -> NDArray[np.float64]:
    """Compute the largest power of each frequency bin over the frames of a signal.

    Parameters
    ----------
    signals : np.ndarray [shape=(n, length)]
    fft_length : int > 1
        Frame length N, a power of two; shorter signals are filled up with zeros.
    overlap : bool
        Frames start every N/2 samples, else every N.

    Returns
    -------
    np.ndarray [shape=(n, N/2 + 1), dtype=float64]
        ``max over frames |rfft(frame)|² / N``: rectangular window, one-sided powers not doubled.
    """
    step = fft_length // 2 if overlap else fft_length
    rows, length = signals.shape
    count, bins = -(-length // step), fft_length // 2 + 1
    held = np.empty((rows, bins))
    at_once = min(max(_FRAME_VALUES // (count * fft_length), 1), rows)
    padded = np.zeros((at_once, max((count - 1) * step + fft_length, length)))
    frames = whole_frames(padded, fft_length, step, count)
    squares = np.empty((at_once, count, bins))
    for start in range(0, rows, at_once):
        here = slice(0, min(at_once, rows - start))
        padded[here, :length] = signals[start : start + at_once]
        power = squared_magnitudes(np.fft.rfft(frames[here]), squares[here])
        held[start : start + at_once] = _largest(power)
    held /= fft_length
    return held


def _largest(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reduce ``(n, frames, bins)`` to the largest of the frames, by halves, which numpy does in longer runs; `power` is lost."""
    count = power.shape[1]
    while count > 1:
        kept = (count + 1) // 2
        np.maximum(power[:, :kept], power[:, count - kept : count], out=power[:, :kept])
        count = kept
    return power[:, 0]


def bin_frequencies(fft_length: int, frequency: float) -> NDArray[np.float64]:
    """Return the centre of each bin of a one-sided spectrum, in Hz."""
    return np.arange(fft_length // 2 + 1, dtype=np.float64) * (frequency / fft_length)
