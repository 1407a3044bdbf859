"""Who may read ``/in`` and write ``/out``, and giving the outputs back to the caller.

Modes and owners change only on what belongs to the task: a file of ``/in`` that is a link into the store is left as
it is (the store's files are readable by all).
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.runners.base import Job

#: Who a task is when a root user starts it: nobody's files belong to it.
UNPRIVILEGED = 65532

#: The harvest refuses what lies deeper, so nobody needs it back; and each level costs us a descriptor.
MAX_DEPTH = 64


@dataclass(frozen=True)
class User:
    """Who the block is where it runs, and who owns what it writes, outside."""

    inside: str  # "uid:gid"
    uid: int
    gid: int

    @property
    def ours(self) -> bool:
        """Whether what the block writes belongs to the caller as it is."""
        return self.uid == os.geteuid()


def unprivileged_user() -> User:
    """Who an isolated task is: the caller, or nobody where the caller is root."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        return User(f"{UNPRIVILEGED}:{UNPRIVILEGED}", UNPRIVILEGED, UNPRIVILEGED)
    return User(f"{uid}:{gid}", uid, gid)


def hand_over(job: Job, user: User) -> None:
    """Let the task's user read everything in ``/in`` and its secrets, and write ``/out``."""
    if user.ours:
        return
    job.out_dir.chmod(0o700)
    os.chown(job.out_dir, user.uid, user.gid)
    for root, _, names in os.walk(job.in_dir):
        _allow(root, 0o005)
        for name in names:
            _allow(os.path.join(root, name), 0o004)  # noqa: PTH118
    if job.secrets is not None:
        job.secrets.give_to(user.uid, user.gid)


def take_back(out_dir: Path, user: User) -> None:
    """Make the caller own, and able to read and remove, all that the block left. Only once the block is dead.

    Follows no link: the block chose every name and every kind of file in there.
    """
    if not user.ours:
        os.chown(out_dir, os.geteuid(), os.getegid())
    with suppress(FileNotFoundError):
        _take_folder(os.open(out_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW), user, 0)


def _take_folder(descriptor: int, user: User, depth: int) -> None:
    try:
        os.fchmod(descriptor, 0o700)
        with os.scandir(descriptor) as entries:
            names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_folder in names:
            if not user.ours:
                os.chown(name, os.geteuid(), os.getegid(), dir_fd=descriptor, follow_symlinks=False)
            if is_folder:
                os.chmod(name, 0o700, dir_fd=descriptor)
                if depth < MAX_DEPTH:
                    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                    _take_folder(os.open(name, flags, dir_fd=descriptor), user, depth + 1)
            else:
                _make_readable(name, descriptor)
    finally:
        os.close(descriptor)


def _make_readable(name: str, descriptor: int) -> None:
    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and not status.st_mode & 0o400:
        os.chmod(name, 0o600, dir_fd=descriptor)


def _allow(path: str, bits: int) -> None:
    status = os.lstat(path)
    missing = bits & ~status.st_mode
    if (
        missing
        and not stat.S_ISLNK(status.st_mode)
        and (stat.S_ISDIR(status.st_mode) or status.st_nlink == 1)
    ):
        os.chmod(path, stat.S_IMODE(status.st_mode) | bits)  # noqa: PTH101
