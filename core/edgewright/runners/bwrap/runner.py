"""``bwrap``: every task in a sandbox of its own by bubblewrap: namespaces, seccomp and control groups, no daemon."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright.contracts.base import Seen
from edgewright.errors import RunnerUnavailableError
from edgewright.images.context import BLOCK_FOLDER
from edgewright.runners.base import Outcome, Prepared
from edgewright.runners.bwrap import cgroups
from edgewright.runners.bwrap.profile import (
    MAX_OPEN_FILES,
    NAMESPACES,
    bounds,
    command,
    enforced_limits,
    sandbox_command,
    variables,
)
from edgewright.runners.bwrap.seccomp import filter_program
from edgewright.runners.bwrap.view import host_view, image_view
from edgewright.runners.logs import LogFile
from edgewright.runners.ownership import User, open_task_folders, take_back, unprivileged_user
from edgewright.runners.process_task import ProcessTask, Start
from edgewright.runners.supervised import Ended, Sandbox, signal_name
from edgewright.runners.supervisor import STAGE
from edgewright.runners.unenforced import allowed, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from edgewright.images.roots import Root
    from edgewright.registry import Block
    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.bwrap.view import View
    from edgewright_specs.interface import Reason

CONTAINER_HINT: Final = "use --runner docker"
TRIAL_SECONDS: Final = 20
SAYS: Final = b"bwrap: "
_ROOT: Final = Path("/")


class BwrapRunner:
    """Runs tasks in sandboxes: built-in blocks over this machine's ``/usr`` and Python, others over their unpacked image."""

    name = "bwrap"

    def available(self) -> str | None:
        """Return None where bubblewrap can make a sandbox as strict as ours, else why not."""
        return _why_not()

    def ready(self) -> bool:
        """Nothing is built for built-in blocks."""
        return True

    def prepare(self, block: Block, on_message: OnMessage) -> Prepared:
        """Find what the block runs over.

        Raises
        ------
        RunnerUnavailableError
            Its image is neither unpacked here nor can an engine build it.
        ImageError
            The image can't be built or unpacked.
        """
        if block.builtin and block.folder is not None and not block.spec.legacy:
            from edgewright.registry.environment import process_environment

            return Prepared(
                block,
                self.name,
                process_environment(block),
                detail={"python": sys.executable, "root": "host"},
            )
        from edgewright.images.roots import root_of

        root = root_of(block, lambda line: on_message({"type": "log", "text": line}))
        return Prepared(
            block, self.name, root.environment, image=root.id, detail={"image": root.id, "root": "image"}
        )

    def run(self, job: Job, cancel: Event, on_message: OnMessage) -> Outcome:
        """Run one task to its end. What the block does wrong is in the outcome, never raised."""
        started = time.monotonic()
        user = unprivileged_user()
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(LogFile(job.log_path, job.limits.log_bytes))
            if (refused := _refusal(job)) is not None:
                return Outcome("refused", refused)
            places = cgroups.find_places()
            groups = None if places is None else cgroups.TaskGroups(places, job.limits)
            unenforced = tuple(cgroups.CONTROLLERS) if groups is None else groups.unenforced
            if groups is not None:
                stack.callback(groups.close)
            if unenforced and not allowed():
                return Outcome("refused", refusal("this user", unenforced, _HOW_GROUPS))
            open_task_folders(job.in_dir, job.out_dir, user)
            stack.callback(take_back, job.out_dir, user)
            if job.secrets is not None and not user.ours:
                job.secrets.give_to(user.uid, user.gid)
            try:
                main, status = stack.enter_context(
                    _started(job, user, () if groups is None else groups.joins)
                )
                running = ProcessTask(
                    job, main, None, cancel, on_message, log, inside=lambda ended: _inside(ended, status, log)
                )
            except OSError as error:
                return Outcome("infra", f"can't start a sandbox: {error}")
            stack.callback(running.close)
            reason, message, ended = running.watch()
            if groups is not None and groups.oom_kills() and reason not in _OURS:
                reason, message = "oom", "the kernel ended it, or a process of it, for want of memory"
        return Outcome(
            reason,
            message,
            exit_code=None if ended is None else ended.exit_code,
            signal=None if ended is None else ended.signal,
            seconds=time.monotonic() - started,
            log_truncated_bytes=log.truncated_bytes,
            enforced=enforced_limits(job, user, unenforced),
        )

    def sweep(self) -> int:
        """Remove the control groups of dead runs; their processes ended with them."""
        return cgroups.sweep()

    def close(self) -> None:
        """Nothing is held."""


