"""Index the windows of samples, once these are split."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.names import some, sorted_labels
from edgewright.data.splitting import know_normal, on_a_scale, split_samples
from edgewright.data.windowing import sample_index, window_index
from edgewright.errors import DataError
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgewright_specs.impulse import DataSpec, InputSpec

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
            know_normal(samples, data)
        apart = normal_only and not by_label
        kept = split_samples(
            samples, data, None if input.whole else length, lines, warnings,
            normal_only=apart, by_label=by_label and not on_a_scale(samples, lines), seed=seed,
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


def _labels(samples: Sequence[Mapping[str, Any]], table: Any) -> list[str]:
    """Labels that have windows in this part of the index, sorted."""
    return sorted_labels({samples[number]["label"] for number in np.unique(table["sample"])} - {None})


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
            f"{len(names)} sample(s) are shorter than a window ({length} values) and have none: {some(names)}"
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
            f"{len(longer)} recording(s) are longer than {length / frequency:g} s, what comes after is not looked at: {some(longer)}"
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


def _write(out: Path, samples: Sequence[Mapping[str, Any]], table: Any, info: Mapping[str, Any]) -> None:
    fields = ("name", "file", "label", "split", "normal", "offset", "length", "group", "metadata", "mask")
    document = [{field: sample[field] for field in fields if field in sample} for sample in samples]
    (out / "samples.json").write_text(
        json.dumps(document, ensure_ascii=False, allow_nan=False), encoding="utf-8"
    )
    (out / "windows.json").write_text(json.dumps(info, ensure_ascii=False, indent=1), encoding="utf-8")
    np.save(out / "index.npy", table, allow_pickle=False)
