"""What file locks guard: a key while its entry is computed, and folders that are being filled."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING

from edgewright import trees
from edgewright.errors import StoreError
from edgewright.store.disk import FULL, FULL_HINT, NEARLY_FULL_BYTES, writing
from edgewright.store.entry import FILES_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextlib.contextmanager
def held_key(
    root: Path,
    key: str,
    *,
    cancelled: Callable[[], bool],
    on_wait: Callable[[], None] | None,
    poll_seconds: float,
) -> Iterator[None]:
    """Hold ``key``, as :meth:`Store.lock` says."""
    import filelock

    path = root / "locks" / key[:2] / f"{key}.lock"
    with writing(root, "lock an entry"):
        path.parent.mkdir(parents=True, exist_ok=True)
        held = filelock.FileLock(path)
        waited = False
        while True:
            try:
                held.acquire(blocking=False)
                break
            except filelock.Timeout:
                pass
            if not waited and on_wait is not None:
                on_wait()
            waited = True
            if cancelled():
                raise StoreError(f"cancelled while another process computes {key[:12]}")
            time.sleep(poll_seconds)
    try:
        yield
    finally:
        held.release()


@contextlib.contextmanager
def staging_folder(root: Path) -> Iterator[Path]:
    """A folder to build outputs in, as :meth:`Store.staging` says."""
    import filelock

    name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{secrets.token_hex(4)}"
    work = root / "staging" / name
    lock_path = work.with_suffix(".lock")
    with writing(root, "make a staging folder"):
        work.parent.mkdir(parents=True, exist_ok=True)
        held = filelock.FileLock(lock_path)
        held.acquire()
        (work / FILES_FOLDER).mkdir(parents=True)
    try:
        yield work / FILES_FOLDER
    except OSError as error:
        # NumPy reports a short write without an errno, so the disk itself is asked too.
        if error.errno in FULL or shutil.disk_usage(work).free < NEARLY_FULL_BYTES:
            raise StoreError(f"can't write outputs in the store {root}: {error}", hint=FULL_HINT) from error
        raise
    finally:
        with contextlib.suppress(OSError):
            trees.remove_tree(work)
        lock_path.unlink(missing_ok=True)
        held.release()
