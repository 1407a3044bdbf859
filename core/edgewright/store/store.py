"""Look up, build and publish entries; safe between threads, processes and crashes."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright import trees
from edgewright.errors import StoreError
from edgewright.store import maintenance
from edgewright.store.describe import describe
from edgewright.store.digests import Digests, settle
from edgewright.store.entry import (
    ENTRY_FILE,
    FILES_FOLDER,
    CorruptEntryError,
    Entry,
    Kind,
    StoredOutput,
    read_entry,
    write_entry,
)
from edgewright.store.links import Links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KEY: Final = re.compile(r"[0-9a-f]{64}\Z")
#: An entry's folder is touched when it is used, at most this often, so that gc knows what is in use.
TOUCH_SECONDS: Final = 600.0
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_HINT: Final = "free some space, run `edgewright store gc`, or set EDGEWRIGHT_STORE"
NEARLY_FULL_BYTES: Final = 64 << 10
DENIED: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR})


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


class Store:
    """A content-addressed folder of task outputs.

    ::

        with store.lock(key):                       # a second process with this key waits here
            entry = store.lookup(key)
            if entry is None:
                with store.staging() as staged:     # same file system as the store
                    ...                             # write the outputs below ``staged``
                    entry = store.publish(key, staged, outputs, parts={...}, meta={...})

    Nothing is written before it is needed, so a store on a read-only file system can be read.

    Parameters
    ----------
    root : Path, optional
        Default: :func:`default_root`.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or default_root()).absolute()
        self._digests: Digests | None = None

    # -- reading ---------------------------------------------------------------------------------------------

    def entry_folder(self, key: str) -> Path:
        """Where the entry of ``key`` lies or would lie."""
        if not KEY.match(key):
            raise ValueError(f"a store key is 64 hex digits, got {key!r}")
        return self.root / "entries" / key[:2] / key

    def lookup(self, key: str) -> Entry | None:
        """The verified entry of ``key``, or None.

        Files are verified by their remembered digests (a stat each) and hashed when their stat changed. A damaged
        entry is moved to quarantine and counts as absent.
        """
        folder = self.entry_folder(key)
        if not folder.is_dir():
            return None
        try:
            entry = self.verify(folder, key)
        except CorruptEntryError as error:
            self.quarantine(folder, key, str(error))
            return None
        except FileNotFoundError:  # removed by a gc meanwhile
            return None
        self._touch(folder)
        return entry

    def verify(self, folder: Path, key: str, *, remembered: bool = True) -> Entry:
        """Check every file of an entry against its digest.

        Raises
        ------
        CorruptEntryError
            Naming the first thing that differs.
        FileNotFoundError
            When the whole entry is gone.
        """
        if not folder.is_dir():
            raise FileNotFoundError(folder)
        entry = read_entry(folder, key)
        expected = entry.all_files()
        try:
            for name, info in trees.iter_files(entry.path):
                digest = expected.pop(name, None)
                if digest is None:
                    raise CorruptEntryError(f"{name} does not belong to the entry")
                if not info.is_file(follow_symlinks=False):
                    raise CorruptEntryError(f"{name} is not a regular file")
                if self.digests.digest_file(Path(info.path), remembered=remembered) != digest:
                    raise CorruptEntryError(f"{name} does not have the bytes that were published")
        except OSError as error:
            raise CorruptEntryError(f"can't be read: {error}") from error
        if expected:
            raise CorruptEntryError(f"{min(expected)} is missing")
        return entry

    # -- writing ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(
        self,
        key: str,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_wait: Callable[[], None] | None = None,
        poll_seconds: float = 0.05,
    ) -> Iterator[None]:
        """Hold ``key`` against all other threads and processes; the system frees it if we die.

        Parameters
        ----------
        cancelled
            Asked while waiting; when it answers True, the wait ends with StoreError.
        on_wait
            Called once when another holds the key, to tell the user.

        Raises
        ------
        StoreError
            When the lock file can't be made, or the wait was cancelled.
        """
        import filelock

        path = self.root / "locks" / key[:2] / f"{key}.lock"
        with self._writing("lock an entry"):
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
    def staging(self) -> Iterator[Path]:
        """An empty folder on the store's file system, to build outputs in; gone afterwards.

        A lock file beside it tells :func:`maintenance.collect` that its owner lives.
        """
        import filelock

        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{secrets.token_hex(4)}"
        work = self.root / "staging" / name
        lock_path = work.with_suffix(".lock")
        with self._writing("make a staging folder"):
            work.parent.mkdir(parents=True, exist_ok=True)
            held = filelock.FileLock(lock_path)
            held.acquire()
            (work / FILES_FOLDER).mkdir(parents=True)
        try:
            yield work / FILES_FOLDER
        except OSError as error:
            # NumPy reports a short write without an errno, so the disk itself is asked too.
            if error.errno in FULL or shutil.disk_usage(work).free < NEARLY_FULL_BYTES:
                raise StoreError(
                    f"can't write outputs in the store {self.root}: {error}", hint=FULL_HINT
                ) from error
            raise
        finally:
            with contextlib.suppress(OSError):
                trees.remove_tree(work)
            lock_path.unlink(missing_ok=True)
            held.release()

    @contextlib.contextmanager
    def links(self) -> Iterator[Links]:
        """Lend stored files to a task; open it outside the folder that they are linked into."""
        lent = Links(self.digests)
        try:
            yield lent
        finally:
            lent.settle()

    def describe(self, staged: Path, path: str, kind: Kind) -> StoredOutput:
        """Describe an output that *we* wrote (a host step), hashing its files.

        Raises
        ------
        StoreError
            When the path leaves the folder or is not what ``kind`` says.
        """
        return describe(staged, path, kind)

    def publish(
        self,
        key: str,
        staged: Path,
        outputs: Mapping[str, StoredOutput],
        *,
        parts: Mapping[str, Any],
        meta: Mapping[str, Any],
    ) -> Entry:
        """Make the staged outputs the entry of ``key``, in one step: all of it or nothing.

        Parameters
        ----------
        staged
            The folder given by :meth:`staging`. Files that no output names are removed.
        outputs
            From harvest or :meth:`describe`.
        parts
            What the key was made of (for ``--explain``).
        meta
            Anything worth keeping about how it was made: block, operation, seconds, runner, metrics.

        Returns
        -------
        Entry
            The published entry; if another process was first, its entry.

        Raises
        ------
        StoreError
            Full or read-only disk; the store is as before.
        """
        work, target = staged.parent, self.entry_folder(key)
        if work.parent != self.root / "staging" or staged.name != FILES_FOLDER:
            raise ValueError(f"publish takes a folder made by staging(), got {staged}")
        entry = Entry(key, staged, dict(outputs), dict(parts), dict(meta))
        expected = entry.all_files()
        with self._writing("publish an entry"):
            present = dict(trees.iter_files(staged))
            if missing := sorted(set(expected) - set(present)):
                raise StoreError(f"the output {missing[0]} was not written to {staged}")
            for name, info in present.items():
                if name not in expected:
                    os.unlink(info.path)  # noqa: PTH108
                elif info.stat(follow_symlinks=False).st_mode & 0o777 != 0o444:
                    os.chmod(info.path, 0o444)  # noqa: PTH101
            write_entry(entry, work / ENTRY_FILE)
            (work / ENTRY_FILE).chmod(0o444)
            trees.sync_tree(work)
            target.parent.mkdir(parents=True, exist_ok=True)
            if expected:
                settle(os.lstat(staged / next(iter(expected))))
            for name, digest in expected.items():
                self.digests.remember(os.lstat(staged / name), digest)
            if not _move_in(work, target):
                existing = self.lookup(key)
                if existing is not None:
                    return existing
                if not _move_in(work, target):
                    raise StoreError(f"{target} is in the way and can't be moved to quarantine")
            trees.sync_file(target.parent)
        return Entry(key, target / FILES_FOLDER, entry.outputs, entry.parts, entry.meta)

    def quarantine(self, folder: Path, key: str, why: str) -> None:
        """Move a damaged entry out of the way; where that is not possible, it is left and stays a miss."""
        place = self.root / "quarantine" / f"{key}-{time.time_ns()}"
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(place)
            with contextlib.suppress(CorruptEntryError):
                # Another process may have replaced the damaged entry between our look and our move.
                self.verify(place, key, remembered=False)
                place.rename(folder)
                return
            (place / "why.txt").write_text(f"{why}\n", encoding="utf-8")

    # -- digests and explanations ----------------------------------------------------------------------------

    @property
    def digests(self) -> Digests:
        if self._digests is None:
            with contextlib.suppress(OSError):
                self.root.mkdir(parents=True, exist_ok=True)
            self._digests = Digests(self.root / "memory.sqlite3")
        return self._digests

    def digest_file(self, path: Path) -> str:
        """Sha256 of any file in hex, remembered by its stat.

        Raises
        ------
        StoreError
            When the file can't be read or changes meanwhile.
        """
        try:
            return self.digests.digest_file(path)
        except OSError as error:
            raise StoreError(f"can't read {path}: {error.strerror or error}") from error

    def remember(self, identity: str, parts: Mapping[str, Any]) -> None:
        """Keep what the key of task ``identity`` was made of, for ``--explain``."""
        self.digests.remember_parts(identity, dict(parts))

    def recall(self, identity: str) -> dict[str, Any] | None:
        """What :meth:`remember` last kept for ``identity``."""
        return self.digests.recall_parts(identity)

    # -- upkeep ----------------------------------------------------------------------------------------------

    def add_root(self, run_folder: Path) -> None:
        """Protect from gc what a run made: entries that its record names or its links point to, while the folder is there."""
        with self._writing("register a run folder"):
            maintenance.add_root(self, run_folder)

    def ls(self) -> Iterator[maintenance.Listed]:
        """Every entry with its size and age, unverified."""
        return maintenance.listing(self)

    def fsck(self) -> maintenance.Checked:
        """Hash every file of every entry, whatever is remembered; damaged entries go to quarantine."""
        return maintenance.check(self)

    def gc(self, *, unused_seconds: float = 3600.0, dry_run: bool = False) -> maintenance.Collected:
        """Remove what no run folder needs and nobody used for ``unused_seconds``, and leftovers of crashes."""
        with self._writing("collect garbage"):
            return maintenance.collect(self, unused_seconds=unused_seconds, dry_run=dry_run)

    def close(self) -> None:
        if self._digests is not None:
            self._digests.close()

    def _touch(self, folder: Path) -> None:
        with contextlib.suppress(OSError):  # a read-only store
            if time.time() - folder.stat().st_mtime > TOUCH_SECONDS:
                os.utime(folder)

    @contextlib.contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f"can't {what} in the store {self.root}: {error.strerror or error}"
            if error.errno in FULL:
                raise StoreError(where, hint=FULL_HINT) from error
            if error.errno in DENIED:
                raise StoreError(
                    where, hint="set EDGEWRIGHT_STORE to a folder that you can write to"
                ) from error
            raise StoreError(where) from error


def _move_in(work: Path, target: Path) -> bool:
    """Rename; False when something lies there already."""
    try:
        work.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True
