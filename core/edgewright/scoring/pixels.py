"""How well maps find the defects that masks mark: pixel AUROC and the area under the per-region overlap, exact, in bounded memory.

Both are areas under a curve over the share of good pixels that a threshold calls defective. Its height is for AUROC the share of
defective pixels above the threshold, for AUPRO the mean over all regions (8-connected) of each one's share: a defective pixel
counts with one over the size of its region. So one pass over sorted defective pixels serves both, and only these are held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: Shares of false positives up to which the overlap of regions is integrated: the usual one, and one as small as users ask for.
PRO_LIMITS = (0.3, 0.05)
_HALF = 1 << 16  # values of half a float32: two histograms of so many find any quantile exactly


class Images(Protocol):
    """One array of pixels after another, as often as they are gone through: an array (n, h, w), or what makes them one at a time."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[NDArray[Any]]: ...


@dataclass(frozen=True)
class PixelMetrics:
    """What maps are worth, pixel by pixel.

    Attributes
    ----------
    auroc : float
        Chance that a defective pixel scores higher than a good one; ties count half.
    aupro : dict of float to float
        By limit of the false-positive rate: the mean overlap of regions up to it, 1 at best.
    regions, defective, good : int
        How many regions and pixels there are.
    """

    auroc: float
    aupro: dict[float, float]
    regions: int
    defective: int
    good: int


def pixel_metrics(
    maps: Images,
    masks: Images,
    *,
    limits: Sequence[float] = PRO_LIMITS,
    inside: NDArray[np.bool_] | None = None,
) -> PixelMetrics | None:
    """Compare maps with masks.

    Parameters
    ----------
    maps : np.ndarray [shape=(n, h, w), dtype=float32]
        Higher = more anomalous. An array, mapped or not, or anything else that gives one map after another, several times.
    masks : np.ndarray [shape=(n, h, w), dtype=bool]
        True where there is a defect; nowhere on good images.
    limits : sequence of float in (0, 1]
        Of the false-positive rate, for AUPRO.
    inside : np.ndarray [shape=(h, w), dtype=bool], optional
        Pixels that count; all others of every image are as if they weren't there.

    Returns
    -------
    PixelMetrics or None
        None without defective or without good pixels.

    Raises
    ------
    DataError
        A map that isn't finite, or of another shape than its mask.

    Notes
    -----
    Points of equal score are one step of the curve, drawn straight, and a limit within a step cuts it there (as scikit-learn's
    ``roc_auc_score(max_fpr=…)`` does). Good pixels are looked at three times, and none is kept.

    References
    ----------
    Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 129 (2021), section 5.

    Examples
    --------
    >>> maps = np.float32([[[0, 1, 2, 9]]])
    >>> pixel_metrics(maps, maps > 5).auroc
    1.0
    """
    if len(maps) != len(masks):
        raise DataError(f"{len(maps)} maps for {len(masks)} masks")
    defects = _Defects.of(maps, masks, inside)
    good = sum(len(values) for values in _good(maps, masks, inside))
    if not defects.regions or not good:
        return None
    cuts = _cuts(maps, masks, inside, [_round_up(limit * good) for limit in limits])
    area, partial, beyond, tied = 0.0, np.zeros(len(limits)), np.zeros(len(limits)), np.zeros(len(limits))
    for values in _good(maps, masks, inside):
        values.sort()
        share, overlap = defects.above(values)
        area += share.sum()
        for number, cut in enumerate(cuts):
            # Ascending: those above the cut come last.
            first, last = np.searchsorted(values, cut, "left"), np.searchsorted(values, cut, "right")
            partial[number] += overlap[last:].sum()
            beyond[number] += len(values) - last
            tied[number] += last - first
    aupro = {}
    for number, limit in enumerate(limits):
        left = (
            limit * good - beyond[number]
        )  # of the good pixels that tie at the cut, so many are within the limit
        top, step = defects.step(cuts[number])
        within = left * (top + step * left / tied[number] / 2)
        aupro[float(limit)] = float((partial[number] + within) / (limit * good))
    return PixelMetrics(float(area / good), aupro, defects.regions, len(defects.values), good)