_OURS: Final[tuple[Reason, ...]] = ("timeout", "cancelled", "limit")
_HOW_GROUPS: Final = (
    "no control group may be made here; as root, or: systemd-run --user --scope -p Delegate=yes edgewright …"
)


@contextlib.contextmanager
def _started(job: Job, user: User, joins: tuple[str, ...]) -> Iterator[tuple[Start, int]]:
    """What is started for a task, and the descriptor of the file in which bubblewrap tells of the end."""
    block = job.prepared.block
    in_dir, out_dir = job.contract.places(job.request.get("operation", "describe"))
    root, view = _view(job, in_dir, out_dir)
    part = job.contract.launch(block, job.request, Seen(BLOCK_FOLDER, in_dir, out_dir, view.python, 0)).main
    with contextlib.ExitStack() as stack:
        filtering, status = (_memory_file(stack, name) for name in ("filter", "status"))
        os.write(filtering, filter_program())
        os.lseek(filtering, 0, os.SEEK_SET)
        bound = bounds(job, part, view)
        staged = not user.ours
        found = [
            (f"{STAGE}/{number}" if staged else os.fspath(each.source), each)
            for number, each in enumerate(bound)
        ]
        inside, folder = command(part, job, root)
        argv = sandbox_command(_program(), job, user, view, found, inside, folder, (filtering, status))
        sandbox = Sandbox(
            joins=joins,
            max_open_files=MAX_OPEN_FILES,
            user=(user.uid, user.gid) if staged else (),
            sources=tuple(os.fspath(each.source) for each in bound) if staged else (),
            keep=(filtering, status),
            monitored=True,
        )
        yield Start(argv, variables(job, part, view), _ROOT, sandbox=sandbox), status


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


def _refusal(job: Job) -> str | None:
    """Why this runner doesn't run a task; None where it does."""
    if job.contract.has_service(job.prepared.block, job.request.get("operation", "describe")):
        return f"its block is a server beside a driver, which needs two containers: {CONTAINER_HINT}"
    for granted, what in (
        (job.grants.network, "the network"),
        (job.grants.writable_root, "a writable root"),
        (job.grants.gpus, "a GPU"),
    ):
        if granted:
            return f"it is granted {what}, which this runner can't give: {CONTAINER_HINT}"
    return None


def _inside(ended: Ended, status: int, log: LogFile) -> Ended:
    """How the program ended, by what bubblewrap wrote down."""
    code: int | None = None
    text = os.pread(status, 1 << 16, 0)
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            code = json.loads(line).get("exit-code", code)
    if code is None:
        said = [line for line in log.last(4096).encode().splitlines() if line.startswith(SAYS)]
        problem = said[-1].removeprefix(SAYS).decode("utf-8", "replace") if said else ""
        return replace(ended, problem=ended.problem or problem)
    name = signal_name(code - 128) if code > 128 else ""
    if name.startswith("SIG"):
        return replace(ended, exit_code=code, signal=name)
    return replace(ended, exit_code=code, signal=None)


def _memory_file(stack: contextlib.ExitStack, name: str) -> int:
    descriptor = os.memfd_create(name)
    stack.callback(os.close, descriptor)
    return descriptor


def _program() -> str:
    found = shutil.which("bwrap")
    if found is None:
        raise RunnerUnavailableError("there is no bwrap on the path", hint="apt install bubblewrap")
    return found


@lru_cache(maxsize=1)
def _why_not() -> str | None:
    if sys.platform != "linux":
        return "it needs Linux"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (apt install bubblewrap)"
    try:
        filter_program()
    except OSError as problem:
        return str(problem)
    user = unprivileged_user()
    become = {} if user.ours else {"user": user.uid, "group": user.gid, "extra_groups": []}
    words = [_program(), *NAMESPACES, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    try:
        tried = subprocess.run(
            words,
            capture_output=True,
            timeout=TRIAL_SECONDS,
            check=False,
            cwd="/",
            **become,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"bubblewrap can't be tried: {problem}"
    if tried.returncode:
        said = tried.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it fails"]
        return f"bubblewrap can't make a sandbox here: {said[0]}"
    return None
