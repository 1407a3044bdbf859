"""Digests of files, remembered by stat, as git's index does.

A digest counts as long as (device, inode, size, mtime_ns, ctime_ns) are what they were when the file was read. A
file that changed within the clock's tick in which it was read could keep its stat, so such a memory is not trusted
(git calls it racily clean). The memory is a cache: losing it costs time, never correctness.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

CHUNK: Final = 1 << 20
#: Kernels stamp files with a coarse clock (a tick is 1–10 ms); some file systems with whole seconds only.
TICK_NS: Final = 20_000_000
COARSE_TICK_NS: Final = 2_000_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS digests (inode TEXT PRIMARY KEY, stat TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (identity TEXT PRIMARY KEY, parts TEXT NOT NULL) WITHOUT ROWID;
"""


def hash_file(path: Path) -> tuple[str, os.stat_result]:
    """Return sha256 of the file's bytes and its stat; links are not followed.

    A link to the file that is made or removed meanwhile (another task borrows it) changes its ctime and nothing else:
    then the bytes are read once more, and two equal readings are an answer.

    Raises
    ------
    OSError
        When it can't be read, or changed while it was read.
    """
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        before = os.fstat(fd)
        digest = _hash_open(fd, before.st_size)
        after = os.fstat(fd)
        if _stat_key(before) == _stat_key(after):
            return digest, after
        if _written(before) == _written(after) and _hash_open(fd, before.st_size) == digest:
            again = os.fstat(fd)
            if _written(again) == _written(before):
                return digest, again
    finally:
        os.close(fd)
    raise OSError(f"{path} changed while it was read")


def _hash_open(fd: int, size: int) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(min(CHUNK, max(size, 1))))
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(os.dup(fd), "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def _written(info: os.stat_result) -> tuple[int, int]:
    return info.st_size, info.st_mtime_ns


def settle(info: os.stat_result) -> None:
    """Wait (at most 20 ms) until a change of the file after now would show in its stat."""
    wait = (info.st_ctime_ns + TICK_NS - time.time_ns()) / 1e9
    if 0 < wait <= TICK_NS / 1e9:
        time.sleep(wait)


class Digests:
    """The memory, one SQLite file that threads and processes share.

    ``path`` may lie on a read-only file system or be damaged: then it is read without writing, or begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = False
        self._local: dict[str, tuple[str, str]] = {}  # what could not be written down

    def digest_file(self, path: Path, *, remembered: bool = True) -> str:
        """Sha256 of a file in hex, from memory if its stat is unchanged (and ``remembered``)."""
        if remembered and (known := self.recall(os.lstat(path))) is not None:
            return known
        digest, info = hash_file(path)
        self.remember(info, digest)
        return digest

    def recall(self, info: os.stat_result) -> str | None:
        """The digest remembered for exactly this stat."""
        inode, stat = f"{info.st_dev}:{info.st_ino}", _stat_key(info)
        row = self._local.get(inode)
        if row is None:
            found = self._query("SELECT stat, sha256 FROM digests WHERE inode = ?", inode)
            row = (found[0], found[1]) if found else None
        return row[1] if row is not None and row[0] == stat else None

    def remember(self, info: os.stat_result, digest: str) -> None:
        """Keep a digest, unless the file is so young that a later change could hide in the same tick."""
        coarse = info.st_ctime_ns % 1_000_000_000 == 0
        if time.time_ns() - info.st_ctime_ns < (COARSE_TICK_NS if coarse else TICK_NS):
            return
        inode, stat = f"{info.st_dev}:{info.st_ino}", _stat_key(info)
        if not self._execute("INSERT OR REPLACE INTO digests VALUES (?, ?, ?)", inode, stat, digest):
            self._local[inode] = (stat, digest)

    def remember_parts(self, identity: str, parts: dict[str, Any]) -> None:
        """Keep what a task's key was made of, for ``--explain``."""
        self._execute(
            "INSERT OR REPLACE INTO parts VALUES (?, ?)", identity, json.dumps(parts, sort_keys=True)
        )

    def recall_parts(self, identity: str) -> dict[str, Any] | None:
        """What was last kept for ``identity``."""
        row = self._query("SELECT parts FROM parts WHERE identity = ?", identity)
        return dict(json.loads(row[0])) if row else None

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._opened = None, False

    def _query(self, sql: str, *values: str) -> tuple[Any, ...] | None:
        import sqlite3

        with self._lock:
            connection = self._open()
            if connection is None:
                return None
            try:
                row: tuple[Any, ...] | None = connection.execute(sql, values).fetchone()
            except sqlite3.OperationalError:  # locked for long, or a table that a read-only memory lacks
                return None
            except sqlite3.DatabaseError:
                self._start_anew()
                return None
            return row

    def _execute(self, sql: str, *values: str) -> bool:
        import sqlite3

        with self._lock:
            connection = self._open()
            if connection is None:
                return False
            try:
                connection.execute(sql, values)
            except sqlite3.OperationalError:  # full, read-only, or locked for long
                return False
            except sqlite3.DatabaseError:
                self._start_anew()
                return False
            return True

    def _open(self) -> sqlite3.Connection | None:
        if self._opened:
            return self._connection
        import sqlite3

        self._opened = True
        connection: sqlite3.Connection | None = None
        try:
            connection = self._connect()
        except sqlite3.OperationalError:
            # Full, read-only or locked. ``immutable`` is right only where nobody can be writing.
            if not os.access(self._path.parent, os.W_OK):
                with contextlib.suppress(sqlite3.Error):
                    connection = sqlite3.connect(
                        f"{self._path.absolute().as_uri()}?mode=ro&immutable=1",
                        uri=True,
                        check_same_thread=False,
                    )
        except sqlite3.DatabaseError:
            self._remove()
            with contextlib.suppress(sqlite3.Error):
                connection = self._connect()
        self._connection = connection
        if connection is not None:
            # Python 3.13 warns of connections that are collected open.
            weakref.finalize(self, connection.close)
        return connection

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            for attempt in range(40):  # the switch to WAL does not wait for a lock by itself
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or attempt == 39:
                        raise
                    time.sleep(0.05)
            connection.execute("PRAGMA synchronous = OFF")  # a cache; the outputs themselves are synced
            connection.executescript(_SCHEMA)
        except BaseException:
            connection.close()
            raise
        return connection

    def _start_anew(self) -> None:
        """Throw a damaged memory away; the next use begins an empty one."""
        if self._connection is not None:
            self._connection.close()
        self._remove()
        self._connection, self._opened = None, False

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(f"{self._path}{suffix}")  # noqa: PTH108


def _stat_key(info: os.stat_result) -> str:
    return f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}"
