"""Words that folders, files and labels use: names of splits, labels that say normal or abnormal by themselves; and a few of many names."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgewright_specs.interface import Split

#: Labels that are numbers, and more than these, are learned as numbers whoever asks.
MOST_NUMBER_CLASSES: Final = 20

#: Folder or file name -> split. A validation or dev set is what thresholds are calibrated on.
SPLIT_NAMES: Final[dict[str, Split]] = {
    "training": "training",
    "train": "training",
    "calibration": "calibration",
    "validation": "calibration",
    "valid": "calibration",
    "val": "calibration",
    "dev": "calibration",
    "test": "test",
    "testing": "test",
    "test public": "test",
}
NORMAL_NAMES: Final = frozenset({"normal", "good", "ok", "no anomaly"})
ABNORMAL_NAMES: Final = frozenset({"abnormal", "anomaly", "bad", "ng", "defect"})


def plain(name: str) -> str:
    """Lower case, with ``_``, ``-`` and runs of blanks as one blank: how names are compared."""
    return re.sub(r"[\s_\-]+", " ", name).strip().lower()


def split_of(name: str) -> Split | None:
    """The split that a folder or file name stands for, if any."""
    return SPLIT_NAMES.get(plain(name))


def known_normal(label: str) -> bool | None:
    """True, False, or None where the name does not say."""
    word = plain(label)
    if word in NORMAL_NAMES:
        return True
    return False if word in ABNORMAL_NAMES else None


def number_of(label: str | None) -> float | None:
    """Return the number that a label is; None where it is none (``nan`` and ``inf`` are words)."""
    try:
        value = float(label or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def are_numbers(labels: Iterable[str | None]) -> bool:
    """Whether labels are numbers to learn as such, whoever asks: all of them are, and they are many."""
    found = set(labels) - {None}
    return len(found) > MOST_NUMBER_CLASSES and all(number_of(label) is not None for label in found)


def sorted_labels(labels: Iterable[str]) -> list[str]:
    """Sort labels as people do: by size where all are numbers, else by their letters."""
    found = sorted(labels)
    if any(number_of(label) is None for label in found):
        return found
    return sorted(found, key=float)


def some(names: Sequence[str], most: int = 8) -> str:
    """The first few of many names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
