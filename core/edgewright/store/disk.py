"""Where the store lies, and what its disk may refuse."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_HINT: Final = "free some space, run `edgewright store gc`, or set EDGEWRIGHT_STORE"
DENIED: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR})
#: Less free space than this, and a short write is taken for a full disk.
NEARLY_FULL_BYTES: Final = 64 << 10


def default_root() -> Path:
    """``$EDGEWRIGHT_STORE``, else ``edgewright/store`` in the user's cache folder."""
    if given := os.environ.get("EDGEWRIGHT_STORE"):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "edgewright" / "store"


@contextlib.contextmanager
def writing(root: Path, what: str) -> Iterator[None]:
    """Whatever the file system refuses within is said of the store at ``root``. Raises StoreError."""
    try:
        yield
    except OSError as error:
        where = f"can't {what} in the store {root}: {error.strerror or error}"
        if error.errno in FULL:
            raise StoreError(where, hint=FULL_HINT) from error
        if error.errno in DENIED:
            raise StoreError(where, hint="set EDGEWRIGHT_STORE to a folder that you can write to") from error
        raise StoreError(where) from error
