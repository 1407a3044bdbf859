"""Lend stored files to a task without copying them.

A hard link changes the ctime of the file it points to, and so does its removal; without care, every file that was ever
lent would be hashed again. :class:`Links` notes each file before it is linked and, when the loan is over and size and
mtime are as before, remembers its digest under the new ctime.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from edgewright.store.digests import settle as wait_for_tick

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.store.digests import Digests


class Links:
    """The files lent to one task; :meth:`settle` after the task's folder is gone."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._lent: list[tuple[Path, os.stat_result, str]] = []

    def place(self, source: Path, target: Path) -> None:
        """Make a stored file or folder appear at ``target``: linked, or copied across file systems."""
        if source.is_dir():
            target.mkdir()
            for path in sorted(source.iterdir()):
                self.place(path, target / path.name)
            return
        before = source.lstat()
        digest = self._digests.digest_file(source)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
            return
        self._lent.append((source, before, digest))

    def settle(self) -> None:
        """Remember the digests of what was lent; a file that changed meanwhile is left to be found out."""
        found = [(path, before, digest) for path, before, digest in self._lent if path.exists()]
        if found:
            wait_for_tick(found[-1][0].lstat())
        for path, before, digest in found:
            now = path.lstat()
            if (now.st_size, now.st_mtime_ns, now.st_ino) == (
                before.st_size,
                before.st_mtime_ns,
                before.st_ino,
            ):
                self._digests.remember(now, digest)
