"""Which sample is for training, calibration or test: decided by content, so that adding files moves nothing.

The rule, in order:

1. A sample that came with a split keeps it. If that leaves training or test without any sample, the data set's splits
   say nothing and are set aside.
2. Every other *unit* (a sample, or all samples of one group) has a number between 0 and 1: the hash of its content, or
   of its group's name, and the seed. Normal: training below 0.70, calibration below 0.80, test above (the impulse's
   percentages). Abnormal: calibration below 0.30, test above.
3. A group is one unit: its normal and abnormal samples stay on one side, test or not test, so the abnormal ones of a
   training or calibration group go to calibration.
4. Where blocks learn labels, abnormal is no kind of its own: the units of each label (or of each set of labels that
   groups have) are placed by themselves, so that each label is in every split that it has units for.
5. A split that is wanted but empty gets the unit whose number is nearest to it from the largest split that can spare
   one, in the order training, test, calibration. Then, while training has fewer than half of the normal units, it gets
   the nearest of the largest other split that can spare one. Both touch small sets only.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright_specs.interface import SPLITS, Split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ABNORMAL_CALIBRATION = 0.30
_WANTED_FIRST: tuple[Split, ...] = ("training", "test", "calibration")


@dataclass(frozen=True)
class Candidate:
    """What splitting needs of a sample. ``given``: the split that it came with."""

    sha256: str
    normal: bool | None
    group: str | None = None
    given: Split | None = None
    label: str | None = None


@dataclass(frozen=True)
class Shares:
    """Shares of the normal units; they add up to 1."""

    training: float = 0.7
    calibration: float = 0.1
    test: float = 0.2

    @classmethod
    def of_percentages(cls, training: float, calibration: float, test: float) -> Shares:
        total = training + calibration + test or 1.0
        return cls(training / total, calibration / total, test / total)

    def edges(self) -> dict[Split, tuple[float, float]]:
        """The interval of unit numbers of each split."""
        middle = self.training + self.calibration
        return {
            "training": (0.0, self.training),
            "calibration": (self.training, middle),
            "test": (middle, 1.0),
        }


def assign(
    samples: Sequence[Candidate], shares: Shares, *, normal_only: bool, seed: int, by_label: bool = False
) -> list[Split]:
    """Give every sample its split by the rule above.

    Parameters
    ----------
    samples : sequence of Candidate
    shares : Shares
    normal_only : bool
        Whether training is for normal samples only. If not, abnormal ones are split as normal ones are.
    seed : int
        Another seed gives other splits.
    by_label : bool
        Whether each label is split by itself; `normal_only` then changes nothing.

    Returns
    -------
    list of str, one a sample
    """
    if by_label:
        return _assign_by_label(samples, shares, seed)
    result: list[Split | None] = [sample.given for sample in samples]
    for i, sample in enumerate(samples):
        if normal_only and sample.normal is False and result[i] == "training":
            result[i] = "calibration"
    free = [i for i, split in enumerate(result) if split is None]
    as_normal = [i for i in free if not (normal_only and samples[i].normal is False)]
    other = [i for i in free if normal_only and samples[i].normal is False]
    keys = {i: _key(samples[i]) for i in free}
    number = {key: _number(key, seed) for key in set(keys.values())}
    taken = {split for split in result if split is not None}
    wanted = {split: edge for split, edge in shares.edges().items() if edge[1] - edge[0] > 1e-9}
    placed = _place({keys[i] for i in as_normal}, number, wanted, taken)
    for i in as_normal:
        result[i] = placed[keys[i]]
    abnormal = _abnormal_edges(shares)
    alone = {keys[i] for i in other if keys[i] not in placed}
    there = {
        result[i] for i, sample in enumerate(samples) if sample.normal is False and result[i] is not None
    }
    placed_alone = _place(alone, number, abnormal, {split for split in there if split is not None})
    for i in other:
        key = keys[i]
        if key in placed_alone:
            result[i] = placed_alone[key]
        else:
            result[i] = "test" if placed[key] == "test" else "calibration"
    return [split if split is not None else "training" for split in result]


def _assign_by_label(samples: Sequence[Candidate], shares: Shares, seed: int) -> list[Split]:
    labels: dict[str, set[str | None]] = defaultdict(set)
    for sample in samples:
        labels[_key(sample)].add(sample.label)
    strata: dict[frozenset[str | None], list[Candidate]] = defaultdict(list)
    for sample in samples:
        strata[frozenset(labels[_key(sample)])].append(sample)
    wanted = {split: edge for split, edge in shares.edges().items() if edge[1] - edge[0] > 1e-9}
    placed: dict[str, Split] = {}
    for members in strata.values():
        keys = {_key(sample) for sample in members if sample.given is None}
        taken = {sample.given for sample in members if sample.given is not None}
        placed |= _place(keys, {key: _number(key, seed) for key in keys}, wanted, taken)
    return [sample.given or placed[_key(sample)] for sample in samples]


def _abnormal_edges(shares: Shares) -> dict[Split, tuple[float, float]]:
    if shares.calibration <= 0:
        return {"test": (0.0, 1.0)}
    if shares.test <= 0:
        return {"calibration": (0.0, 1.0)}
    return {"calibration": (0.0, ABNORMAL_CALIBRATION), "test": (ABNORMAL_CALIBRATION, 1.0)}


def _place(
    keys: set[str], number: Mapping[str, float], edges: Mapping[Split, tuple[float, float]], taken: set[Split]
) -> dict[str, Split]:
    """Units into the intervals, then mend splits that stay empty. ``taken``: splits that have samples already."""
    placed: dict[str, Split] = {}
    last = max(edges, key=lambda split: edges[split][1])
    for key in sorted(keys):
        placed[key] = next((split for split, (_, end) in edges.items() if number[key] < end), last)
    for empty in _WANTED_FIRST:
        counts = Counter(placed.values())
        if empty in edges and not counts[empty] and empty not in taken:
            _move_nearest(
                placed,
                number,
                edges,
                empty,
                [s for s in SPLITS if counts[s] > 1 or (counts[s] and _less_wanted(s, empty))],
            )
    while "training" in edges and "training" not in taken:
        counts = Counter(placed.values())
        donors = [split for split in SPLITS if split != "training" and counts[split] > 1]
        if 2 * counts["training"] >= len(placed) or not donors:
            break
        _move_nearest(placed, number, edges, "training", donors)
    return placed


def _move_nearest(
    placed: dict[str, Split],
    number: Mapping[str, float],
    edges: Mapping[Split, tuple[float, float]],
    target: Split,
    donors: Sequence[Split],
) -> None:
    """Move the unit whose number is nearest to ``target``'s interval out of the largest donor, if there is one."""
    if not donors:
        return
    counts = Counter(placed.values())
    donor = max(donors, key=lambda split: counts[split])
    low, high = edges[target]
    members = [key for key in sorted(placed) if placed[key] == donor]
    placed[min(members, key=lambda key: (max(low - number[key], number[key] - high), key))] = target


def _less_wanted(split: Split, than: Split) -> bool:
    """A lone unit may leave calibration for test, and test for training, never the other way."""
    return _WANTED_FIRST.index(split) > _WANTED_FIRST.index(than)


def _key(sample: Candidate) -> str:
    return f"group:{sample.group}" if sample.group is not None else f"content:{sample.sha256}"


def _number(key: str, seed: int) -> float:
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
