"""Files without a name that processes hold open: bytes on a disk that no folder shows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PROC: Final = "/proc"


def nameless_bytes(folder: Path, cap: int) -> int:
    """Bytes of unlinked files below ``folder``, as far as we may look at who holds them; stops beyond ``cap``.

    A process in a namespace of its own has ``folder`` under another path: then it is known by what it has mounted.
    """
    try:
        device = os.stat(folder).st_dev  # noqa: PTH116
    except OSError:
        return 0
    place, total, seen = os.fspath(folder.resolve()), 0, set()
    on_disk = _on_disk(place)
    for name in os.listdir(_PROC) if os.path.isdir(_PROC) else ():  # noqa: PTH112, PTH208
        if not name.isdigit():
            continue
        unlinked = _unlinked(f"{_PROC}/{name}", device)
        sees = bool(unlinked) and _has_mounted(name, on_disk)
        for link, info in unlinked:
            if (sees or link.startswith(f"{place}/")) and info.st_ino not in seen:
                seen.add(info.st_ino)
                total += max(info.st_size, info.st_blocks * 512)
            if total > cap:
                return total
    return total


def _unlinked(process: str, device: int) -> list[tuple[str, os.stat_result]]:
    """Of a process: where its open files without a name were, and what they are."""
    found = []
    try:
        with os.scandir(f"{process}/fd") as entries:
            for entry in entries:
                try:
                    info = entry.stat()
                    if info.st_nlink == 0 and info.st_dev == device:
                        found.append((os.readlink(entry.path), info))  # noqa: PTH115
                except OSError:
                    continue
    except OSError:
        return []
    return found


def _has_mounted(process: str, place: str) -> bool:
    """Whether a process has a folder mounted, which is given by its path on its file system."""
    return any(root == place for root, _ in _mounts(process))


def _on_disk(place: str) -> str:
    """A path of ours as its file system has it."""
    above = [(root, at) for root, at in _mounts("self") if f"{place}/".startswith(f"{at.rstrip('/')}/")]
    root, at = max(above, key=lambda each: len(each[1]), default=("/", "/"))
    return f"{root.rstrip('/')}/{place[len(at) :].lstrip('/')}"


def _mounts(process: str) -> list[tuple[str, str]]:
    """What a process has mounted: paths on their file systems, and where."""
    try:
        with open(f"{_PROC}/{process}/mountinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return [(_plain(words[3]), _plain(words[4])) for words in map(str.split, file) if len(words) > 4]
    except OSError:
        return []


def _plain(path: str) -> str:
    """A path of ``mountinfo`` without its escapes."""
    return path.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
