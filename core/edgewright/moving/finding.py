"""What lies in an export: documents, tables, and a data set."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgewright.data.listing import list_files
from edgewright.errors import DataError
from edgewright.moving.studio import Project, block_settings, impulse_of, is_metadata, read_project
from edgewright.moving.tables import MOST_BYTES, KMeansTables, MixtureTables, from_document, read_tables
from edgewright.trees import iter_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from edgewright.data import Inventory
    from edgewright.data.readers.base import Reader

SOURCES = (".h", ".hpp", ".c", ".cpp", ".cc")
_MACRO = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+EI_CLASSIFIER_(?P<name>\w+)[ \t]+\(?(?P<value>[-+.\deE]+)f?\)?[ \t\r]*$",
    re.MULTILINE,
)
_PROJECT_NAME = re.compile(
    r'^[ \t]*#[ \t]*define[ \t]+EI_CLASSIFIER_PROJECT_NAME[ \t]+"(?P<name>[^"\n]*)"', re.MULTILINE
)
#: A recording of this size and more is not opened to see whether it is a document.
_MOST_DOCUMENT = 32 << 20


@dataclass
class Found:
    """Everything that could be made out. ``data`` is None where no reader knows a file."""

    root: Path
    project: Project = field(default_factory=Project)
    tables: list[KMeansTables] = field(default_factory=list)
    mixtures: list[MixtureTables] = field(default_factory=list)
    data: Inventory | None = None
    documents: list[str] = field(default_factory=list)
    macros: dict[str, float] = field(default_factory=dict)


def look(path: Path, readers: Sequence[Reader]) -> Found:
    """Go through a file or folder.

    Raises
    ------
    DataError
        Nothing of it is known, two impulses differ in it, or tables don't fit together.
    """
    found = Found(path)
    metadata: Mapping[str, Any] | None = None
    impulses: list[tuple[str, Mapping[str, Any]]] = []
    settings: dict[int, Mapping[str, Any]] = {}
    for relative, file in _files(path):
        suffix = file.suffix.lower()
        if suffix in SOURCES:
            _source(file, relative, found)
            continue
        document = _document(file)
        if document is None:
            continue
        tables = from_document(document, relative)
        setting = block_settings(document)
        if is_metadata(document):
            if metadata is not None and metadata != document:
                raise _two(path, "deployment-metadata.json", relative)
            metadata = document
        elif impulse_of(document) is not None:
            impulses.append((relative, impulse_of(document) or {}))
        elif setting is not None:
            settings[setting[0]] = setting[1]
        elif tables is not None:
            (found.tables if isinstance(tables, KMeansTables) else found.mixtures).append(tables)  # type: ignore[arg-type]
        else:
            continue
        found.documents.append(relative)
    if len(impulses) > 1 and any(impulse != impulses[0][1] for _, impulse in impulses):
        raise _two(path, "impulse", impulses[1][0])
    impulse = impulses[0][1] if impulses else impulse_of(metadata)
    if impulse is not None:
        found.project = read_project(impulse, metadata, settings)
    if path.is_dir() or not found.documents:
        found.data = _data(path, readers, found)
    if not (found.project.known or found.tables or found.mixtures or found.data):
        raise DataError(
            f"{path}: nothing of a project of Edge Impulse is in it",
            hint="give a data export (a folder or zip with training/ and testing/), deployment-metadata.json, the impulse "
            "as JSON, or a C++ export; docs/from-edge-impulse.md says where to get them",
        )
    return found


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """Documents and sources: not recordings, and nothing of a C++ SDK but the model's own parameters."""
    if path.is_file():
        yield path.name, path
        return
    for relative, entry in iter_files(path):
        parts = relative.split("/")
        if "edge-impulse-sdk" in parts or any(part.startswith(".") for part in parts):
            continue
        if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith((".json", *SOURCES)):
            yield relative, path / relative


def _document(path: Path) -> Any:
    """A JSON document that may be one of a project; None for recordings and what isn't JSON."""
    if path.stat().st_size > _MOST_DOCUMENT:
        return None
    with path.open("rb") as file:
        head = file.read(4096)
        # Thousands of recordings lie in an export: what has their marks is not read whole.
        if b'"payload"' in head or b"interval_ms" in head:
            return None
        content = head + file.read()
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _source(path: Path, relative: str, found: Found) -> None:
    if path.stat().st_size > MOST_BYTES:
        return
    tables = [table for table in read_tables(path) if isinstance(table, KMeansTables)]
    content = path.read_text(encoding="utf-8", errors="replace")
    macros = {match["name"]: match["value"] for match in _MACRO.finditer(content)}
    name = _PROJECT_NAME.search(content)
    if name and not found.project.known:
        found.project = Project(name=name["name"].strip())
    for macro, value in macros.items():
        try:
            found.macros[macro] = float(value)
        except ValueError:
            continue
    found.tables += [table for table in tables if table not in found.tables]
    if tables or macros:
        found.documents.append(relative)


def _data(path: Path, readers: Sequence[Reader], found: Found) -> Inventory | None:
    try:
        data = list_files(path, readers)
    except DataError:
        return None
    if found.documents and data.reader.name not in ("edge-impulse", "audio", "csv", "images"):
        return None  # stray arrays beside the documents are no export
    return data


def _two(path: Path, what: str, second: str) -> DataError:
    return DataError(
        f"{path}: holds more than one {what} ({second} differs from the one before)",
        hint="import one impulse at a time: name its file or folder",
    )
