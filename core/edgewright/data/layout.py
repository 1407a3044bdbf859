"""What a folder says about its files: label, split, group and metadata, from paths and from label files beside them.

In order of authority: ``info.labels`` and ``structured_labels.labels`` (Edge Impulse), then folders, then file names.
What a reader finds *inside* a file (a label column, say) comes before all of them; see :mod:`edgewright.data.reading`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from edgewright.data.names import known_normal, plain, some, split_of
from edgewright.errors import DataError

LABEL_FILES = ("info.labels", "structured_labels.labels")
_NUMBER_AT_END = re.compile(r"^(?P<stem>.*?)[\s_\-.(#]*\d+\)?$")
_GROUP_FOLDER = re.compile(r"^[a-z]+[\s_\-]*\d+$")


@dataclass(frozen=True)
class Segment:
    """Rows ``first`` to ``last``, inclusive, of a recording have this label."""

    first: int
    last: int
    label: str


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file without opening it. ``segments``: labels that change within the recording."""

    label: str | None = None
    split: str | None = None
    metadata: Mapping[str, str | float] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Facts by relative path, and ``lines`` saying where labels and splits were taken from."""

    facts: Mapping[str, FileFacts]
    lines: tuple[str, ...]


def read_layout(files: Sequence[str], label_files: Mapping[str, Path], labels_from: str | None) -> Layout:
    """Conclude the facts of each file.

    Parameters
    ----------
    files : relative paths with ``/``
    label_files : relative path -> path of the ``info.labels`` and ``structured_labels.labels`` found
    labels_from : ``"folder"``, ``"file-name"``, ``"none"`` or None (conclude)

    Raises
    ------
    DataError
        A label file that can't be read, or an unknown ``labels_from``.
    """
    if labels_from not in (None, "folder", "file-name", "none"):
        raise DataError(
            f"data.options.labels-from: got {labels_from!r}",
            hint="allowed: folder, file-name, none, or leave it out",
        )
    lines: list[str] = []
    facts = _from_paths(files, labels_from, lines)
    for relative, path in sorted(label_files.items()):
        _apply_label_file(relative, path, facts, lines)
    return Layout(facts, tuple(lines))


def _from_paths(files: Sequence[str], labels_from: str | None, lines: list[str]) -> dict[str, FileFacts]:
    splits: dict[str, str | None] = {}
    folders: dict[str, tuple[str, ...]] = {}
    for file in files:
        parents = PurePosixPath(file).parts[:-1]
        stem = PurePosixPath(file).stem
        splits[file] = next((found for part in parents if (found := split_of(part))), None) or split_of(stem)
        folders[file] = tuple(part for part in parents if not split_of(part))
    if any(splits.values()):
        counts = Counter(split or "no split" for split in splits.values())
        lines.append("splits taken from folder or file names: " + _counted(counts, "file"))
    depth = min((len(parts) for parts in folders.values()), default=0)
    level = None
    named = _labels_of_names(files) if labels_from is None else {}
    if labels_from in (None, "folder"):
        # Folders that are only numbered (subject1, subject2) hold people or machines where file names hold labels.
        level = _label_level([parts[:depth] for parts in folders.values()], weak=not any(named.values()))
        if (
            level is None
            and depth == 0
            and not any(named.values())
            and any(folders.values())
            and labels_from is None
        ):
            level = 0  # some files in folders, some beside them: those beside have no label
    labels: dict[str, str | None] = dict.fromkeys(files)
    if level is not None:
        labels = {file: parts[level] if len(parts) > level else None for file, parts in folders.items()}
        lines.append(f"labels taken from folders: {some(sorted(set(filter(None, labels.values()))))}")
    elif labels_from in (None, "file-name"):
        labels = dict(_labels_of_names(files))
        if any(labels.values()):
            lines.append(f"labels taken from file names: {some(sorted(set(filter(None, labels.values()))))}")
        elif depth and labels_from is None:
            labels = {file: parts[depth - 1] for file, parts in folders.items()}
            lines.append(
                f"one folder holds everything: its name is the label ({some(sorted(set(filter(None, labels.values()))))})"
            )
    group_level = None
    if any(labels.values()):
        group_level = _group_level([parts[:depth] for parts in folders.values()], level)
    facts = {}
    for file in files:
        metadata: dict[str, str | float] = {}
        if group_level is not None:
            metadata["group"] = folders[file][group_level]
        facts[file] = FileFacts(labels[file], splits[file], metadata)
    if group_level is not None:
        groups = {str(fact.metadata["group"]) for fact in facts.values()}
        lines.append(f"groups taken from folders: {some(sorted(groups))}")
    return facts


def _label_level(paths: Sequence[tuple[str, ...]], *, weak: bool) -> int | None:
    """The folder level that holds labels: one with names that say normal or abnormal, else the first that differs.

    Levels of one word and a number count only if ``weak``.
    """
    if not paths:
        return None
    levels = range(len(paths[0]))
    for level in levels:
        if any(known_normal(path[level]) is not None for path in paths):
            return level
    for level in levels:
        names = {path[level] for path in paths}
        if len(names) > 1 and not _numbered(names):
            return level
    differing = (level for level in levels if len({path[level] for path in paths}) > 1)
    return next(differing, None) if weak else None


def _group_level(paths: Sequence[tuple[str, ...]], label_level: int | None) -> int | None:
    """A level such as ``subject1``, ``subject2`` or ``id_00``, ``id_02``: one machine or person a folder."""
    if not paths:
        return None
    for level in range(len(paths[0])):
        names = {path[level] for path in paths}
        if level != label_level and len(names) > 1 and _numbered(names):
            return level
    return None


def _numbered(names: set[str]) -> bool:
    """One word and a number each, the word the same."""
    return (
        all(_GROUP_FOLDER.match(plain(name)) for name in names)
        and len({re.sub(r"[\s\d]+$", "", plain(name)) for name in names}) == 1
    )


def _labels_of_names(files: Sequence[str]) -> dict[str, str | None]:
    """Labels in file names: a known word in every one, a prefix up to a dot, or the name without its number."""
    stems = {file: PurePosixPath(file).stem for file in files}
    by_word = {file: _known_word(stem) for file, stem in stems.items()}
    if all(by_word.values()):
        return by_word
    if len(files) > 1 and all("." in stem for stem in stems.values()):
        return {file: stem.partition(".")[0] for file, stem in stems.items()}
    shortened: dict[str, str | None] = {}
    for file, stem in stems.items():
        match = _NUMBER_AT_END.match(stem)
        if stem.strip(" _-()").isdigit():
            return dict.fromkeys(files)  # a number is no label
        shortened[file] = match["stem"] if match and match["stem"] else stem
    kinds = {label for label in shortened.values() if not split_of(str(label))}
    if 1 < len(kinds) < len(files) or (
        len(kinds) > 0 and all(known_normal(str(kind)) is not None for kind in kinds)
    ):
        return {file: None if split_of(str(label)) else label for file, label in shortened.items()}
    return dict.fromkeys(files)


def _known_word(stem: str) -> str | None:
    """The one word of a name that says normal or abnormal (``section_00_normal_0012``)."""
    words = {
        word for word in re.split(r"[^A-Za-z]+", stem.lower()) if word and known_normal(word) is not None
    }
    return words.pop() if len(words) == 1 else None


def _apply_label_file(relative: str, path: Path, facts: dict[str, FileFacts], lines: list[str]) -> None:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{relative}: can't be read as JSON: {error}", hint="mend or remove the label file"
        ) from error
    folder = PurePosixPath(relative).parent
    if not isinstance(document, dict):
        raise DataError(f"{relative}: holds {type(document).__name__} where an object is expected")
    try:
        if "structuredLabels" in document:
            entries = [
                {"path": name, "label": {"type": "multi-label", "labels": segments}}
                for name, segments in document["structuredLabels"].items()
            ]
        else:
            entries = list(document["files"])
        known = 0
        for entry in entries:
            target = (folder / str(entry["path"])).as_posix()
            if target not in facts:
                # Exports list paths from the root even where the label file lies in a subfolder.
                target = str(entry["path"])
            if target in facts:
                facts[target] = _merge(facts[target], entry)
                known += 1
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(
            f"{relative}: not in the form that Edge Impulse writes ({type(error).__name__}: {error})",
            hint='expected {"version": 1, "files": [{"path", "category", "label"}]}, or structuredLabels',
        ) from error
    lines.append(f"{relative}: describes {known} of {len(facts)} file(s)")


def _merge(fact: FileFacts, entry: Mapping[str, Any]) -> FileFacts:
    label, segments = fact.label, fact.segments
    given = entry.get("label")
    if isinstance(given, str):
        label = given
    elif isinstance(given, Mapping):
        kind = given.get("type")
        if kind == "label":
            label = str(given["label"])
        elif kind == "unlabeled":
            label = None
        elif kind == "multi-label":
            segments = tuple(
                Segment(int(item["startIndex"]), int(item["endIndex"]), str(item["label"]))
                for item in given["labels"]
            )
        else:
            raise ValueError(f"label type {kind!r}; allowed: label, unlabeled, multi-label")
    metadata = dict(fact.metadata)
    for key, value in (entry.get("metadata") or {}).items():
        metadata[str(key)] = value if isinstance(value, int | float) else str(value)
    category = entry.get("category")
    split = split_of(str(category)) if category not in (None, "split") else fact.split
    return FileFacts(label, split, metadata, segments)


def _counted(counts: Mapping[str, int], noun: str) -> str:
    return ", ".join(
        f"{name} {count} {noun}{'' if count == 1 else 's'}" for name, count in sorted(counts.items())
    )
