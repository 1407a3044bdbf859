"""Part of a data set: the files whose metadata have the values that ``data.where`` names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgewright.data.items import FIELD
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from edgewright.data.listing import Inventory
    from edgewright_specs.impulse import DataSpec


def narrowed(found: Inventory, data: DataSpec) -> Inventory:
    """Only files whose metadata have the values of ``where``.

    Raises
    ------
    DataError
        No file has them; it lists what there is.
    """
    values = _values(found, data)
    kept = {file for file, own in values.items() if own == data.where}
    if not kept:
        for name in data.where:
            there = sorted({own[name] for own in values.values()} - {""})
            if data.where[name] not in there:
                raise DataError(
                    f"data.where: no file has {name} {data.where[name]!r}",
                    hint=f"values of {name}: {', '.join(there[:20]) or 'none'}",
                )
        raise DataError("data.where: no file has all of these values")
    return _only(found, kept)


def narrowed_new(found: Inventory, data: DataSpec) -> tuple[Inventory, list[str]]:
    """New files that a run over part of a data set may judge: without those that say they are of another part.

    A file that doesn't say is judged: whoever chose the run says it. Where every file is of another part, all are, and
    a line says so.

    Parameters
    ----------
    found : Inventory
        Of the new files.
    data : DataSpec
        ``where`` of the run; ``options`` by which the new files are read.

    Returns
    -------
    inventory : Inventory
    lines : list of str
        What was left out, for the user.
    """
    lines: list[str] = []
    values = _values(found, data)
    for name, wanted in data.where.items():
        told = {file: own[name] for file, own in values.items()}
        if name == FIELD and not any(told.values()):
            told = _by_folder(told, wanted)
        others = Counter(value for value in told.values() if value not in ("", wanted))
        if not others:
            continue
        named = ", ".join(f"{value} ({count})" for value, count in sorted(others.items())[:6])
        if others.total() == len(told):
            lines.append(
                f"this run is of {name} {wanted!r}, and no file is: {named}. They are scored all the same"
            )
            continue
        lines.append(
            f"{others.total()} file(s) are left out: this run is of {name} {wanted!r}, and they of {named}"
        )
        values = {file: own for file, own in values.items() if told[file] in ("", wanted)}
    return _only(found, values) if len(values) < len(found.files) else found, lines


def _values(found: Inventory, data: DataSpec) -> dict[str, dict[str, str]]:
    """What each file's metadata say of the fields of ``where``."""
    facts = found.layout(data.options).facts
    return {
        file.relative: {name: str(facts[file.relative].metadata.get(name, "")) for name in data.where}
        for file in found.files
        if file.relative in facts
    }


def _by_folder(files: Mapping[str, str], wanted: str) -> dict[str, str]:
    """Items where folders beside the wanted one were taken for labels: of the folder that a file lies in."""
    folders = {file: PurePosixPath(file).parts[:-1] for file in files}
    parts = set(PurePosixPath(wanted).parts)
    if not any(parts.issubset(own) for own in folders.values()):
        return dict(files)
    return {
        file: wanted if parts.issubset(own) else "/".join(own) or "no folder" for file, own in folders.items()
    }


def _only(found: Inventory, kept: Collection[str]) -> Inventory:
    return replace(
        found,
        files=tuple(file for file in found.files if file.relative in kept),
        others=tuple(file for file in found.files if file.relative not in kept),
        masks={file: masks for file, masks in found.masks.items() if file in kept},
    )
