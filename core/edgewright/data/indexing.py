"""Decide what is normal, split the samples, and index their windows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.grouping import groups_of
from edgewright.data.names import are_numbers, sorted_labels
from edgewright.data.normality import conclude, no_normal
from edgewright.data.splits import Candidate, Shares, assign
from edgewright.data.windowing import sample_index, window_index
from edgewright.errors import DataError
from edgewright_specs.interface import SPLITS, Split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgewright_specs.impulse import DataSpec, InputSpec

#: Fewer normal units than this can't fill three splits: recordings are then cut along time.
_FEWEST_UNITS = 3
_PARTS = 10
_MOST_NAMED = 8
#: What ``windows.json`` says of images beyond what it says of signals.
IMAGE_FIELDS = ("width", "height", "channels", "resize")


@dataclass(frozen=True)
class IndexSummary:
    """What ``index`` decided. ``counts``: split -> {"samples", "windows", "normal", "abnormal"}; ``lines`` for a person."""

    counts: Mapping[str, Mapping[str, int]]
    length: int
    stride: int
    frequency: float
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def index(
    read_dir: Path,
    data: DataSpec,
    input: InputSpec,  # noqa: A002 - the impulse's word
    out: Path,
    *,
    normal_only: bool,
    seed: int,
    by_label: bool = False,
) -> IndexSummary:
    """Write ``out/samples.json``, ``out/index.npy`` and ``out/windows.json`` (docs/architecture.md, "A run folder").

    Parameters
    ----------
    read_dir : Path
        Where :func:`edgewright.data.read` wrote ``recordings.json``.
    data, input : the sections of the impulse
        Used here: ``data.normal``, ``data.abnormal``, ``data.split``; ``input.window``, ``window_ms``, ``max_length_ms``,
        ``stride_ms``, ``pad``, ``kind``.
    out : Path
        An existing folder.
    normal_only : bool
        Whether a learning block may learn from normal samples only: they must be known then. Unless `by_label`,
        abnormal samples never are in ``training``, and what is neither is left out.
    seed : int
        Of the splits.
    by_label : bool
        Whether a learning block learns labels: each is split by itself, normal or not.

    Raises
    ------
    DataError
        No label known to be normal, a window longer than every sample, a group field that no sample has, or nothing
        left for training.

    Notes
    -----
    ``split: none`` puts every sample in training and leaves the other splits empty: the same samples are fitted and scored.
    ``explore`` in ``windows.json`` is then true and ``normal`` null for every sample.
    """
    document = json.loads((read_dir / "recordings.json").read_text(encoding="utf-8"))
    samples: list[dict[str, Any]] = document["samples"]
    frequency = float(document["frequency"])
    single = document["kind"] in ("tabular", "image")  # each sample is a window by itself
    longest = max(sample["length"] for sample in samples)
    length = 1 if single else input.window_length(frequency) or longest
    stride = 1 if single else input.stride_length(frequency) or length
    if longest < length and not (input.pad or input.whole):
        raise DataError(
            f"input.window_ms: a window of {input.window_ms:g} ms is {length} values at {frequency:g} Hz, "
            f"but the longest sample has {longest} ({1000 * longest / frequency:g} ms)",
            hint=f"set input.window_ms to {1000 * longest / frequency:g} or less, or input.pad: true",
        )
    lines: list[str] = list(document["lines"])
    warnings: list[str] = list(document["warnings"])
    explore = data.split == "none"
    if explore:
        kept = [{**sample, "normal": None, "split": "training", "group": None} for sample in samples]
        lines.append(
            f"split: none: all {len(kept)} sample(s) are fitted and scored, nothing is known to be normal"
        )
    else:
        if normal_only:
            _know_normal(samples, data)
        apart = normal_only and not by_label
        kept = _split(
            samples, data, None if input.whole else length, lines, warnings,
            normal_only=apart, by_label=by_label and not _on_a_scale(samples, lines), seed=seed,
        )  # fmt: skip
    if document["kind"] != "tabular":  # equal rows of a table are what tables have
        _duplicates(kept, warnings)
    offsets = [sample["offset"] for sample in kept]
    lengths = [sample["length"] for sample in kept]
    if input.whole:
        table = sample_index(offsets, lengths, length)
        _whole(kept, length, frequency, lines, warnings)
    else:
        table = window_index(offsets, lengths, length, stride, pad=input.pad)
    rank = np.array([SPLITS.index(sample["split"]) for sample in kept], dtype=np.int8)
    table = table[np.argsort(rank[table["sample"]], kind="stable")]
    ends = np.cumsum(np.bincount(rank[table["sample"]], minlength=len(SPLITS))).tolist()
    ranges: dict[str, list[int]] = {}
    for number, split in enumerate(SPLITS):
        ranges[split] = [ends[number - 1] if number else 0, ends[number]]
    if ranges["training"][0] == ranges["training"][1]:
        raise DataError(
            "nothing is left for training: no "
            + ("normal " if normal_only and not by_label else "")
            + (
                "sample is in the training split" if single else "sample of the training split is long enough"
            ),
            hint="add samples, or give data.split.training more"
            if single
            else "add recordings, or make input.window_ms shorter",
        )
    _short(kept, table, length, warnings)
    counts: dict[str, dict[str, int]] = {split: _count(kept, split, ranges[split]) for split in SPLITS}
    lines += [_line(split, counts[split], explore) for split in SPLITS if counts[split]["samples"]]
    if not explore and not counts["test"]["windows"]:
        warnings.append("the test split has no windows: no metrics can be computed")
    _write(out, kept, table, {
        "splits": ranges, "length": length, "stride": stride, "axes": document["axes"], "frequency": frequency,
        "units": document["units"], "kind": document["kind"], "explore": explore, "whole": input.whole,
        "labels": _labels(kept, table[slice(*ranges["training"])]),
        **{name: document[name] for name in IMAGE_FIELDS if name in document},
    })  # fmt: skip
    return IndexSummary(counts, length, stride, frequency, tuple(lines), tuple(warnings))


def _split(
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
            f"{len(moved)} abnormal sample(s) of the data set's own training split go to calibration: {_some(moved)}"
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


def _on_a_scale(samples: Sequence[Mapping[str, Any]], lines: list[str]) -> bool:
    """Whether labels are many numbers, each with too few recordings to be in every split: neighbours stand in for it."""
    labels = {sample["label"] for sample in samples}
    if not are_numbers(labels) or len(samples) >= _FEWEST_UNITS * len(labels):
        return False
    lines.append(f"the labels are {len(labels)} numbers: whole recordings are split, whatever their number")
    return True


def _know_normal(samples: Sequence[Mapping[str, Any]], data: DataSpec) -> None:
    counts: Counter[str | None] = Counter(sample["label"] for sample in samples)
    if not conclude(counts, data.normal, data.abnormal).known:
        raise no_normal(counts, data.path)


def _labels(samples: Sequence[Mapping[str, Any]], table: Any) -> list[str]:
    """Labels that have windows in this part of the index, sorted."""
    return sorted_labels({samples[number]["label"] for number in np.unique(table["sample"])} - {None})


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
        f"({_some(sorted(names))}); more recordings would make a better test"
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
            f"the data set's own splits have {len(parted)} group(s) on both sides: {_some(parted)}"
        )


def _duplicates(samples: Sequence[Mapping[str, Any]], warnings: list[str]) -> None:
    seen: dict[str, set[bool | None]] = {}
    files: dict[str, set[str]] = {}
    splits: dict[str, set[str]] = {}
    for sample in samples:
        splits.setdefault(sample["sha256"], set()).add(sample["split"])
        files.setdefault(sample["sha256"], set()).add(sample["name"].partition("@")[0])
        seen.setdefault(sample["sha256"], set()).add(sample["normal"])
    copies = sum(len(names) - 1 for names in files.values())
    if copies:
        # Parted by the data set's own splits, or as normal here and abnormal there.
        parted = sum(1 for digest, names in files.items() if len(names) > 1 and len(splits[digest]) > 1)
        where = f"{parted} of them in several splits" if parted else "copies stay in one split"
        warnings.append(f"{copies} sample(s) are exact copies of another ({where})")
    torn = sum(1 for found in seen.values() if {True, False} <= found)
    if torn:
        warnings.append(
            f"{torn} recording(s) are there both as normal and as abnormal, byte by byte the same"
        )


def _short(samples: Sequence[Mapping[str, Any]], table: Any, length: int, warnings: list[str]) -> None:
    has = np.zeros(len(samples), dtype=bool)
    has[table["sample"]] = True
    names = [samples[i]["name"] for i in np.flatnonzero(~has)]
    if names:
        warnings.append(
            f"{len(names)} sample(s) are shorter than a window ({length} values) and have none: {_some(names)}"
        )


def _whole(
    samples: Sequence[Mapping[str, Any]],
    length: int,
    frequency: float,
    lines: list[str],
    warnings: list[str],
) -> None:
    typical = float(np.median([sample["length"] for sample in samples]))
    lines.append(
        f"each recording is one window of {length / frequency:g} s ({length} values; half of the recordings have at most "
        f"{typical / frequency:g} s), filled up with zeros"
    )
    longer = [sample["name"] for sample in samples if sample["length"] > length]
    if longer:
        warnings.append(
            f"{len(longer)} recording(s) are longer than {length / frequency:g} s, what comes after is not looked at: {_some(longer)}"
        )


def _count(samples: Sequence[Mapping[str, Any]], split: str, rows: Sequence[int]) -> dict[str, int]:
    members = [sample for sample in samples if sample["split"] == split]
    return {
        "samples": len(members),
        "windows": rows[1] - rows[0],
        "normal": sum(sample["normal"] is True for sample in members),
        "abnormal": sum(sample["normal"] is False for sample in members),
    }


def _line(split: str, count: Mapping[str, int], explore: bool) -> str:
    known = not explore and count["normal"] + count["abnormal"] > 0
    kinds = f" ({count['normal']} normal, {count['abnormal']} abnormal)" if known else ""
    return f"{split}: {count['samples']} sample(s){kinds}, {count['windows']} window(s)"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _write(out: Path, samples: Sequence[Mapping[str, Any]], table: Any, info: Mapping[str, Any]) -> None:
    fields = ("name", "file", "label", "split", "normal", "offset", "length", "group", "metadata", "mask")
    document = [{field: sample[field] for field in fields if field in sample} for sample in samples]
    (out / "samples.json").write_text(
        json.dumps(document, ensure_ascii=False, allow_nan=False), encoding="utf-8"
    )
    (out / "windows.json").write_text(json.dumps(info, ensure_ascii=False, indent=1), encoding="utf-8")
    np.save(out / "index.npy", table, allow_pickle=False)
