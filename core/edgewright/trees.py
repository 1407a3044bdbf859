"""Files and folders on disk: replaced whole, listed, synced, measured, removed, whatever a block left in there."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A cap that nothing reaches.
UNBOUNDED = 1 << 62


def iter_files(folder: Path, relative: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield ``(relative path with "/", entry)`` of everything below ``folder`` that is not a real directory."""
    with os.scandir(folder / relative if relative else folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            path = f"{relative}/{entry.name}" if relative else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from iter_files(folder, path)
            else:
                yield path, entry


def measure(
    folder: Path, max_bytes: int = UNBOUNDED, max_entries: int = UNBOUNDED, *, allocated: bool = False
) -> tuple[int, int]:
    """Return ``(bytes, entries)`` below ``folder``, apparent sizes, links not followed.

    Counting stops soon after one of the caps is passed, so ten million files cost no more than the cap. What can't
    be listed (mode 000, vanished meanwhile) counts as one entry. With ``allocated`` a file that takes more than twice
    its size on the disk counts by half of that: a file that grows may honestly take the double.
    """
    total = count = 0
    pending = [os.fspath(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    count += 1
                    try:
                        info = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    if stat.S_ISDIR(info.st_mode):
                        pending.append(entry.path)
                    else:
                        total += max(info.st_size, _allocated(info) // 2) if allocated else info.st_size
                    if total > max_bytes or count > max_entries:
                        return total, count
        except OSError:
            continue
    return total, count


def _allocated(info: os.stat_result) -> int:
    """Bytes that a file takes on the disk, also beyond its end and for its attributes."""
    return 512 * getattr(info, "st_blocks", 0)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, renamed to it at the end: a reader sees the old file or the new one, never half."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Write the file's or folder's data to disk."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(folder: Path) -> None:
    """Write every file and folder below ``folder`` to disk, innermost first, ``folder`` itself last."""
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            sync_file(folder / parent / name)
        sync_file(folder / parent)


def remove_tree(folder: Path) -> None:
    """Remove ``folder`` and everything below, also folders without permissions; links are never followed.

    Raises
    ------
    OSError
        When something is left: a file of another user, a read-only file system.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        folder.unlink()
        return
    if not folder.exists():
        return
    _open_up(os.fspath(folder))  # a folder without permissions is common in what blocks leave
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118
            if not os.path.islink(path):  # noqa: PTH114
                _open_up(path)
    shutil.rmtree(folder)


def _open_up(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
            os.chmod(path, 0o700)  # noqa: PTH101
    except OSError:
        return  # rmtree will say so, with the path
