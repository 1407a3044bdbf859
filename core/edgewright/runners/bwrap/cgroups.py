"""Limits of memory, processes and CPU by the kernel's control groups, version 1 or 2, where we may make some."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from edgewright.runners.controllers import CONTROLLERS, held_of
from edgewright.runners.swap import has_swap

if TYPE_CHECKING:
    from edgewright.runners.base import Limits

PREFIX: Final = "edgewright-"
OWN_GROUPS: Final = Path("/proc/self/cgroup")
PERIOD_MICROSECONDS: Final = 100_000
#: For the kernel to let go of a group whose processes are dead.
REMOVE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Places:
    """Where groups may be made: a folder for each controller; of version 2 the same one for all."""

    version: int
    folders: dict[str, Path]


class TaskGroups:
    """The control groups of one task, from its start to its end.

    Parameters
    ----------
    places : Places
        By :func:`find_places`.
    limits : Limits
        ``memory_bytes`` (swap is none beside it), ``pids`` and ``cpus`` count.

    Attributes
    ----------
    joins : tuple of str
        Files; a process of one thread that writes ``0`` to each is in the groups.
    unenforced : tuple of str
        Of ``memory``, ``swap``, ``pids`` and ``cpus`` what nothing holds here.
    """

    def __init__(self, places: Places, limits: Limits) -> None:
        self._version = places.version
        name = f"{PREFIX}{os.getpid()}-{token_hex(4)}"  # no other's, be it of a dead process of this number
        self._made: list[Path] = []
        held: set[str] = set()
        try:
            for folder in dict.fromkeys(places.folders.values()):
                (folder / name).mkdir()
                self._made.append(folder / name)
            for limit, controller in CONTROLLERS.items():
                if controller in places.folders and self._set(
                    limit, places.folders[controller] / name, limits
                ):
                    held.add(limit)
        except BaseException:
            self.close()
            raise
        self.unenforced = tuple(limit for limit in CONTROLLERS if limit not in held)
        # A process of one thread joins by either file of version 1; for "tasks" the kernel needn't halt all forks.
        file = "tasks" if self._version == 1 else "cgroup.procs"
        self.joins = tuple(os.fspath(group / file) for group in self._made)
        self._memory = places.folders.get("memory", Path()) / name

    def oom_kills(self) -> int:
        """How many of the task's processes the kernel has ended for want of memory."""
        file = "memory.events" if self._version == 2 else "memory.oom_control"
        with contextlib.suppress(OSError):
            for line in (self._memory / file).read_text(encoding="ascii").splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def held_bytes(self) -> int | None:
        """Memory of the task's that can't be taken back, None where nothing counts it."""
        try:
            lines = (self._memory / "memory.stat").read_text(encoding="ascii").splitlines()
            return held_of({name: int(value) for name, value in map(str.split, lines)})
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Remove the groups; whoever was in them is dead."""
        deadline = time.monotonic() + REMOVE_SECONDS
        for group in self._made:
            while group.is_dir():
                try:
                    group.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.005)
        self._made.clear()

    def _set(self, limit: str, group: Path, limits: Limits) -> bool:
        quota = round(min(limits.cpus, os.cpu_count() or 1) * PERIOD_MICROSECONDS)
        wanted = {
            ("memory", 1): ("memory.limit_in_bytes", limits.memory_bytes),
            ("memory", 2): ("memory.max", limits.memory_bytes),
            ("swap", 1): ("memory.memsw.limit_in_bytes", limits.memory_bytes),
            ("swap", 2): ("memory.swap.max", 0),
            ("pids", 1): ("pids.max", limits.pids),
            ("pids", 2): ("pids.max", limits.pids),
            ("cpus", 1): ("cpu.cfs_quota_us", quota),
            ("cpus", 2): ("cpu.max", f"{quota} {PERIOD_MICROSECONDS}"),
        }
        name, value = wanted[limit, self._version]
        try:
            if (limit, self._version) == ("cpus", 1):
                (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
            (group / name).write_text(str(value))
        except OSError:
            return limit == "swap" and not has_swap()
        return True


def find_places() -> Places | None:
    """Where this process may make groups; None where it may not."""
    try:
        return _places(OWN_GROUPS.read_text(encoding="utf-8"))
    except OSError:
        return None


@lru_cache(maxsize=4)
def _places(told: str) -> Places | None:
    """Where a process of these groups may make others."""
    own = _own_groups(told)
    if set(CONTROLLERS.values()) & set(own):
        folders = {
            controller: own[controller] for controller in set(CONTROLLERS.values()) if controller in own
        }
        usable = {controller: folder for controller, folder in folders.items() if os.access(folder, os.W_OK)}
        return Places(1, usable) if usable else None
    if "" not in own:
        return None
    # Next to ours, where controllers are handed down; or below it, if it is the root, which may hold processes itself.
    for folder in (own[""].parent, own[""]):
        with contextlib.suppress(OSError):
            handed = set((folder / "cgroup.subtree_control").read_text(encoding="ascii").split())
            if handed & set(CONTROLLERS.values()) and os.access(folder / "cgroup.procs", os.W_OK):
                return Places(2, {name: folder for name in CONTROLLERS.values() if name in handed})
    return None


def sweep() -> int:
    """Remove the groups that runs left which are dead; return how many."""
    places = find_places()
    removed = 0
    for folder in set() if places is None else set(places.folders.values()):
        for group in folder.glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError, ValueError):
                owner = int(group.name[len(PREFIX) :].partition("-")[0])
                if not Path(f"/proc/{owner}").exists():
                    group.rmdir()
                    removed += 1
    return removed


def _own_groups(told: str) -> dict[str, Path]:
    """The folder of a process's group for each controller of version 1, and for ``""``, which is version 2."""
    mounted: dict[str, tuple[str, Path]] = {}
    found = {}
    try:
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            before, _, after = line.partition(" - ")
            root, place = before.split()[3:5]
            kind, _, options = after.split()[:3]
            if kind == "cgroup2":
                mounted[""] = (root, Path(place))
            elif kind == "cgroup":
                mounted |= dict.fromkeys(options.split(","), (root, Path(place)))
        for line in told.splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                if controller in mounted:
                    above, mount = mounted[controller]
                    below = path if above == "/" else path.removeprefix(above)
                    found[controller] = mount / below.lstrip("/")
    except (OSError, ValueError, IndexError):
        return {}
    return {controller: folder for controller, folder in found.items() if folder.is_dir()}
