"""Deterministic tar archives, and what of the SDK goes into every block's image."""

from __future__ import annotations

import hashlib
import io
import tarfile
from functools import lru_cache
from typing import TYPE_CHECKING

from edgewright.registry.digest import sdk_files

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where the SDK lies in an image; on the image's ``PYTHONPATH``.
SDK_FOLDER = "/opt/edgewright/sdk"


def pack(files: Mapping[str, bytes], *, executable: frozenset[str] = frozenset()) -> bytes:
    """Pack files so that equal contents give equal bytes: sorted, owned by root, no times, fixed modes.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by path, relative and with ``/``.
    executable : frozenset of str
        Paths that get mode 0755; all others get 0644.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        made: set[str] = set()
        for name in sorted(files):
            for folder in _parents(name):
                if folder not in made:
                    made.add(folder)
                    entry = tarfile.TarInfo(folder)
                    entry.type = tarfile.DIRTYPE
                    entry.mode = 0o755
                    archive.addfile(entry)
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o755 if name in executable else 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return buffer.getvalue()


def files_digest(files: Mapping[str, bytes], *, executable: frozenset[str] = frozenset()) -> str:
    """Sha256, in hex, over names, modes and contents."""
    state = hashlib.sha256()
    for name in sorted(files):
        state.update(f"{len(name.encode())}:{name}:{int(name in executable)}:{len(files[name])}:".encode())
        state.update(files[name])
    return state.hexdigest()


@lru_cache(maxsize=1)
def sdk_contents() -> dict[str, bytes]:
    """Contents of the SDK and of the file contract, by path in the archive. Read, never imported."""
    return {name: path.read_bytes() for name, path in sdk_files()}


def _parents(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
