"""The two folders through which an isolated warm block is asked: bound once, filled and emptied for each request.

What is small is not put there: it goes with the line that asks.

The block lives while its outputs are read. So nothing here goes by a path that it could redirect, and what is taken is
a copy that is checked after it was made.
"""

from __future__ import annotations

import os
import shutil
import stat
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from edgewright import trees
from edgewright.errors import StoreError
from edgewright.harvest import HarvestError, harvest, output_rules
from edgewright.harvest.scan import open_folder
from edgewright_specs.interface import CARRIED_BYTES, CARRIED_FILES, REQUEST_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.harvest import Harvested
    from edgewright.registry import Block
    from edgewright.runners.base import Limits
    from edgewright_specs.interface import Operation, OutputRule

#: Deeper than the harvest goes: what lies there goes with the block.
MAX_DEPTH: Final = 40


class Exchange:
    """``in`` and ``out`` below a folder of ours that nobody else may enter.

    Parameters
    ----------
    folder : Path
        Exists.
    block : Block
    limits : Limits
        ``out_bytes`` and ``out_files`` count.
    """

    def __init__(self, folder: Path, block: Block, limits: Limits) -> None:
        self.in_dir, self.out_dir = folder / "in", folder / "out"
        for path in (self.in_dir, self.out_dir):
            path.mkdir()
            path.chmod(0o755)
        self._block, self._limits = block, limits
        self._rules = lru_cache(maxsize=16)(self._rules_of)
        self._entered = False

    def enter(self, request_dir: Path) -> dict[str, bytes] | None:
        """Hand over what a request folder holds: return it, if that is little, else make ``in`` hold it.

        There by links where that can be: the block has it read-only.
        """
        carried = _small(os.fspath(request_dir))
        if carried is None:
            self._entered = True
            _mirror(os.fspath(request_dir), os.fspath(self.in_dir))
        elif self._entered:
            trees.empty_folder(self.in_dir)
            self._entered = False
        return carried

    def take(self, operation: Operation, staged: Path, carried: Mapping[str, bytes]) -> Harvested:
        """Copy what came with the block's answer, and what it left in ``out``, to an empty folder of ours.

        Raises
        ------
        HarvestError
            It isn't what the contract says; ``infra``: it can't be written.
        """
        section = self._block.spec.edgewright
        undeclared = section.undeclared_files if section is not None else "warn"
        try:
            return harvest(
                self.out_dir,
                staged,
                self._rules(operation),
                self._limits,
                undeclared=undeclared,
                carried=carried,
            )
        except OSError as problem:  # it vanished between two looks
            raise HarvestError(
                "bad_output", f"the outputs changed while they were read: {problem.strerror}"
            ) from None
        except StoreError as problem:  # its word for a file of ours; this one is none of the store's
            raise HarvestError("infra", f"{problem.message}; free some space there") from problem

    def clear(self) -> bool:
        """Empty ``out``; returns whether that could be done while the block lives."""
        try:
            if not os.listdir(self.out_dir):  # noqa: PTH208 - in every warm answer
                return True
            with open_folder(self.out_dir) as top:
                _empty(top, 0)
                return not os.listdir(top)  # noqa: PTH208
        except OSError:
            return False

    def _rules_of(self, operation: Operation) -> dict[str, OutputRule]:
        section = self._block.spec.edgewright
        return output_rules(operation, None if section is None else section.outputs)


def _small(folder: str) -> dict[str, bytes] | None:
    """The files of a request that has no others than arrays, if they are few and small."""
    carried: dict[str, bytes] = {}
    left = CARRIED_BYTES
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name != REQUEST_FILE and not entry.name.endswith(".npy"):
                return None
            left -= entry.stat(follow_symlinks=False).st_size
            if left < 0 or len(carried) == CARRIED_FILES or not entry.is_file(follow_symlinks=False):
                return None
            with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - in every warm answer
                carried[entry.name] = file.read()
    return carried


def _mirror(source: str, target: str) -> None:
    with os.scandir(target) as entries:
        there = {entry.name: entry for entry in entries}
    with os.scandir(source) as entries:
        for entry in entries:
            old = there.pop(entry.name, None)
            place = f"{target}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if old is None or not old.is_dir(follow_symlinks=False):
                    _remove(old)
                    os.mkdir(place)  # noqa: PTH102
                    os.chmod(place, 0o755)  # noqa: PTH101
                _mirror(entry.path, place)
            else:
                _share(entry, old, place)
    for old in there.values():
        _remove(old)


def _share(entry: os.DirEntry[str], old: os.DirEntry[str] | None, place: str) -> None:
    """A link to a file, or a copy where there can be none or others may not read it."""
    info = entry.stat(follow_symlinks=False)
    readable = stat.S_ISREG(info.st_mode) and info.st_mode & 0o004
    if old is not None and readable and old.inode() == info.st_ino:
        found = old.stat(follow_symlinks=False)
        if (found.st_dev, found.st_ino) == (info.st_dev, info.st_ino):
            return
    _remove(old)
    if readable:
        try:
            os.link(entry.path, place)
        except OSError:
            pass  # another disk
        else:
            return
    shutil.copyfile(entry.path, place)
    os.chmod(place, 0o644)  # noqa: PTH101


def _remove(old: os.DirEntry[str] | None) -> None:
    if old is None:
        return
    if old.is_dir(follow_symlinks=False):
        shutil.rmtree(old.path)
    else:
        os.unlink(old.path)  # noqa: PTH108


def _empty(folder: int, depth: int) -> None:
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
        elif depth < MAX_DEPTH:
            with open_folder(name, folder) as below:
                _empty(below, depth + 1)
            os.rmdir(name, dir_fd=folder)
