"""Cut what a fit learns from into windows that teach and windows that validate."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHARE = 0.2
#: What each window does, as :data:`edgewright.planner.tasks.LEARNED` and its like say it.
_LEARNED, _VALIDATES, _NEITHER = 0, 1, -1


def cut_validation(
    recordings: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    seed: int,
    overlap: int,
    share: float = SHARE,
) -> NDArray[np.int8]:
    """Say of each window whether a fit learns from it (0), validates by it (1), or neither (−1).

    A group (a person, a machine; a recording where the data name none) is on one side. The groups that have the same
    labels are cut together, so each label is on both sides where it has two groups; the windows of a lone one are
    cut along time, and those that share samples with the other side are left out.

    Parameters
    ----------
    recordings, labels, groups : sequence of str [length=n]
        Of each window, windows of one recording in time order.
    seed : int
        With the names, decides everything.
    overlap : int >= 0
        How many of the windows that follow a window share samples with it.
    share : float in (0, 1)
        How much validates, of each label.

    Returns
    -------
    np.ndarray [shape=(n,), int8]
        At least one window that is learned from, if there is one; none that validates where there is one window only.
    """
    result = np.full(len(labels), _LEARNED, np.int8)
    rows_of: dict[str, list[int]] = defaultdict(list)
    labels_of: dict[str, set[str]] = defaultdict(set)
    for row, group in enumerate(groups):
        rows_of[group].append(row)
        labels_of[group].add(labels[row])
    strata: dict[frozenset[str], list[str]] = defaultdict(list)
    for group, found in labels_of.items():
        strata[frozenset(found)].append(group)
    for members in strata.values():
        if len(members) == 1:
            for recording in _by_recording(rows_of[members[0]], recordings):
                _cut_in_time(result, recording, overlap, share)
        else:
            members.sort(key=lambda name: hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest())
            _take_groups(result, [rows_of[group] for group in members], share)
    return result


def _take_groups(result: NDArray[np.int8], groups: Sequence[list[int]], share: float) -> None:
    """Whole groups validate, in order, until as near to the share as they come; one at least, and never all."""
    wanted = share * sum(len(rows) for rows in groups)
    taken = 0
    for number, rows in enumerate(groups[:-1]):
        if number and abs(taken + len(rows) - wanted) > abs(taken - wanted):
            continue
        result[rows] = _VALIDATES
        taken += len(rows)


def _by_recording(rows: Sequence[int], recordings: Sequence[str]) -> list[list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        found[recordings[row]].append(row)
    return list(found.values())


def _cut_in_time(result: NDArray[np.int8], rows: list[int], overlap: int, share: float) -> None:
    """The last windows of a recording validate."""
    if len(rows) < 2:
        return
    late = max(1, round(share * len(rows)))
    gap = overlap if len(rows) - late - overlap >= 1 else 0  # too short to leave one
    result[rows[len(rows) - late :]] = _VALIDATES
    if gap:
        result[rows[len(rows) - late - gap : len(rows) - late]] = _NEITHER
