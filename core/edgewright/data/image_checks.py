"""What makes figures on images flatter or mislead: near-duplicates across splits, and light that differs between them."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright.data.likeness import alike_rows, even_rows
from edgewright.data.resize import resize, to_channels
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Images looked at a split, evenly spaced where it has more.
MOST_IMAGES: Final = 4096
#: Thumbnails by which images are compared, and how alike near-duplicates are: their correlation, and the mean difference
#: of a grey value in spreads of the image.
_SIDE: Final = 16
CORRELATION: Final = 0.998
#: Standard deviations of a thumbnail, in grey values, below which it is a plain area, which is like any plain area.
_PLAIN: Final = 1.0
#: Normal images of two splits differ in brightness by more than so many standard deviations of one, and grey values.
_DRIFT_SPREADS: Final = 1.0
_DRIFT_LEVELS: Final = 4.0
#: Proportions that differ by less than this part of themselves are the same.
_SAME_SHAPE: Final = 0.1
#: Images named one by one.
_MOST_NAMED: Final = 8


def image_document(
    signal: NDArray[np.uint8],
    index: NDArray[Any],
    splits: Mapping[str, Sequence[int]],
    samples: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Look at the images of a run.

    Parameters
    ----------
    signal : np.ndarray [shape=(n, h, w, c), dtype=uint8]
        May be a memory map.
    index : np.ndarray [dtype=INDEX_DTYPE]
    splits : mapping
        Split to its first row of ``index`` and the one after its last.
    samples : sequence of mappings
        ``samples.json``.

    Returns
    -------
    dict
        ``{"pairs", "looked_at", "windows", "warnings"}`` as of signals, and ``brightness``: by split the mean and the
        standard deviation of the brightness of normal images, 0 to 255.

    Notes
    -----
    Near-duplicates: thumbnails of 16 × 16 in grey, less their mean, correlate to 0.998, and so do the images themselves.
    """
    rows = even_rows(splits, MOST_IMAGES)
    small = {split: _thumbnails(signal, index["start"][chosen]) for split, chosen in rows.items()}
    owner = index["sample"]
    pairs: list[dict[str, Any]] = []
    for one, other in combinations(rows, 2):
        found = alike_rows(_unit(small[one]), _unit(small[other]), CORRELATION)
        for left, right, value in zip(*(part.tolist() for part in found), strict=True):
            places = (rows[one][left], rows[other][right])
            if _confirmed(signal, *(int(index["start"][row]) for row in places)):
                sides = [
                    {"split": split, "recording": samples[int(owner[row])]["name"], "seconds": 0.0}
                    for split, row in zip((one, other), places, strict=True)
                ]
                pairs.append({"sides": sides, "windows": 1, "correlation": round(value, 4)})
    pairs.sort(key=lambda pair: -pair["correlation"])
    light = {
        split: values
        for split, chosen in rows.items()
        if len(values := _normal_brightness(small[split], [samples[int(owner[row])] for row in chosen]))
    }
    brightness = {
        split: {"mean": float(v.mean()), "std": float(v.std()), "images": len(v)}
        for split, v in light.items()
    }
    return {
        "pairs": pairs,
        "looked_at": sum(len(chosen) for chosen in rows.values()),
        "windows": len(index),
        "brightness": brightness,
        "warnings": [*_duplicate_warnings(pairs), *_drift_warnings(brightness)],
    }


