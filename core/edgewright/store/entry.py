"""One entry of the store: what it holds, and the ``entry.json`` that says so.

::

    entries/<2 digits>/<key>/entry.json     this document; names every file and its sha256, and digests itself
    entries/<2 digits>/<key>/files/…        the outputs, mode 0444
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from edgewright_specs.interface import canonical_json, digest_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENTRY_VERSION: Final = 1
ENTRY_FILE: Final = "entry.json"
FILES_FOLDER: Final = "files"
MAX_ENTRY_BYTES: Final = 16 << 20

Kind = Literal["array", "folder", "json"]


class CorruptEntryError(Exception):
    """An entry that is not what was published; the message says what differs."""


@dataclass(frozen=True)
class StoredOutput:
    """One output. ``path`` is relative to the folder that holds it (staging folder, then ``Entry.path``).

    ``sha256`` is the file's; of a folder it is :func:`folder_digest` of ``files`` (relative to the folder).
    """

    kind: Kind
    path: str
    sha256: str
    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def all_files(self) -> dict[str, str]:
        """Every file of this output, relative to the holding folder, with its sha256."""
        if self.kind == "folder":
            return {f"{self.path}/{name}": digest for name, digest in self.files.items()}
        return {self.path: self.sha256}

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"kind": self.kind, "path": self.path, "sha256": self.sha256}
        if self.dtype is not None:
            document["dtype"] = self.dtype
        if self.shape is not None:
            document["shape"] = list(self.shape)
        if self.kind == "folder":
            document["files"] = dict(self.files)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> StoredOutput:
        shape = document.get("shape")
        return cls(
            kind=document["kind"],
            path=document["path"],
            sha256=document["sha256"],
            dtype=document.get("dtype"),
            shape=None if shape is None else tuple(shape),
            files=dict(document.get("files", {})),
        )


@dataclass(frozen=True)
class Entry:
    """A published set of outputs. ``path`` is the read-only folder that the outputs' paths are relative to."""

    key: str
    path: Path
    outputs: Mapping[str, StoredOutput]
    parts: Mapping[str, Any]
    meta: Mapping[str, Any]

    def file(self, name: str) -> Path:
        """The path of output ``name``: a file, or a folder for outputs of kind ``folder``."""
        return self.path / self.outputs[name].path

    def all_files(self) -> dict[str, str]:
        """Every file, relative to :attr:`path`, with its sha256."""
        return {
            path: digest for output in self.outputs.values() for path, digest in output.all_files().items()
        }


def folder_digest(files: Mapping[str, str]) -> str:
    """Digest of a folder: of the sorted map *relative path → sha256*; empty folders do not count."""
    return digest_json(dict(files))


def write_entry(entry: Entry, path: Path) -> None:
    """Write ``entry.json``. The document carries a digest of itself, so a flipped bit in it is found too."""
    document: dict[str, Any] = {
        "version": ENTRY_VERSION,
        "key": entry.key,
        "outputs": {name: output.to_json() for name, output in entry.outputs.items()},
        "parts": dict(entry.parts),
        "meta": dict(entry.meta),
    }
    document["digest"] = digest_json(document)
    path.write_bytes(canonical_json(document))


def read_entry(folder: Path, key: str) -> Entry:
    """Read and check ``entry.json`` of ``folder``; files are checked by the store.

    Raises
    ------
    CorruptEntryError
        When the document is missing, damaged, of another key or of another version.
    """
    try:
        with (folder / ENTRY_FILE).open("rb") as file:
            data = file.read(MAX_ENTRY_BYTES + 1)
        if len(data) > MAX_ENTRY_BYTES:
            raise CorruptEntryError(f"{ENTRY_FILE} is larger than {MAX_ENTRY_BYTES} bytes")
        document = json.loads(data)
        digest = document.pop("digest")
        if digest_json(document) != digest:
            raise CorruptEntryError(f"{ENTRY_FILE} does not match its own digest")
        if document["version"] != ENTRY_VERSION or document["key"] != key:
            raise CorruptEntryError(
                f"{ENTRY_FILE} is for key {document['key']}, version {document['version']}"
            )
        outputs = {name: StoredOutput.from_json(output) for name, output in document["outputs"].items()}
        return Entry(key, folder / FILES_FOLDER, outputs, document["parts"], document["meta"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptEntryError(f"{ENTRY_FILE} can't be read: {type(error).__name__}: {error}") from error
