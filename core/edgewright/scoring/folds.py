"""Cut the training windows into folds, so that each is scored once by a model that hasn't seen it.

Windows of one recording are alike (they may even share samples), so a fold holds whole recordings, or whole groups
(a person, a machine) where the data name them. A label that has fewer than three groups can't be cut that way: to
hold a third or more of a behaviour out would ask the model about something it was never taught. Its recordings are
cut along time instead, and the windows that straddle a cut are left out of both sides.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MIN_GROUPS = 3
FEW_WINDOWS = 1000


@dataclass(frozen=True)
class Folds:
    """Which fold each window is held out in.

    ``assignment`` [shape=(n,), int32] is the fold, or −1 for a window that straddles a cut and so is neither fitted
    nor scored. ``cut_labels`` are the labels whose recordings were cut along time.
    """

    count: int
    assignment: NDArray[np.int32]
    cut_labels: tuple[str, ...] = ()

    def fit_rows(self, fold: int) -> NDArray[np.intp]:
        """Rows to fit with when ``fold`` is held out."""
        return np.flatnonzero((self.assignment != fold) & (self.assignment >= 0))

    def held_rows(self, fold: int) -> NDArray[np.intp]:
        """Rows to score by the model that was fitted without ``fold``."""
        return np.flatnonzero(self.assignment == fold)

    @property
    def note(self) -> str:
        """What a reader of the threshold should know, or the empty string."""
        if not self.cut_labels:
            return ""
        names = ", ".join(self.cut_labels[:5]) + (", …" if len(self.cut_labels) > 5 else "")
        return (
            f"fewer than {MIN_GROUPS} recordings or groups of {names}: folds cut them along time, so the "
            "false-alarm rate on a new recording may be higher"
        )


def fold_count(windows: int, *, within_fit: bool = False) -> int:
    """How many folds so many training windows get: 5, and 10 below 1000 windows; twice as many within a block's own fit.

    A model of 4/5 of few windows is markedly worse than the final one, so its held-out scores are too high and the
    threshold with them: for K-means with 32 clusters on 100 windows a target of 1 % gave 0.5 %. Fits on so few
    windows are cheap, so more folds mend it (``benchmarks/thresholds.py`` has the numbers). Blocks that score their training
    windows themselves begin each fold where the whole model ended: that is cheaper still.
    """
    return (10 if windows < FEW_WINDOWS else 5) * (2 if within_fit else 1)


def make_folds(
    recordings: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    count: int | None = None,
    seed: int = 0,
    overlap: int = 0,
) -> Folds:
    """Give each training window a fold.

    Parameters
    ----------
    recordings, labels : sequence of str [length=n]
        Recording name and label of each window, in index order (windows of one recording in time order).
    groups : sequence of str [length=n], optional
        Who or what must stay on one side; the recording when not given.
    count : int >= 2, optional
        How many folds, :func:`fold_count` when not given; fewer come out when there are fewer groups or windows.
    seed : int
        With the names, decides everything: the same names and seed give the same folds on every machine.
    overlap : int >= 0
        How many of the windows that follow a window share samples with it: ``ceil(length / stride) − 1``.

    Raises
    ------
    DataError
        Fewer than two windows, or arguments of different lengths.
    """
    if groups is None:
        groups = recordings
    total = len(recordings)
    if not total == len(labels) == len(groups):
        raise DataError(
            f"folds: {total} recordings, {len(labels)} labels, {len(groups)} groups; must be as many"
        )
    count = fold_count(total) if count is None else count
    if count < 2 or overlap < 0:
        raise DataError(f"folds: got count {count}, overlap {overlap}; must be at least 2 and 0")
    if total < 2:
        raise DataError(
            f"folds: {total} training window{'' if total == 1 else 's'}; at least 2 are needed to hold one out",
            hint="give more normal recordings or images; of recordings shorter windows or a shorter stride serve too",
        )
    groups_of: dict[str, set[str]] = defaultdict(set)
    for label, group in zip(labels, groups, strict=True):
        groups_of[label].add(group)
    cut = tuple(sorted(label for label, members in groups_of.items() if len(members) < MIN_GROUPS))
    assignment = np.full(total, -1, dtype=np.int32)
    load = np.zeros(count, dtype=np.int64)
    load_of: dict[str, NDArray[np.int64]] = {label: np.zeros(count, dtype=np.int64) for label in groups_of}

    rows_of: dict[str, list[int]] = defaultdict(list)
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in range(total):
        if labels[row] in cut:
            blocks[recordings[row], labels[row]].append(row)
        else:
            rows_of[groups[row]].append(row)

    for rows in blocks.values():
        for fold, piece in enumerate(_cut(rows, count, overlap)):
            assignment[piece] = fold
            load[fold] += len(piece)
    # Largest first onto the lightest fold keeps them even; the hash decides between equals.
    for group in sorted(rows_of, key=lambda name: (-len(rows_of[name]), _hash(seed, name))):
        held = Counter(labels[row] for row in rows_of[group])
        ours = sum(load_of[label] for label in held)
        fold = min(range(count), key=lambda f: (int(ours[f]), int(load[f]), f))  # type: ignore[index]
        assignment[rows_of[group]] = fold
        load[fold] += len(rows_of[group])
        for label, number in held.items():
            load_of[label][fold] += number
    return _compact(assignment, cut)


def _cut(rows: list[int], count: int, overlap: int) -> list[list[int]]:
    """Cut one recording's windows into ``count`` runs, leaving ``overlap`` windows out between neighbours."""
    usable = len(rows) - overlap * (count - 1)
    while count > 2 and usable < count:
        count -= 1
        usable = len(rows) - overlap * (count - 1)
    if usable < count:  # too short to leave a gap: it goes whole into one fold
        return [rows]
    edges = [round(part * usable / count) for part in range(count + 1)]
    return [rows[edges[f] + f * overlap : edges[f + 1] + f * overlap] for f in range(count)]


def _compact(assignment: NDArray[np.int32], cut: tuple[str, ...]) -> Folds:
    """Number the folds that hold something 0, 1, …; two at least, by cutting the rows when all is in one."""
    used = np.unique(assignment[assignment >= 0])
    if len(used) < 2:
        half = len(assignment) // 2
        return Folds(2, (np.arange(len(assignment)) >= half).astype(np.int32), cut)
    renumber = np.full(int(used[-1]) + 2, -1, dtype=np.int32)  # the last entry serves −1
    renumber[used] = np.arange(len(used), dtype=np.int32)
    return Folds(len(used), renumber[assignment], cut)


def _hash(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()
