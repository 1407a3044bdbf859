"""Near-duplicate windows on two sides of a split: a test that a model passes by heart.

Two windows are near-duplicates when one is, up to its mean, a factor and a shift of at most half a window, the other:
their normalised cross-correlation over all axes reaches :data:`CORRELATION` at some lag. Comparing all pairs so would
take for ever; candidates come from the magnitude spectra, which neither shift nor factor changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright.arrays import load_array
from edgewright.data.likeness import alike_rows, even_rows
from edgewright.data.windowing import windows as cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CORRELATION: Final = 0.995
#: Windows looked at a split, evenly spaced where it has more.
MOST_WINDOWS: Final = 8192
#: Spectra less alike than this aren't compared sample by sample.
_ALIKE: Final = 0.97
_BANDS: Final = 24
#: Pairs compared sample by sample, at most: the most alike ones.
_MOST_PAIRS: Final = 4000
_BATCH_BYTES: Final = 16 << 20
#: Standard deviations, relative to the whole signal's, below which a window is silence, which is like any silence.
_SILENCE: Final = 1e-3

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Leak:
    """Two recordings (by number) on two sides of a split that share windows.

    ``starts`` are rows of the signal: where the pair of windows begins that is most alike; ``windows`` counts those of
    the second recording.
    """

    splits: tuple[str, str]
    samples: tuple[int, int]
    starts: tuple[int, int]
    windows: int
    correlation: float


@dataclass(frozen=True)
class Leakage:
    """What was found, the recordings that share most first, and how many of the windows were looked at."""

    leaks: tuple[Leak, ...]
    looked_at: int
    windows: int


def leakage_of(read_dir: Path, index_dir: Path) -> dict[str, Any]:
    """Look through what :func:`edgewright.data.read` and :func:`edgewright.data.index` wrote; see :func:`leakage_document`."""
    samples = json.loads((index_dir / "samples.json").read_text(encoding="utf-8"))
    windows = json.loads((index_dir / "windows.json").read_text(encoding="utf-8"))
    signal = load_array(read_dir / "signal.npy", mapped=True)
    if windows["kind"] == "image":
        from edgewright.data.image_checks import image_document

        return image_document(signal, load_array(index_dir / "index.npy"), windows["splits"], samples)
    found = find_leakage(signal, load_array(index_dir / "index.npy"), windows["splits"], windows["length"])
    return leakage_document(found, samples, windows["frequency"])


def leakage_document(
    found: Leakage, samples: Sequence[Mapping[str, Any]], frequency: float
) -> dict[str, Any]:
    """Name what was found: ``{"pairs", "looked_at", "windows", "warnings"}``, places in seconds of each recording.

    Parameters
    ----------
    found : Leakage
    samples : sequence of mappings
        ``samples.json``.
    frequency : float
        Rows a second, in Hz.
    """
    pairs = []
    for leak in found.leaks:
        named = zip(leak.splits, leak.samples, leak.starts, strict=True)
        sides = [
            {"split": split, "recording": samples[number]["name"], "seconds": (start - samples[number]["offset"]) / frequency}
            for split, number, start in named
        ]  # fmt: skip
        pairs.append({"sides": sides, "windows": leak.windows, "correlation": round(leak.correlation, 4)})
    document = {"pairs": pairs, "looked_at": found.looked_at, "windows": found.windows}
    return document | {"warnings": [_warning(pairs)] if pairs else []}


def _warning(pairs: Sequence[Mapping[str, Any]]) -> str:
    one, other = pairs[0]["sides"]
    first = " and ".join(f"{s['recording']} ({s['split']}, at {s['seconds']:.1f} s)" for s in (one, other))
    more = f", and {len(pairs) - 1} more pairs of recordings do" if len(pairs) > 1 else ""
    return (
        f"near-duplicate windows on both sides of the split: {first} share {pairs[0]['windows']}{more}. Figures on them flatter the model; "
        "remove one of each pair, or name a metadata field in `data.split.group` that keeps them together "
        "(`edgewright data split` lists them)"
    )


def find_leakage(
    signal: NDArray[Any], index: NDArray[Any], splits: Mapping[str, Sequence[int]], length: int
) -> Leakage:
    """Look for near-duplicate windows across the splits.

    Parameters
    ----------
    signal : np.ndarray [shape=(total, axes)]
        May be a memory map.
    index : np.ndarray [dtype=INDEX_DTYPE]
    splits : mapping
        Split to its first row of ``index`` and the one after its last.
    length : int
        Rows a window.

    Returns
    -------
    Leakage

    Notes
    -----
    Strictly periodic signals (a tone, a perfect machine) are near-duplicates of each other by this definition.
    """
    loudness = _spread(signal)
    sides = {
        split: _fingerprints(signal, index, rows, length, loudness)
        for split, rows in even_rows(splits, MOST_WINDOWS).items()
    }
    leaks: list[Leak] = []
    for one, other in combinations(sides, 2):
        pairs = _candidates(sides[one], sides[other])
        leaks += _confirmed(signal, index, pairs, length, (one, other))
    leaks.sort(key=lambda leak: (-leak.windows, leak.samples))
    return Leakage(tuple(leaks), sum(len(rows) for rows, _ in sides.values()), len(index))


def _spread(signal: NDArray[Any]) -> float:
    """Root of the mean variance of an axis, over at most a million rows."""
    step = max(1, len(signal) // 1_000_000)
    return float(np.sqrt(np.mean(np.var(signal[::step], axis=0, dtype=np.float64)))) if len(signal) else 0.0


def _fingerprints(
    signal: NDArray[Any], index: NDArray[Any], rows: Array, length: int, loudness: float
) -> tuple[Array, Array]:
    """Rows that are not silent, and for each the magnitudes in some bands of every axis, of unit length."""
    kept, prints = [], []
    bins = length // 2 + 1
    edges = np.unique(np.linspace(0, bins, min(_BANDS, bins) + 1).astype(np.int64))[:-1]
    for part in _parts(rows, 4 * length * signal.shape[1]):
        values = cut(signal, index, part, length)
        values -= values.mean(axis=1, keepdims=True)
        loud = values.std(axis=(1, 2)) > _SILENCE * loudness
        power = np.abs(np.fft.rfft(values[loud], axis=1)) ** 2
        bands = np.sqrt(np.add.reduceat(power, edges, axis=1)).reshape(
            len(power), len(edges) * power.shape[2]
        )
        norm = np.linalg.norm(bands, axis=1, keepdims=True)
        kept.append(part[loud])
        prints.append((bands / np.where(norm > 0, norm, 1)).astype(np.float32))
    return np.concatenate(kept), np.concatenate(prints)


def _parts(rows: Array, row_bytes: int) -> Iterator[Array]:
    step = max(1, _BATCH_BYTES // row_bytes)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _candidates(one: tuple[Array, Array], other: tuple[Array, Array]) -> Array:
    """Pairs of rows whose spectra are alike, ``(pairs, 2)``: the best few of each row of ``other``."""
    (left, left_prints), (right, right_prints) = one, other
    ones, others, value = alike_rows(left_prints, right_prints, _ALIKE)
    found = np.stack([left[ones], right[others]], axis=1)
    best_first: Array = found[np.argsort(-value, kind="stable")[:_MOST_PAIRS]]
    return best_first


def _confirmed(
    signal: NDArray[Any], index: NDArray[Any], pairs: Array, length: int, splits: tuple[str, str]
) -> list[Leak]:
    alike: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
    for part in _parts(np.arange(len(pairs)), 16 * length * signal.shape[1]):
        left, right = (cut(signal, index, pairs[part, side], length) for side in (0, 1))
        for (one, other), value in zip(
            pairs[part].tolist(), _correlations(left, right).tolist(), strict=True
        ):
            if value >= CORRELATION:
                samples = (int(index["sample"][one]), int(index["sample"][other]))
                alike.setdefault(samples, []).append((value, one, other))
    leaks = []
    for samples, found in alike.items():
        value, one, other = max(found)
        starts = (int(index["start"][one]), int(index["start"][other]))
        leaks.append(Leak(splits, samples, starts, len({row for _, _, row in found}), value))
    return leaks


def _correlations(left: Array, right: Array) -> Array:
    """Largest normalised cross-correlation of each pair, over lags of at most half a window, ``(n,)``."""
    length = left.shape[1]
    left = left.astype(np.float64) - left.mean(axis=1, keepdims=True)
    right = right.astype(np.float64) - right.mean(axis=1, keepdims=True)
    size = 1 << (2 * length - 1).bit_length()
    spectrum = np.fft.rfft(left, size, axis=1) * np.conj(np.fft.rfft(right, size, axis=1))
    products = np.fft.irfft(
        spectrum.sum(axis=2), size, axis=1
    )  # at lag l: sum over t of left[t + l] right[t]
    lags = np.arange(-(length // 2), length // 2 + 1)
    energy = []
    for values, shift in ((left, lags), (right, -lags)):
        total = np.concatenate([np.zeros((len(values), 1)), (values**2).sum(axis=2).cumsum(axis=1)], axis=1)
        energy.append(total[:, length + np.minimum(shift, 0)] - total[:, np.maximum(shift, 0)])
    norm = np.sqrt(np.maximum(energy[0] * energy[1], 0))
    floor = 1e-9 * np.sqrt((left**2).sum(axis=(1, 2)) * (right**2).sum(axis=(1, 2)))[:, None]
    correlation = np.where(norm > floor, products[:, lags] / np.where(norm > floor, norm, 1), 0.0)
    return np.asarray(np.abs(correlation).max(axis=1, initial=0.0))
