"""Power spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.signal.framing import padded_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME_VALUES = 1 << 21  # 16 MiB of float64 frames at a time


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
    frames_each = -(-length // step)
    held = np.empty((rows, fft_length // 2 + 1), dtype=np.float64)
    at_once = max(_FRAME_VALUES // (frames_each * fft_length), 1)
    for start in range(0, rows, at_once):
        frames = padded_frames(np.asarray(signals[start : start + at_once], np.float64), fft_length, step)
        spectrum = np.fft.rfft(frames, axis=-1)
        power = spectrum.real**2 + spectrum.imag**2
        held[start : start + at_once] = power.max(axis=-2) / fft_length
    return held


def bin_frequencies(fft_length: int, frequency: float) -> NDArray[np.float64]:
    """Return the centre of each bin of a one-sided spectrum, in Hz."""
    return np.arange(fft_length // 2 + 1, dtype=np.float64) * (frequency / fft_length)
