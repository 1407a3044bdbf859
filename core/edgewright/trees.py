"""Files and folders on disk: replaced whole, listed, synced, measured, removed, whatever a block left in there."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A cap that nothing reaches.
UNBOUNDED = 1 << 62
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


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
    be listed (mode 000, vanished meanwhile) counts as one entry, what lies deeper than a path can name as too many. With ``allocated`` a file that takes more than twice
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
                    except OSError as problem:
                        if problem.errno == errno.ENAMETOOLONG:
                            return total, max_entries + 1
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

    A block can nest folders deeper than a path or a stack reaches, so each is moved up to the top before it is emptied.

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
    prefix, moved = f".removed-{secrets.token_hex(8)}-", itertools.count()
    try:
        top = os.open(folder, _FOLDER)
    except PermissionError:  # a folder without permissions is common in what blocks leave
        folder.chmod(0o700)
        top = os.open(folder, _FOLDER)
    try:
        os.fchmod(top, 0o700)
        pending = [("", os.fspath(folder))]  # where it is below the top by now, and where it was
        while pending:
            name, place = pending.pop()
            inside = os.open(name or ".", _FOLDER, dir_fd=top)
            try:
                for entry in os.listdir(inside):  # noqa: PTH208
                    was = f"{place}/{entry}"
                    with _named(was):
                        if not stat.S_ISDIR(os.lstat(entry, dir_fd=inside).st_mode):
                            os.unlink(entry, dir_fd=inside)
                            continue
                        _open_up(entry, inside)
                        now = f"{prefix}{next(moved)}"
                        try:
                            os.rename(entry, now, src_dir_fd=inside, dst_dir_fd=top)
                        except OSError as problem:
                            if problem.errno != errno.EXDEV:
                                raise
                            # Of a lower layer, which an overlay doesn't move; no block of ours made it.
                            remove_tree(Path(f"/proc/self/fd/{inside}", entry))
                        else:
                            pending.append((now, was))
            finally:
                os.close(inside)
            if name:
                with _named(place):
                    os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def empty_folder(folder: Path) -> None:
    """Remove what lies in a folder of ours. It stays: making it anew is a third of a warm answer."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                remove_tree(Path(entry.path))
            else:
                os.unlink(entry.path)  # noqa: PTH108


def _open_up(name: str, parent: int) -> None:
    """Let the caller into a folder; not through a link that took its place, where the system can tell."""
    if not hasattr(os, "O_PATH"):
        os.chmod(name, 0o700, dir_fd=parent)
        return
    found = os.open(name, os.O_PATH | _FOLDER, dir_fd=parent)
    try:
        if os.fstat(found).st_mode & 0o700 != 0o700:
            os.chmod(f"/proc/self/fd/{found}", 0o700)  # noqa: PTH101
    finally:
        os.close(found)


@contextlib.contextmanager
def _named(place: str) -> Iterator[None]:
    """Errors name where a file was, however it is called by now."""
    try:
        yield
    except OSError as problem:
        problem.filename = place
        problem.filename2 = None
        raise
