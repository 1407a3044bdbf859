"""Upkeep of a store: list, check, collect garbage."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright import trees
from edgewright.store.entry import CorruptEntryError, read_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright.store.store import Store


@dataclass(frozen=True)
class Listed:
    """One line of ``edgewright store ls``. ``used`` is in seconds since the epoch."""

    key: str
    bytes: int
    used: float
    outputs: tuple[str, ...]
    meta: dict[str, Any]
    damaged: str | None = None


@dataclass(frozen=True)
class Checked:
    """What fsck found: how many entries are sound, and why the others went to quarantine."""

    sound: int
    damaged: dict[str, str]  # key -> what differs


@dataclass(frozen=True)
class Collected:
    """What gc removed (or would remove)."""

    removed: tuple[str, ...]
    kept: int
    freed_bytes: int


def entries(store: Store) -> Iterator[tuple[str, Path]]:
    """Yield ``(key, folder)`` of everything that looks like an entry."""
    top = store.root / "entries"
    for shelf in sorted(_folders(top)):
        for folder in sorted(_folders(shelf)):
            yield folder.name, folder


def listing(store: Store) -> Iterator[Listed]:
    for key, folder in entries(store):
        try:
            size, _ = trees.measure(folder)
            used = folder.stat().st_mtime
        except OSError:
            continue  # removed meanwhile
        try:
            entry = read_entry(folder, key)
        except CorruptEntryError as error:
            yield Listed(key, size, used, (), {}, str(error))
            continue
        yield Listed(key, size, used, tuple(entry.outputs), dict(entry.meta))


def check(store: Store) -> Checked:
    sound, damaged = 0, {}
    for key, folder in entries(store):
        try:
            store.verify(folder, key, remembered=False)
            sound += 1
        except FileNotFoundError:
            continue
        except CorruptEntryError as error:
            damaged[key] = str(error)
            store.quarantine(folder, key, str(error))
    return Checked(sound, damaged)


def add_root(store: Store, run_folder: Path) -> None:
    target = run_folder.absolute()
    roots = store.root / "roots"
    roots.mkdir(parents=True, exist_ok=True)
    link = roots / hashlib.sha256(os.fsencode(target)).hexdigest()[:32]
    if not link.is_symlink():
        with contextlib.suppress(FileExistsError):
            link.symlink_to(target, target_is_directory=True)


def linked_keys(store: Store, run_folder: Path) -> Iterator[str]:
    """Keys of the entries that links anywhere below ``run_folder`` point into."""
    top = (store.root / "entries").resolve()
    for parent, folders, files in os.walk(run_folder):
        for name in (*folders, *files):
            path = Path(parent) / name
            if path.is_symlink():
                target = path.resolve()
                if target.is_relative_to(top):
                    yield target.relative_to(top).parts[1]


def recorded_keys(run_folder: Path) -> Iterator[str]:
    """Keys that the record of a run names: also what is linked nowhere, such as the models of folds."""
    try:
        record = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))
        for task in record["tasks"]:
            yield str(task["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return  # not finished, or not a run any more


def collect(store: Store, *, unused_seconds: float, dry_run: bool) -> Collected:
    wanted: set[str] = set()
    for link in sorted(_children(store.root / "roots")):
        if link.exists():
            wanted.update(linked_keys(store, link.resolve()), recorded_keys(link.resolve()))
        elif not dry_run:
            link.unlink(missing_ok=True)
    removed, kept, freed = [], 0, 0
    deadline = time.time() - unused_seconds
    for key, folder in entries(store):
        try:
            if key in wanted or folder.stat().st_mtime > deadline:
                kept += 1
                continue
        except FileNotFoundError:
            continue
        size, _ = trees.measure(folder)
        freed += size
        removed.append(key)
        if not dry_run:
            # Renamed first, so that nobody ever sees half an entry.
            with store.staging() as staged:
                folder.rename(staged / key)
    freed += _sweep(store, deadline, dry_run=dry_run)
    return Collected(tuple(removed), kept, freed)


def _sweep(store: Store, deadline: float, *, dry_run: bool) -> int:
    """Remove quarantine, staging folders whose owner is dead, and lock files that nobody holds."""
    import filelock

    freed = 0
    for folder in _children(store.root / "quarantine"):
        freed += trees.measure(folder)[0]
        if not dry_run:
            trees.remove_tree(folder)
    staging = store.root / "staging"
    for name in sorted({path.stem for path in _children(staging)}):
        work, lock_path = staging / name, staging / f"{name}.lock"
        held = filelock.FileLock(lock_path)
        try:
            held.acquire(blocking=False)
        except filelock.Timeout:
            continue
        freed += trees.measure(work)[0]
        if not dry_run:
            trees.remove_tree(work)
        lock_path.unlink(missing_ok=True)
        held.release()
    if dry_run:
        return freed
    for shelf in _folders(store.root / "locks"):
        for path in _children(shelf):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime > deadline:
                    continue
            held = filelock.FileLock(path)
            with contextlib.suppress(filelock.Timeout):
                held.acquire(blocking=False)
                path.unlink(missing_ok=True)
                held.release()
    return freed


def _children(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder)]
    except FileNotFoundError:
        return []


def _folders(folder: Path) -> list[Path]:
    return [path for path in _children(folder) if path.is_dir() and not path.is_symlink()]