def other_sizes(
    samples: Sequence[Mapping[str, Any]],
    known: Sequence[Mapping[str, Any]],
    size: tuple[int, int],
    *,
    strict: bool,
) -> list[str]:
    """Say which new images have another size than all known ones, and so are resized otherwise.

    Parameters
    ----------
    samples, known : sequences of mappings
        ``samples.json`` of the new images, and of those that were learned from.
    size : (width, height)
        What all are brought to.
    strict : bool
        Refuse them (``strict-size``).

    Returns
    -------
    list of str
        A line for each image whose proportions no known one has, of the first eight: squashed or cut, it looks like nothing
        learned. A line for all others of a size.

    Raises
    ------
    DataError
        With `strict`, one of another size.
    """
    seen = {_size(sample) for sample in known}
    ratios = np.array(sorted({width / height for width, height in seen}))
    lines, resized = [], Counter[tuple[int, int]]()
    for sample in samples:
        width, height = _size(sample)
        if (width, height) in seen:
            continue
        if strict:
            shown = ", ".join(f"{w} × {h}" for w, h in sorted(seen)[:3])
            raise DataError(
                f"{sample['name']} is {width} × {height}, and strict-size allows only what was learned from: {shown}{', …' if len(seen) > 3 else ''}",
                hint="bring it to that size, or take `strict-size` out of the impulse's input to have it resized",
            )
        if ratios.size and np.abs(ratios / (width / height) - 1).min() > _SAME_SHAPE:
            lines.append(
                f"{sample['name']} is {width} × {height}: the run has seen no image of such proportions"
            )
        else:
            resized[width, height] += 1
    if len(lines) > _MOST_NAMED:
        more = f"and {len(lines) - _MOST_NAMED} more images of proportions that the run has not seen"
        lines = [*lines[:_MOST_NAMED], more]
    lines += [
        f"{count} image(s) of {width} × {height}, a size that was not learned from, are brought to {size[0]} × {size[1]}"
        for (width, height), count in resized.most_common()
    ]
    return lines


def _size(sample: Mapping[str, Any]) -> tuple[int, int]:
    return int(sample["metadata"]["width"]), int(sample["metadata"]["height"])


def _thumbnails(signal: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.float32]:
    """Small grey pictures, ``(n, values)``."""
    width, height = min(_SIDE, signal.shape[2]), min(_SIDE, signal.shape[1])
    parts = [
        resize(
            np.ascontiguousarray(signal[places[start : start + 64]]), width=width, height=height, channels=1
        )
        for start in range(0, len(places), 64)
    ]
    return np.concatenate(parts).reshape(len(places), -1).astype(np.float32)


def _unit(values: NDArray[Any]) -> NDArray[np.float32]:
    """Rows less their mean, of unit length; a plain area becomes zeros, which are like nothing."""
    centred = values - values.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    seen = norm > _PLAIN * np.sqrt(values.shape[1])
    return np.asarray(np.where(seen, centred / np.where(seen, norm, 1), 0), np.float32)


def _confirmed(signal: NDArray[np.uint8], one: int, other: int) -> bool:
    images = to_channels(np.ascontiguousarray(signal[[one, other]]), 1).reshape(2, -1).astype(np.float32)
    left, right = _unit(images)
    return float(left @ right) >= CORRELATION


def _normal_brightness(
    small: NDArray[np.float32], samples: Sequence[Mapping[str, Any]]
) -> NDArray[np.float64]:
    """Mean brightness of each image that isn't known to be abnormal."""
    kept = np.array([sample["normal"] is not False for sample in samples], bool)
    return np.asarray(small[kept].mean(axis=1), np.float64)


def _duplicate_warnings(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    if not pairs:
        return []
    first = " and ".join(f"{side['recording']} ({side['split']})" for side in pairs[0]["sides"])
    more = f", and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
    return [
        (
            f"near-duplicate images on both sides of the split: {first}{more}. Figures on them flatter the model; remove one of "
            "each pair, or name a metadata field in `data.split.group` that keeps them together (`edgewright data split` lists them)"
        )
    ]


def _drift_warnings(brightness: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Splits whose normal images are lighter or darker than those of training."""
    base = brightness.get("training")
    if base is None:
        return []
    warnings = []
    for split, light in brightness.items():
        away = light["mean"] - base["mean"]
        if abs(away) > max(_DRIFT_LEVELS, _DRIFT_SPREADS * base["std"]):
            kind = "lighter" if away > 0 else "darker"
            warnings.append(
                f"normal images of {split} are {kind} than those of training: mean brightness {light['mean']:.0f} against "
                f"{base['mean']:.0f} ± {base['std']:.0f} of 255. Scores may tell the light and not the defects; take pictures "
                "in the same light, or train on both"
            )
    return warnings
