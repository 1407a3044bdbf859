"""What differs between two runs of the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from edgewright.devloop.attempt import Table

#: Values closer than this share of their size count as equal: the last bits of a sum.
SAME: Final = 1e-6


@dataclass(frozen=True)
class Changes:
    """Columns that came, went, or whose values differ, each with its value of the first row before."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    before: dict[str, float]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.before)

    def summary(self, columns: int) -> str:
        """One line for a person."""
        if not self:
            return "nothing changed since the last run"
        parts = [f"{len(self.before)} of {columns} columns changed"] if self.before else []
        parts += [
            f"{word}: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}"
            for word, names in (("new", self.added), ("gone", self.removed))
            if names
        ]
        return "; ".join(parts)


def compare(before: Table, now: Table) -> Changes:
    """Compare two tables column by column, by name."""
    old = {label: before.values[:, place] for place, label in enumerate(before.labels)}
    new = {label: now.values[:, place] for place, label in enumerate(now.labels)}
    differing = {}
    for label in new:
        if label not in old:
            continue
        a, b = old[label], new[label]
        if a.shape != b.shape or not np.allclose(a, b, rtol=SAME, atol=0, equal_nan=True):
            differing[label] = float(a[0]) if len(a) else float("nan")
    return Changes(
        tuple(label for label in new if label not in old),
        tuple(label for label in old if label not in new),
        differing,
    )
