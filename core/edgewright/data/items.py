"""Items: sub-folders of normal images (bottle, cable …), each of which has a normal look of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgewright.data.names import known_normal, split_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from edgewright.data.layout import FileFacts

FIELD = "item"


def with_items(facts: Mapping[str, FileFacts], lines: list[str]) -> dict[str, FileFacts]:
    """Add ``item`` to the metadata of images whose normal ones lie in several folders.

    Parameters
    ----------
    facts : facts by relative path
        With labels. What a path says beside label, split and group is the item, without what all have in common.
    lines : list of str
        Gets a line about what was found.
    """
    rest = {file: _rest(file, fact) for file, fact in facts.items()}
    kinds = {file: known_normal(fact.label or "") for file, fact in facts.items()}
    # Where no name says normal, every label may be.
    wanted = True if True in kinds.values() else None
    learned = {rest[file] for file, kind in kinds.items() if kind is wanted}
    if len(learned) < 2:
        return dict(facts)
    common = _common([*learned])
    names = {file: "/".join(part for part in parts if part not in common) for file, parts in rest.items()}
    found = sorted({names[file] for file, kind in kinds.items() if kind is wanted})
    shown = [name or "beside them" for name in found[:8]]
    lines.append(f"items taken from folders: {', '.join(shown)}{', …' if len(found) > 8 else ''}")
    return {
        file: replace(fact, metadata={**fact.metadata, FIELD: names[file]}) for file, fact in facts.items()
    }


def learned_values(facts: Iterable[FileFacts], field: str, normal: Collection[str] | None) -> list[str]:
    """Values of a metadata field among files that may be learned from, sorted; `normal` are the labels that say so."""
    found = [
        (fact.label in normal if normal is not None else known_normal(fact.label or ""), fact.metadata[field])
        for fact in facts
        if field in fact.metadata and fact.split != "test"
    ]
    # Where no label says normal, every one may be.
    wanted = True in (kind for kind, _ in found)
    return sorted({str(value) for kind, value in found if kind is True or not wanted})


def _rest(file: str, fact: FileFacts) -> tuple[str, ...]:
    known = {fact.label, str(fact.metadata.get("group"))}
    parts = PurePosixPath(file).parts[:-1]
    return tuple(part for part in parts if part not in known and not split_of(part))


def _common(paths: list[tuple[str, ...]]) -> frozenset[str]:
    return frozenset.intersection(*(frozenset(path) for path in paths))
