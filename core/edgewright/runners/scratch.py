"""Private folders of this process, in memory where the system has that; those of killed processes are removed."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright import trees

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Memory that is a folder, where the system has one: small things never touch a disk.
SHARED_MEMORY: Final = Path("/dev/shm")


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A folder that nobody else may enter, gone afterwards.

    Parameters
    ----------
    purpose : str
        A word that its name begins with.
    """
    prefix = f"edgewright-{purpose}-"
    in_memory = os.access(SHARED_MEMORY, os.W_OK | os.X_OK)
    place = SHARED_MEMORY if in_memory else Path(tempfile.gettempdir())
    _sweep(place, prefix)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=place))
    try:
        yield folder
    finally:
        trees.remove_tree(folder)


def _sweep(place: Path, prefix: str) -> None:
    for folder in place.glob(f"{prefix}*"):
        owner = folder.name[len(prefix) :].partition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            if stat.S_ISDIR(folder.lstat().st_mode) and not _runs(int(owner)):
                trees.remove_tree(folder)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
