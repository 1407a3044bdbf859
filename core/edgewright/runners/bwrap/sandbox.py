"""The sandbox of one task: its control groups, folders and command, from before the start until after the end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright.contracts.base import Seen
from edgewright.errors import TaskError
from edgewright.images.context import BLOCK_FOLDER
from edgewright.runners.bwrap import cgroups
from edgewright.runners.bwrap.profile import (
    MAX_OPEN_FILES,
    bounds,
    command,
    enforced_limits,
    sandbox_command,
    variables,
)
from edgewright.runners.bwrap.seccomp import filter_program
from edgewright.runners.bwrap.view import host_view, image_view
from edgewright.runners.controllers import CONTROLLERS
from edgewright.runners.ownership import User, hand_over, take_back, unprivileged_user
from edgewright.runners.process_task import Start
from edgewright.runners.supervised import Ended, Sandbox, signal_name
from edgewright.runners.supervisor import STAGE
from edgewright.runners.unenforced import allowed, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright.images.roots import Root
    from edgewright.runners.base import Job
    from edgewright.runners.bwrap.view import View
    from edgewright.runners.logs import LogFile
    from edgewright.runners.preloaded import Preloaded

SAYS: Final = b"bwrap: "
#: Where bubblewrap finds the filter and writes how the program ended: the first two that a command is given beside its three.
FILTER, STATUS = 3, 4
_ROOT: Final = Path("/")
_HOW_GROUPS: Final = (
    "no control group may be made here; as root, or: systemd-run --user --scope -p Delegate=yes edgewright …"
)


@dataclass(frozen=True)
class Opened:
    """A sandbox that may be started; it must have ended before this is closed.

    Attributes
    ----------
    start : Start
        What :class:`ProcessTask` or :class:`Supervised` takes.
    user : User
        Who the task is.
    unenforced : tuple of str
        Limits that nothing holds here.
    """

    start: Start
    user: User
    unenforced: tuple[str, ...]
    _groups: cgroups.TaskGroups | None
    _status: int

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of it for want of memory."""
        return self._groups is not None and self._groups.oom_kills() > 0

    def held_bytes(self) -> int | None:
        """How much memory it holds, None where no control group counts it."""
        return None if self._groups is None else self._groups.held_bytes()

    def enforced(self, job: Job) -> dict[str, Any]:
        """What holds for it, as its record states it."""
        return enforced_limits(job, self.user, self.unenforced)

    def inside(self, ended: Ended, log: LogFile) -> Ended:
        """How the program ended, by what bubblewrap wrote down; ``ended`` is how bubblewrap did."""
        code: int | None = None
        for line in os.pread(self._status, 1 << 16, 0).splitlines():
            with contextlib.suppress(ValueError):
                code = json.loads(line).get("exit-code", code)
        if code is None:
            said = [line for line in log.last(4096).encode().splitlines() if line.startswith(SAYS)]
            problem = said[-1].removeprefix(SAYS).decode("utf-8", "replace") if said else ""
            return replace(ended, problem=ended.problem or problem)
        name = signal_name(code - 128) if code > 128 else ""
        return replace(ended, exit_code=code, signal=name if name.startswith("SIG") else None)


@contextlib.contextmanager
def opened(job: Job, preloaded: Preloaded) -> Iterator[Opened]:
    """Make what the sandbox of a task needs; all of it is taken down at the end.

    Parameters
    ----------
    preloaded : Preloaded
        With no modules: what the supervisor is a fork of.

    Raises
    ------
    TaskError
        ``refused``: a limit can't be enforced here. ``infra``: the machine doesn't give what it takes.
    """
    user = unprivileged_user()
    with contextlib.ExitStack() as stack:
        try:
            groups = _groups(stack, job)
            unenforced = tuple(CONTROLLERS) if groups is None else groups.unenforced
            if unenforced and not allowed():
                raise TaskError(job.id, "refused", refusal("this user", unenforced, _HOW_GROUPS))
            stack.callback(take_back, job.out_dir, user)
            hand_over(job, user)
            filtering, status = (_memory_file(stack, name) for name in ("filter", "status"))
            os.write(filtering, filter_program())
            os.lseek(filtering, 0, os.SEEK_SET)
            joins = () if groups is None else groups.joins
            start = _start(job, user, joins, (filtering, status))
        except OSError as problem:
            raise TaskError(job.id, "infra", f"can't make a sandbox: {problem}") from problem
        yield Opened(replace(start, preloaded=preloaded), user, unenforced, groups, status)


def _groups(stack: contextlib.ExitStack, job: Job) -> cgroups.TaskGroups | None:
    places = cgroups.find_places()
    if places is None:
        return None
    groups = cgroups.TaskGroups(places, job.limits)
    stack.callback(groups.close)
    return groups


def _start(job: Job, user: User, joins: tuple[str, ...], keep: tuple[int, int]) -> Start:
    """The command of a sandbox and what its process is before it becomes bubblewrap."""
    block = job.prepared.block
    in_dir, out_dir = job.contract.places(job.request.get("operation", "describe"))
    root, view = _view(job, in_dir, out_dir)
    part = job.contract.launch(block, job.request, Seen(BLOCK_FOLDER, in_dir, out_dir, view.python, 0)).main
    bound = bounds(job, part, view)
    staged = not user.ours
    found = [
        (f"{STAGE}/{number}" if staged else os.fspath(each.source), each) for number, each in enumerate(bound)
    ]
    inside, folder = command(part, job, root)
    argv = sandbox_command(program(), job, user, view, found, inside, folder, (FILTER, STATUS))
    sandbox = Sandbox(
        joins=joins,
        max_open_files=MAX_OPEN_FILES,
        user=(user.uid, user.gid) if staged else (),
        sources=tuple(os.fspath(each.source) for each in bound) if staged else (),
        keep=keep,
        monitored=True,
    )
    return Start(argv, variables(job, part, view), _ROOT, sandbox=sandbox)


def _view(job: Job, in_dir: str, out_dir: str) -> tuple[Root | None, View]:
    block = job.prepared.block
    if job.prepared.image is None:
        assert block.folder is not None, "prepare() gives an image to a block without a folder"
        return None, host_view(block.folder.resolve())
    from edgewright.images.roots import find_root

    root = find_root(job.prepared.image)
    if root is None:
        raise FileNotFoundError(f"the unpacked image {job.prepared.image} is gone")
    places = [in_dir, out_dir, "/run/secrets", *(mount.target for mount in job.grants.mounts)]
    return root, image_view(root, places)


def _memory_file(stack: contextlib.ExitStack, name: str) -> int:
    descriptor = os.memfd_create(name)
    stack.callback(os.close, descriptor)
    return descriptor


@lru_cache(maxsize=1)
def program() -> str:
    """Where bubblewrap is.

    Raises
    ------
    FileNotFoundError
        It is not on the path.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise FileNotFoundError("there is no bwrap on the path: apt install bubblewrap")
    return found
