"""Lists ``/out`` by folder descriptors, following no link, and opens what was listed in the same way.

Nothing is opened by a path that the block could redirect: each step opens one name below an open folder with
``O_NOFOLLOW``, and what is opened must be the inode that was listed.
"""

from __future__ import annotations

import contextlib
import os
import stat
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from edgewright.harvest.errors import HarvestError, bad
from edgewright.terminal import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from edgewright.runners.base import Limits

MAX_DEPTH: Final = 32
MAX_NAME_BYTES: Final = 255
MAX_PATH_BYTES: Final = 2048
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789")]
)
_KINDS: Final = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
}


@dataclass(frozen=True)
class Found:
    """One regular file: its path with ``/``, size and identity when it was listed."""

    path: str
    size: int
    inode: tuple[int, int]


@dataclass(frozen=True)
class Inventory:
    """Everything below a folder: files by path, and the folders."""

    files: dict[str, Found]
    folders: frozenset[str]
    carried: Mapping[str, bytes] = field(default_factory=dict)  # of those files, what is not in the folder


@contextlib.contextmanager
def open_folder(name: str | Path, parent: int | None = None) -> Iterator[int]:
    """Descriptor of a folder that is no link."""
    fd = os.open(name, _FOLDER, dir_fd=parent)
    try:
        yield fd
    finally:
        os.close(fd)


def scan(root: int, limits: Limits) -> Inventory:
    """List everything below the open folder ``root``.

    Raises
    ------
    HarvestError
        ``bad_output``: links, FIFOs, sockets, devices, hard links, setuid bits, names that are not portable, names
        that differ only in case; ``limit``: too many files or bytes, counted by apparent size.
    """
    files: dict[str, Found] = {}
    folders: set[str] = set()
    device = os.fstat(root).st_dev
    count = total = 0

    def visit(fd: int, prefix: str, depth: int) -> None:
        nonlocal count, total
        if depth > MAX_DEPTH:
            raise bad(f"folders are nested deeper than {MAX_DEPTH}: {_shown(prefix)}")
        seen: dict[str, str] = {}
        inside: list[str] = []
        with os.scandir(fd) as entries:
            for entry in entries:
                count += 1
                _check_amount(count, total, limits)
                name = check_name(entry.name, prefix)
                path = f"{prefix}{name}"
                folded = _folded(name)
                if folded in seen:
                    raise bad(
                        f"{_shown(path)} and {_shown(prefix + seen[folded])} differ only in case or spelling"
                    )
                seen[folded] = name
                info = os.stat(name, dir_fd=fd, follow_symlinks=False)
                if stat.S_ISDIR(info.st_mode):
                    if info.st_dev != device:
                        raise bad(f"{_shown(path)} lies on another file system")
                    folders.add(path)
                    inside.append(name)
                    continue
                check_file(path, info)
                total += info.st_size
                _check_amount(count, total, limits)
                files[path] = Found(path, info.st_size, (info.st_dev, info.st_ino))
        for name in inside:
            try:
                with open_folder(name, fd) as below:
                    visit(below, f"{prefix}{name}/", depth + 1)
            except OSError as error:
                raise bad(f"the folder {_shown(prefix + name)} can't be opened: {error.strerror}") from None

    visit(root, "", 0)
    return Inventory(files, frozenset(folders))


def with_carried(inventory: Inventory, carried: Mapping[str, bytes] | None, limits: Limits) -> Inventory:
    """The same with the files that came with a warm block's answer; raises as :func:`scan`."""
    if not carried:
        return inventory
    taken = {_folded(path) for path in (*inventory.files, *inventory.folders)}
    for name in carried:
        if not name or "/" in name or _folded(check_name(name, "")) in taken:
            raise bad(f"{_shown(name)} is no name of its own for a file")
        taken.add(_folded(name))
    files = inventory.files | {name: Found(name, len(content), (0, 0)) for name, content in carried.items()}
    _check_amount(len(files) + len(inventory.folders), sum(found.size for found in files.values()), limits)
    return Inventory(files, inventory.folders, carried)


@lru_cache(maxsize=1024)  # the answers of a warm block have the same few
def check_name(name: str, prefix: str) -> str:
    """Return a file name that is safe on every file system, else raise."""
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise bad(f"the name {_shown(prefix + name)} is not UTF-8") from None
    shown = _shown(prefix + name)
    if size > MAX_NAME_BYTES or len(prefix) + size > MAX_PATH_BYTES:
        raise bad(
            f"the name {shown} is longer than {MAX_NAME_BYTES} bytes, or its path than {MAX_PATH_BYTES}"
        )
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for character in name):
        raise bad(f"the name {shown} holds a control character")
    if any(character in '<>:"|?*\\' for character in name):
        raise bad(f'the name {shown} holds one of <>:"|?*\\, which not every file system allows')
    if name.startswith(("-", " ")) or name.endswith((".", " ")):
        raise bad(f"the name {shown} starts with '-' or a space, or ends with a dot or a space")
    if name.split(".", 1)[0].casefold() in _RESERVED:
        raise bad(f"the name {shown} is reserved on Windows")
    return name


def check_file(path: str, info: os.stat_result) -> None:
    """Raise unless ``info`` is of a regular file of its own without special bits."""
    if not stat.S_ISREG(info.st_mode):
        kind = _KINDS.get(stat.S_IFMT(info.st_mode), "no regular file")
        raise bad(f"{_shown(path)} is {kind}, only regular files are taken")
    if info.st_nlink != 1:
        raise bad(f"{_shown(path)} has {info.st_nlink} hard links, only files of their own are taken")
    if info.st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise bad(f"{_shown(path)} has the setuid or setgid bit")


def open_found(root: int, found: Found) -> int:
    """Descriptor of a listed file, reached folder by folder without following a link; the caller closes it.

    Raises
    ------
    HarvestError
        When it is no longer the file that was listed.
    """
    *folders, name = found.path.split("/")
    parent, passed = root, []
    try:
        for folder in folders:
            parent = os.open(folder, _FOLDER, dir_fd=parent)
            passed.append(parent)
        # O_NONBLOCK: had the file become a FIFO meanwhile, the open must not wait for a writer.
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    except OSError as error:
        raise bad(f"{_shown(found.path)} can't be opened: {error.strerror}") from None
    finally:
        for folder_fd in passed:
            os.close(folder_fd)
    try:
        info = os.fstat(fd)
        check_file(found.path, info)
        if (info.st_dev, info.st_ino) != found.inode or info.st_size != found.size:
            raise bad(f"{_shown(found.path)} changed while it was harvested")
    except BaseException:
        os.close(fd)
        raise
    return fd


def _check_amount(count: int, total: int, limits: Limits) -> None:
    if count > limits.out_files:
        raise HarvestError("limit", f"more than {limits.out_files} files in the output folder")
    if total > limits.out_bytes:
        raise HarvestError("limit", f"the outputs are larger than {limits.out_bytes} bytes")


def _folded(name: str) -> str:
    """What is equal of names that some file system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def _shown(path: str) -> str:
    return f"'{printable_line(path, 120)}'"
