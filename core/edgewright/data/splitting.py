"""Say of each sample what is normal and which split it is in, and cut the few long ones along time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from edgewright.data.grouping import groups_of
from edgewright.data.names import are_numbers, some
from edgewright.data.normality import conclude, no_normal
from edgewright.data.splits import Candidate, Shares, assign
from edgewright_specs.interface import SPLITS, Split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_specs.impulse import DataSpec

#: Fewer normal units than this can't fill three splits: recordings are then cut along time.
_FEWEST_UNITS = 3
_PARTS = 10


def split_samples(
    samples: list[dict[str, Any]],
    data: DataSpec,
    length: int | None,
    lines: list[str],
    warnings: list[str],
    *,
    normal_only: bool,
    by_label: bool,
    seed: int,
) -> list[dict[str, Any]]:
    """Say of each sample what is normal and which split it is in; with the `length` of a window, few long ones are cut."""
    assert data.split != "none"
    label_counts: Counter[str | None] = Counter(sample["label"] for sample in samples)
    normality = conclude(label_counts, data.normal, data.abnormal)
    if normality.known or not by_label:
        lines += normality.lines
    kept = [{**sample, "normal": normality.of[sample["label"]]} for sample in samples]
    if normal_only:
        left = [sample for sample in kept if sample["normal"] is None]
        kept = [sample for sample in kept if sample["normal"] is not None]
        if left:
            lines.append(f"left out, being neither normal nor abnormal: {len(left)} sample(s)")
    groups = groups_of(kept, data.split.group, lines)
    for sample, group in zip(kept, groups, strict=True):
        sample["group"] = group
    given = _given(kept, lines)
    shares = Shares.of_percentages(data.split.training, data.split.calibration, data.split.test)
    if not any(given) and length is not None:
        if by_label:
            kept = _cut_labels_in_time(kept, shares, length, lines)
        else:
            kept = _cut_in_time(kept, shares, length, lines, normal_only)
        given = [sample.get("piece") for sample in kept]
    candidates = [
        Candidate(sample["sha256"], sample["normal"], sample["group"], own, sample["label"])
        for sample, own in zip(kept, given, strict=True)
    ]
    moved = [
        sample["name"]
        for sample, own in zip(kept, given, strict=True)
        if own == "training" and sample["normal"] is False and normal_only
    ]
    if moved:
        lines.append(
            f"{len(moved)} abnormal sample(s) of the data set's own training split go to calibration: {some(moved)}"
        )
    for sample, split in zip(
        kept,
        assign(candidates, shares, normal_only=normal_only, seed=seed, by_label=by_label),
        strict=True,
    ):
        sample["split"] = split
        sample.pop("piece", None)
    _astride(kept, warnings)
    return kept


def on_a_scale(samples: Sequence[Mapping[str, Any]], lines: list[str]) -> bool:
    """Whether labels are many numbers, each with too few recordings to be in every split: neighbours stand in for it."""
    labels = {sample["label"] for sample in samples}
    if not are_numbers(labels) or len(samples) >= _FEWEST_UNITS * len(labels):
        return False
    lines.append(f"the labels are {len(labels)} numbers: whole recordings are split, whatever their number")
    return True


def know_normal(samples: Sequence[Mapping[str, Any]], data: DataSpec) -> None:
    """Refuse data of which no label is known to be normal. Raises DataError."""
    counts: Counter[str | None] = Counter(sample["label"] for sample in samples)
    if not conclude(counts, data.normal, data.abnormal).known:
        raise no_normal(counts, data.path)


def _cut_labels_in_time(
    samples: list[dict[str, Any]], shares: Shares, length: int, lines: list[str]
) -> list[dict[str, Any]]:
    """Each label by itself: where it has one or two long recordings, they are cut."""
    result: list[dict[str, Any]] = []
    for label in dict.fromkeys(sample["label"] for sample in samples):
        own = [sample for sample in samples if sample["label"] == label]
        result += _cut_in_time(own, shares, length, lines, False, f"{label} ")
    return sorted(result, key=lambda sample: int(sample["offset"]))


def _given(samples: Sequence[Mapping[str, Any]], lines: list[str]) -> list[Split | None]:
    """The data set's own splits, where they say something."""
    given: list[Split | None] = [sample["split"] for sample in samples]
    kinds = set(given)
    if kinds == {None}:
        return given
    if kinds == {"training", "calibration"}:
        lines.append("the data set has no test split: its validation split is the test")
        return ["test" if split == "calibration" else split for split in given]
    if None not in kinds and not {"training", "test"} <= kinds:
        only = " and ".join(sorted(str(kind) for kind in kinds))
        lines.append(f"every sample came as {only}: the data set's splits are set aside")
        return [None] * len(given)
    counts: Counter[str] = Counter(split or "free" for split in given)
    kept = ", ".join(f"{split} {counts[split]}" for split in (*SPLITS, "free") if counts[split])
    lines.append(f"the data set's own splits are kept: {kept}")
    return given


def _cut_in_time(
    samples: list[dict[str, Any]],
    shares: Shares,
    length: int,
    lines: list[str],
    normal_only: bool,
    kind: str = "",
) -> list[dict[str, Any]]:
    """One or two long normal recordings: the early part trains, the late part tests."""
    learned = [sample for sample in samples if sample["normal"] is not False or not normal_only]
    units = {sample["group"] or sample["sha256"] for sample in learned}
    names = {sample["name"] for sample in learned if sample["length"] >= _FEWEST_UNITS * length}
    if len(units) >= _FEWEST_UNITS or not names or any(sample["group"] for sample in learned):
        return samples
    result: list[dict[str, Any]] = []
    for sample in samples:
        if sample["name"] not in names:
            result.append(sample)
            continue
        parts = min(_PARTS, sample["length"] // length)
        late = max(1, round(parts * shares.test)) if shares.test > 0 else 0
        middle = max(1, round(parts * shares.calibration)) if shares.calibration > 0 else 0
        early = max(1, parts - late - middle)
        first = 0
        # One piece a split: every further cut would cost the windows that straddle it.
        for piece, part in (("training", early), ("calibration", early + middle), ("test", parts)):
            last = sample["length"] * part // parts
            if last > first:
                offset = sample["offset"] + first
                name = f"{sample['name']}@{piece}"
                result.append(
                    {**sample, "name": name, "offset": offset, "length": last - first, "piece": piece}
                )
            first = last
    lines.append(
        f"only {len(units)} {'normal ' if normal_only else kind}recording(s): cut along time into training, calibration and test "
        f"({some(sorted(names))}); more recordings would make a better test"
    )
    return result


def _astride(samples: Sequence[Mapping[str, Any]], warnings: list[str]) -> None:
    """A data set's own splits may part a group; say so."""
    sides: dict[str, set[bool]] = {}
    for sample in samples:
        if sample["group"] is not None:
            sides.setdefault(sample["group"], set()).add(sample["split"] == "test")
    parted = sorted(group for group, found in sides.items() if len(found) > 1)
    if parted:
        warnings.append(
            f"the data set's own splits have {len(parted)} group(s) on both sides: {some(parted)}"
        )