@dataclass(frozen=True)
class _Defects:
    """Scores of all defective pixels, ascending, with the sums up to each of what a pixel counts: of its region, of all regions."""

    values: NDArray[np.float32]
    weights: NDArray[np.float64]  # [shape=(n + 1,)], cumulative; the last is 1
    regions: int

    @classmethod
    def of(cls, maps: Images, masks: Images, inside: NDArray[np.bool_] | None) -> _Defects:
        from scipy.ndimage import label

        found: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
        shares: list[NDArray[np.float64]] = [np.zeros(0)]
        regions = 0
        for number, (values, mask) in enumerate(zip(maps, masks, strict=True)):
            if np.shape(values) != np.shape(mask):
                raise DataError(f"map {number} is {np.shape(values)}, its mask {np.shape(mask)}")
            if not np.isfinite(values).all():
                raise DataError(f"map {number} has values that aren't finite")
            if inside is not None:
                mask = np.asarray(mask, bool) & inside
            if not np.any(mask):
                continue
            marks: NDArray[np.int32] = np.zeros(np.shape(mask), np.int32)
            count: Any = label(mask, np.ones((3, 3)), output=marks)
            own = marks[marks > 0]
            found.append(np.asarray(values, np.float32)[marks > 0] + np.float32(0))
            shares.append(1.0 / np.bincount(own)[own])
            regions += int(count)
        scores = np.concatenate(found)
        order = np.argsort(scores, kind="stable")
        weights = np.cumsum(np.concatenate(shares)[order]) / max(regions, 1)
        return cls(scores[order], np.concatenate([[0.0], weights]), regions)

    def above(self, values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Height of both curves at the middle of each value's step: share of defective pixels, and overlap."""
        low, high = (
            np.searchsorted(self.values, values, "left"),
            np.searchsorted(self.values, values, "right"),
        )
        share = 1 - (low + high) / (2 * len(self.values))
        return share, self.weights[-1] - (self.weights[low] + self.weights[high]) / 2

    def step(self, value: np.float32) -> tuple[float, float]:
        """Overlap above a value, and what the defective pixels with just this value add."""
        low, high = (int(np.searchsorted(self.values, value, side)) for side in ("left", "right"))
        return float(self.weights[-1] - self.weights[high]), float(self.weights[high] - self.weights[low])


def _good(maps: Images, masks: Images, inside: NDArray[np.bool_] | None) -> Iterator[NDArray[np.float32]]:
    """Scores of the good pixels, image after image; −0 as 0."""
    for values, mask in zip(maps, masks, strict=True):
        good = ~np.asarray(mask, bool)
        if inside is not None:
            good &= inside
        yield np.asarray(values, np.float32)[good] + np.float32(0)


def _cuts(
    maps: Images, masks: Images, inside: NDArray[np.bool_] | None, counts: Sequence[int]
) -> list[np.float32]:
    """The `count`-th largest score of good pixels for each count, by histograms of its upper, then of its lower 16 bits."""
    upper = np.zeros(_HALF, np.int64)
    for values in _good(maps, masks, inside):
        upper += np.bincount(_ordered(values) >> 16, minlength=_HALF)
    above = np.cumsum(upper[::-1])[::-1]  # with at least these upper bits
    bins = [int(np.flatnonzero(above >= count)[-1]) for count in counts]
    lower = {number: np.zeros(_HALF, np.int64) for number in bins}
    for values in _good(maps, masks, inside):
        keys = _ordered(values)
        for number, histogram in lower.items():
            histogram += np.bincount(keys[keys >> 16 == number] & (_HALF - 1), minlength=_HALF)
    cuts = []
    for number, count in zip(bins, counts, strict=True):
        left = count - (above[number] - upper[number])
        within = np.cumsum(lower[number][::-1])[::-1]
        cuts.append(_value((number << 16) + int(np.flatnonzero(within >= left)[-1])))
    return cuts


def _ordered(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Keys in the order of the values."""
    bits = values.view(np.uint32)
    keys: NDArray[np.uint32] = bits ^ np.where(bits >> 31, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    return keys


def _value(key: int) -> np.float32:
    """The value of a key."""
    bits = key ^ (0x80000000 if key >> 31 else 0xFFFFFFFF)
    return np.float32(np.array([bits], np.uint32).view(np.float32)[0])


def _round_up(count: float) -> int:
    """The number of pixels that are just enough for a share, at least 1; a share that is whole but for rounding is whole."""
    nearest = round(count)
    return max(nearest if abs(count - nearest) < 1e-6 else int(np.ceil(count)), 1)
