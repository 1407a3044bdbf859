"""Triangular filters, equally spaced by mel.

Mel is ``1127 · ln(1 + f / 700)`` (O'Shaughnessy, Speech Communication, 1987).
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: The highest point stays this far below its frequency, so that half the sampling rate falls into the last bin.
_BELOW = 1e-3
MOST_FILTERS = 1000
#: Filters that are multiplied together at least, and into how many parts a bank is split at most.
_TOGETHER, _MOST_PARTS = 8, 4


@lru_cache(maxsize=16)
def mel_filters(
    count: int, fft_length: int, frequency: float, low: float, high: float
) -> NDArray[np.float64]:
    """Compute a mel filter bank.

    Parameters
    ----------
    count : int
        Filters, 2…1000.
    fft_length : int
        N; a spectrum has N/2 + 1 bins.
    frequency : float > 0
        Sampling frequency, in Hz.
    low, high : float
        Edges of the first and the last filter, in Hz; a `high` of 0 is half the sampling frequency.

    Returns
    -------
    np.ndarray [shape=(count, N/2 + 1), dtype=float64]
        Read-only. Each filter is 1 at its middle bin and falls to 0 at its left and right bins; areas are not equal.

    Raises
    ------
    BlockError
        Edges that can't be, or more filters than there are bins for: the largest count that works is named.
    """
    if not 2 <= count <= MOST_FILTERS:
        raise BlockError(f"num-filters is {count}; allowed: 2 to {MOST_FILTERS}")
    top = high or frequency / 2
    if not 0 <= low < top <= frequency / 2:
        raise BlockError(
            f"low-frequency is {low:g} Hz and high-frequency {top:g} Hz; allowed: 0 ≤ low < high ≤ {frequency / 2:g} Hz, half the "
            "sampling frequency"
        )
    bins = _points(count, fft_length, frequency, low, top)
    if (bins[2:] == bins[:-2]).any():
        works = next(
            (
                fewer
                for fewer in range(count - 1, 1, -1)
                if not (lambda b: (b[2:] == b[:-2]).any())(_points(fewer, fft_length, frequency, low, top))
            ),
            None,
        )
        advice = (
            f"num-filters up to {works}" if works else "a larger fft-length, or a wider range of frequencies"
        )
        raise BlockError(
            f"{count} filters from {low:g} to {top:g} Hz are too many for the bins of fft-length {fft_length}: some would be "
            f"empty; allowed: {advice}"
        )
    bank = np.zeros((count, fft_length // 2 + 1))
    for row, (left, middle, right) in zip(
        bank, zip(bins[:-2], bins[1:-1], bins[2:], strict=True), strict=True
    ):
        if middle > left:
            row[left : middle + 1] = np.arange(middle - left + 1) / (middle - left)
        row[middle : right + 1] = np.arange(right - middle, -1, -1) / max(right - middle, 1)
        row[middle] = 1.0
    bank.flags.writeable = False
    return bank


class MelProduct:
    """Energies in mel bands of many spectra: ``squares @ filters.T · scale``.

    Neighbouring filters are multiplied together, and only by the bins that they have: half of a filter bank's products are
    by zeros. Signals are multiplied one by one, so that a signal's energies don't depend on its neighbours.

    Parameters
    ----------
    filters : np.ndarray [shape=(count, bins)]
        Of :func:`mel_filters`.
    scale : float
    dtype : {np.float64, np.float32}
        Of the energies and of what is multiplied.
    """

    def __init__(
        self,
        filters: NDArray[np.float64],
        scale: float = 1.0,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.count, self.dtype = len(filters), dtype
        edges = np.linspace(0, self.count, max(min(self.count // _TOGETHER, _MOST_PARTS), 1) + 1).astype(int)
        self._parts = []
        for first, end in itertools.pairwise(edges.tolist()):
            used = np.flatnonzero(filters[first:end].any(axis=0))
            bins = slice(int(used[0]), int(used[-1]) + 1)
            weights = np.ascontiguousarray(filters[first:end, bins].T * scale, dtype)
            self._parts.append((bins, slice(first, end), weights))

    def __call__(self, squares: NDArray[Any]) -> NDArray[Any]:
        """Multiply ``(n, frames, bins)``: gives ``(n, frames, count)``."""
        energies = np.empty((*squares.shape[:-1], self.count), self.dtype)
        for bins, filters, weights in self._parts:
            np.matmul(squares[..., bins], weights, out=energies[..., filters])
        return energies


def mel_plot(filters: NDArray[np.float64], frequency: float) -> dict[str, Any]:
    """Draw a filter bank over the frequencies of its bins, as ``plot`` of a block returns it."""
    hertz = np.linspace(0.0, frequency / 2, filters.shape[1])
    return {
        "kind": "lines",
        "title": "Mel filters",
        "x": {"label": "frequency (Hz)", "values": hertz},
        "y": {"label": "weight"},
        "series": [{"name": str(number), "values": row} for number, row in enumerate(filters)],
    }


def _points(count: int, fft_length: int, frequency: float, low: float, high: float) -> NDArray[np.int64]:
    """Bins of the left edge, the middles and the right edge."""
    mels = np.linspace(_mel(low), _mel(high), count + 2)
    hertz = 700.0 * np.expm1(mels / 1127.0)
    hertz[-1] -= _BELOW
    bins: NDArray[np.int64] = np.floor((fft_length + 1) * hertz / frequency).astype(np.int64)
    return bins


def _mel(hertz: float) -> float:
    return float(1127.0 * np.log1p(hertz / 700.0))
