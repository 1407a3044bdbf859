"""ZIP archives that somebody else made: no list, and no member, may cost more memory than it is allowed to."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What the library raises over archives that are damaged, or made to look so.
ZIP_FAULTS: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError, IndexError, RuntimeError,
)  # fmt: skip
#: The library decompresses these piece by piece; of others it unpacks whatever a piece grows to, at once.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENTRY: Final = b"PK\x01\x02"
#: Of an archive's list, for one member with its name.
_MEMBER_BYTES: Final = 400
_LEAST_BYTES: Final = 4 << 20


class GuardedFile(io.BufferedReader):
    """A file for :class:`zipfile.ZipFile`, which would make an object of every entry before anybody can count them.

    Parameters
    ----------
    path : Path
        The archive.
    members : int
        How many it may have; reading the list of one with more raises ``BadZipFile``.
    """

    def __init__(self, path: Path, members: int) -> None:
        super().__init__(io.FileIO(path))
        self._members = members

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > max(_LEAST_BYTES, self._members * _MEMBER_BYTES):
            raise zipfile.BadZipFile(f"its list of members has {size} bytes")
        data = super().read(size)
        if data.count(_ENTRY) > self._members:
            raise zipfile.BadZipFile(f"more than {self._members} members")
        return data


def unusual_method(members: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo | None:
    """The first member that is neither stored nor deflated, so that its size can't be trusted; None if there is none."""
    return next((member for member in members if member.compress_type not in _METHODS), None)
