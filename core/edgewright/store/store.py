"""Look up, build and publish entries; safe between threads, processes and crashes."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright import trees
from edgewright.errors import StoreError
from edgewright.store import maintenance
from edgewright.store.describe import describe
from edgewright.store.digests import Digests, settle
from edgewright.store.disk import default_root, writing
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
from edgewright.store.locks import held_key, staging_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

KEY: Final = re.compile(r"[0-9a-f]{64}\Z")
#: An entry's folder is touched when it is used, at most this often, so that gc knows what is in use.
TOUCH_SECONDS: Final = 600.0


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

    def lock(
        self,
        key: str,
        *,
        cancelled: Callable[[], bool] = lambda: False,
        on_wait: Callable[[], None] | None = None,
        poll_seconds: float = 0.05,
    ) -> AbstractContextManager[None]:
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
        return held_key(self.root, key, cancelled=cancelled, on_wait=on_wait, poll_seconds=poll_seconds)

    def staging(self) -> AbstractContextManager[Path]:
        """An empty folder on the store's file system, to build outputs in; gone afterwards.

        A lock file beside it tells :func:`maintenance.collect` that its owner lives.
        """
        return staging_folder(self.root)

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
        with writing(self.root, "publish an entry"):
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
        with writing(self.root, "register a run folder"):
            maintenance.add_root(self, run_folder)

    def ls(self) -> Iterator[maintenance.Listed]:
        """Every entry with its size and age, unverified."""
        return maintenance.listing(self)

    def fsck(self) -> maintenance.Checked:
        """Hash every file of every entry, whatever is remembered; damaged entries go to quarantine."""
        return maintenance.check(self)

    def gc(self, *, unused_seconds: float = 3600.0, dry_run: bool = False) -> maintenance.Collected:
        """Remove what no run folder needs and nobody used for ``unused_seconds``, and leftovers of crashes."""
        with writing(self.root, "collect garbage"):
            return maintenance.collect(self, unused_seconds=unused_seconds, dry_run=dry_run)

    def close(self) -> None:
        if self._digests is not None:
            self._digests.close()

    def _touch(self, folder: Path) -> None:
        with contextlib.suppress(OSError):  # a read-only store
            if time.time() - folder.stat().st_mtime > TOUCH_SECONDS:
                os.utime(folder)


def _move_in(work: Path, target: Path) -> bool:
    """Rename; False when something lies there already."""
    try:
        work.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True
