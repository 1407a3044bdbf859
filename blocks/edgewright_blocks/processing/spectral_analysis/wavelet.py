"""A signal split by a wavelet, and what is told of each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.signal import moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("entropy", "zcross", "mcross", "n5", "n25", "n75", "n95", "median", "mean", "std", "var", "rms", "skew", "kurtosis")  # fmt: skip
_BINS = 100
#: Percentiles in the order of :data:`NAMES`.
_PERCENTILES = (5, 25, 75, 95, 50)


def labels(level: int) -> list[str]:
    """Labels of one axis's features, without the axis: the coarse rest first, then details from coarse to fine."""
    return [f"L{part}-{name}" for part in range(level + 1) for name in NAMES]


def split(signals: NDArray[Any], wavelet: str, level: int) -> list[NDArray[Any]]:
    """Split signals, without their mean, along the last axis, in their precision; they are mirrored beyond their ends."""
    import pywt

    centred = signals - signals.mean(axis=-1, keepdims=True)
    centred[np.ptp(signals, axis=-1) == 0] = 0.0  # where the mean is rounded, a constant would leave noise
    parts: list[NDArray[Any]] = pywt.wavedec(centred, wavelet, mode="symmetric", level=level, axis=-1)
    return parts


def filters(wavelet: str) -> NDArray[np.float32]:
    """Return the low-pass and the high-pass filter by which signals are split.

    Returns
    -------
    np.ndarray [shape=(2, taps), dtype=float32]
    """
    import pywt

    found = pywt.Wavelet(wavelet)
    return np.asarray([found.dec_lo, found.dec_hi], np.float32)


def features(signals: NDArray[Any], wavelet: str, level: int) -> NDArray[np.float64]:
    """Compute the features of signals ``(…, length)``: ``(…, 14 · (level + 1))``."""
    parts = [_features_of(part) for part in split(signals, wavelet, level)]
    return np.concatenate(parts, axis=-1)


def _features_of(part: NDArray[Any]) -> NDArray[np.float64]:
    x = np.asarray(part, np.float64)
    size = x.shape[-1]
    level = moments(x)
    ordered = np.sort(x, axis=-1)
    ranks = [ordered[..., int((size - 1) * percent / 100 + 0.5)] for percent in _PERCENTILES]
    return np.stack(
        [
            _entropy(x, level.minimum, level.maximum),
            _crossings(x > 0),
            _crossings(x > level.mean[..., None]),
            *ranks,
            level.mean,
            level.stdev,
            np.where(level.constant, 0.0, level.stdev**2 * (size / max(size - 1, 1))),
            level.rms,
            level.skewness,
            level.kurtosis,
        ],
        axis=-1,
    )


def _crossings(above: NDArray[np.bool_]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = (above[..., 1:] != above[..., :-1]).sum(axis=-1) / above.shape[-1]
    return share


def _entropy(
    x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Entropy, in nats, of the histogram of each row over 100 bins between its extremes."""
    size = x.shape[-1]
    rows = x.reshape(-1, size)
    start, width = low.reshape(-1, 1), (high - low).reshape(-1, 1)
    flat = width == 0
    # As numpy's histogram has it: by division first, then set right by the edges themselves.
    place = ((rows - start) / np.where(flat, 1.0, width) * _BINS).astype(np.intp)
    np.minimum(place, _BINS - 1, out=place)
    edges = start + width * (np.arange(_BINS + 1) / _BINS)
    edges[:, -1:] = high.reshape(-1, 1)
    place -= rows < np.take_along_axis(edges, place, axis=1)
    place += (rows >= np.take_along_axis(edges, place + 1, axis=1)) & (place != _BINS - 1)
    number = place + _BINS * np.arange(len(rows))[:, None]
    counts = np.bincount(number.ravel(), minlength=_BINS * len(rows)).reshape(-1, _BINS)
    share = counts / size
    entropy = -(share * np.log(np.where(counts > 0, share, 1.0))).sum(axis=-1)
    return np.where(flat[:, 0], 0.0, entropy).reshape(x.shape[:-1])
