"""Private folders of this process, gone afterwards, and those of killed processes with them."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright import trees

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Memory that is a folder, where the system has one: small things never touch a disk.
SHARED_MEMORY: Final = Path("/dev/shm")
_TOKEN: Final = re.compile(r"[0-9]+-[0-9a-f]{16}\Z")
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def in_memory() -> Path:
    """Where small things go: into memory, else where temporary files do."""
    if os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


@contextlib.contextmanager
def scratch_folder(purpose: str, place: Path | None = None) -> Iterator[Path]:
    """A folder that nobody else may enter, gone afterwards.

    Those with the same purpose whose owners were killed are removed first. A lock on the folder itself tells who lives, since
    the system ends it with its holder, whatever process namespace that was in.

    Parameters
    ----------
    purpose : str
        A word that its name begins with.
    place : Path, optional
        Where it is; default: where temporary files go. Beside an output its name begins with a dot.
    """
    prefix = f"{'' if place in (None, in_memory()) else '.'}edgewright-{purpose}-"
    place = place or Path(tempfile.gettempdir())
    _sweep(place, prefix)
    folder, lock = _make(place, prefix)
    try:
        yield folder
    finally:
        try:
            trees.remove_tree(folder)
        finally:
            if lock is not None:
                os.close(lock)


def _make(place: Path, prefix: str) -> tuple[Path, int | None]:
    while True:
        folder = place / f"{prefix}{os.getpid()}-{secrets.token_hex(8)}"
        folder.mkdir(0o700)
        with contextlib.suppress(FileNotFoundError, BlockingIOError):  # another's sweep came between
            lock = _lock(folder)
            if lock is None or os.fstat(lock).st_nlink:
                return folder, lock
            os.close(lock)


def _sweep(place: Path, prefix: str) -> None:
    """Remove what killed processes left. What can't be removed, or is no folder, stays."""
    with contextlib.suppress(OSError):
        for folder in place.iterdir():
            if folder.name.startswith(prefix) and _TOKEN.match(folder.name[len(prefix) :]):
                with contextlib.suppress(OSError):
                    _remove_dead(folder)


def _remove_dead(folder: Path) -> None:
    lock = _lock(folder)
    if lock is None:
        return
    try:
        if os.fstat(lock).st_uid == os.geteuid() or os.geteuid() == 0:
            trees.remove_tree(folder)
    finally:
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """Hold a folder against all others; None where the system has no such lock. Raises BlockingIOError where another holds it."""
    try:
        import fcntl
    except ImportError:
        return None
    held = os.open(folder, _FOLDER)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise
    except OSError:
        os.close(held)
        return None
    return held
