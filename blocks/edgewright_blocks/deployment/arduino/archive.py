"""Zip archives of text files whose bytes depend on nothing but the files."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_MODE = 0o100644  # a regular file, readable by all


def write_zip(files: Mapping[str, str], folder: str, path: Path) -> None:
    """Write texts into one folder of an archive, in the order of their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].encode())


def read_zip(path: Path) -> dict[str, str]:
    """Read the texts of such an archive, by their names within the folder."""
    with zipfile.ZipFile(path) as archive:
        return {name.split("/", 1)[1]: archive.read(name).decode() for name in archive.namelist()}
