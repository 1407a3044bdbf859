"""Which files of a folder changed since the last look, by their times and sizes.

Looking costs one `stat` a file, a block has a dozen files: no service of the system is needed, and none that differs
from system to system.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

POLL_SECONDS: Final = 0.3
_LEFT_OUT: Final = ("__pycache__", "node_modules")

Stamp = dict[str, tuple[int, int]]


class Watched:
    """A block's folder and some files beside it.

    Parameters
    ----------
    folder : Path
        Hidden files, caches and compiled Python don't count.
    others : sequence of Path
        Further files: the sample, a file of parameters.
    ignored : sequence of Path
        What the loop itself writes.
    """

    def __init__(self, folder: Path, others: Sequence[Path] = (), ignored: Sequence[Path] = ()) -> None:
        self.folder = folder.absolute()
        self._others = [path.absolute() for path in others]
        self._ignored = {str(path.absolute()) for path in ignored}
        self._seen = self._stamp()

    def changed(self) -> list[str]:
        """Names of the files that appeared, went or changed since the last call; empty while a save is under way."""
        now = self._stamp()
        if now == self._seen:
            return []
        time.sleep(POLL_SECONDS / 3)  # an editor may write in several steps: wait until it is done
        if self._stamp() != now:
            return []
        names = sorted(
            path for path in now.keys() | self._seen.keys() if now.get(path) != self._seen.get(path)
        )
        self._seen = now
        return [self._shown(path) for path in names]

    def wait(self) -> list[str]:
        """Wait for the next save."""
        while not (names := self.changed()):
            time.sleep(POLL_SECONDS)
        return names

    def _shown(self, path: str) -> str:
        inside = os.path.relpath(path, self.folder)
        return path if inside.startswith("..") else inside

    def _stamp(self) -> Stamp:
        found: Stamp = {}
        for path in (*_files(str(self.folder)), *map(str, self._others)):
            if path in self._ignored:
                continue
            try:
                state = os.stat(path)  # noqa: PTH116 - many times a second
            except OSError:  # it went while we looked, or is being replaced
                continue
            found[path] = (state.st_mtime_ns, state.st_size)
        return found


def _files(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _LEFT_OUT:
                yield from _files(entry.path)
        elif not entry.name.endswith((".pyc", ".swp", "~")):
            yield entry.path
