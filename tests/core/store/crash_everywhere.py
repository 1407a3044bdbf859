"""Publish an entry again and again, dying (or failing) at every call of the operating system in turn.

A program, started by ``test_crashes.py``: forking is safe only in a process without threads.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from edgewright.errors import StoreError
from edgewright.store import Store

KEY = "ab" * 32
CALLS = (
    "mkdir",
    "open",
    "rename",
    "fsync",
    "chmod",
    "unlink",
    "write",
    "rmdir",
    "replace",
    "utime",
    "scandir",
    "lstat",
)


class Counter:
    """Wraps the calls; the one whose number is ``fatal`` ends the process or fails."""

    def __init__(self, fatal: int, error: int | None) -> None:
        self.seen = 0
        self._fatal = fatal
        self._error = error

    def wrap(self, real: Any) -> Any:
        def call(*given: Any, **more: Any) -> Any:
            self.seen += 1
            if self.seen == self._fatal:
                if self._error is None:
                    os._exit(77)
                raise OSError(self._error, os.strerror(self._error))
            return real(*given, **more)

        return call


def publish(store: Store) -> None:
    with store.lock(KEY):
        if store.lookup(KEY) is not None:
            return
        with store.staging() as staged:
            (staged / "model").mkdir()
            (staged / "model" / "model.json").write_text("{}")
            (staged / "a.json").write_text("[1, 2, 3]")
            outputs = {
                "a": store.describe(staged, "a.json", "json"),
                "model": store.describe(staged, "model", "folder"),
            }
            store.publish(KEY, staged, outputs, parts={}, meta={})


def disturbed(root: Path, number: int, error: int | None) -> int:
    """Publish in a child that dies or fails at call ``number``; its exit code."""
    child = os.fork()
    if child == 0:
        counter = Counter(number, error)
        for name in CALLS:
            setattr(os, name, counter.wrap(getattr(os, name)))
        try:
            publish(Store(root))
        except (StoreError, OSError) as problem:
            os._exit(78 if isinstance(problem, StoreError) else 79)
        except BaseException:
            os._exit(80)
        os._exit(0 if counter.seen < number else 76)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: Path) -> None:
    codes: dict[str, int] = {}
    calls = 0
    for name, error in (("crash", None), ("full", errno.ENOSPC), ("broken", errno.EIO)):
        for number in range(1, 500):
            root = folder / f"{name}{number}"
            code = disturbed(root, number, error)
            if code == 0:  # there is no call of that number any more
                calls = max(calls, number)
                break
            codes[f"{name} {code}"] = codes.get(f"{name} {code}", 0) + 1
            store = Store(root)
            found = store.lookup(KEY)
            assert found is None or found.file("a").read_text() == "[1, 2, 3]"
            assert store.fsck().damaged == {}, (name, number)
            publish(store)
            entry = store.lookup(KEY)
            assert entry is not None, (name, number)
            assert (entry.file("model") / "model.json").read_text() == "{}"
            store.gc(unused_seconds=3600)
            assert [path.name for path in (root / "staging").iterdir()] == [], (name, number)
            store.close()
            shutil.rmtree(root)
    print(json.dumps({"codes": codes, "calls": calls}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
