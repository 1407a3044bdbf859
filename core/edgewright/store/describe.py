"""Describe outputs that *we* wrote (host steps); what a block wrote is described by :mod:`edgewright.harvest`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgewright.arrays import load_array
from edgewright.errors import StoreError
from edgewright.store.digests import hash_file
from edgewright.store.entry import StoredOutput, folder_digest
from edgewright.trees import iter_files

if TYPE_CHECKING:
    from edgewright.store.entry import Kind


def describe(staged: Path, path: str, kind: Kind) -> StoredOutput:
    """Hash the files of one output below ``staged``; of an array also take dtype and shape.

    Raises
    ------
    StoreError
        The path leaves the folder.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise StoreError(f"an output's path must lie inside its folder, got {path!r}")
    target = staged / path
    if kind == "folder":
        files = {name: hash_file(Path(entry.path))[0] for name, entry in iter_files(target)}
        return StoredOutput(kind, path, folder_digest(files), files=files)
    digest, _ = hash_file(target)
    if kind == "json":
        return StoredOutput(kind, path, digest)
    dtype, shape = _array_header(target)
    return StoredOutput(kind, path, digest, dtype=dtype, shape=shape)


def _array_header(path: Path) -> tuple[str, tuple[int, ...]]:
    """Dtype and shape of an array; structured ones too, unlike in :mod:`edgewright.harvest.npy`."""
    array = load_array(path, mapped=True)
    return str(array.dtype), tuple(array.shape)
