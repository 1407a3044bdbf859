"""``bwrap``: every task in a sandbox of its own by bubblewrap: namespaces, seccomp and control groups, no daemon."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from edgewright.errors import TaskError
from edgewright.runners.base import Outcome, Prepared
from edgewright.runners.bwrap import cgroups
from edgewright.runners.bwrap.profile import NAMESPACES
from edgewright.runners.bwrap.sandbox import opened, program
from edgewright.runners.bwrap.seccomp import filter_program
from edgewright.runners.logs import LogFile
from edgewright.runners.ownership import unprivileged_user
from edgewright.runners.preloaded import Preloaded
from edgewright.runners.process_task import ProcessTask

if TYPE_CHECKING:
    from threading import Event

    from edgewright.registry import Block
    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.warm import Channel
    from edgewright_specs.interface import Reason

CONTAINER_HINT: Final = "use --runner docker"
TRIAL_SECONDS: Final = 20


class BwrapRunner:
    """Runs tasks in sandboxes: built-in blocks over this machine's ``/usr`` and Python, others over their unpacked image."""

    name = "bwrap"

    def __init__(self) -> None:
        self._preloaded = Preloaded((), {})

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
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(LogFile(job.log_path, job.limits.log_bytes))
            if (refused := _refusal(job)) is not None:
                return Outcome("refused", refused)
            try:
                sandbox = stack.enter_context(opened(job, self._preloaded))
                running = ProcessTask(
                    job,
                    sandbox.start,
                    None,
                    cancel,
                    on_message,
                    log,
                    inside=lambda ended: sandbox.inside(ended, log),
                )
            except TaskError as problem:
                return Outcome(problem.reason, problem.said)
            except OSError as problem:
                return Outcome("infra", f"can't start a sandbox: {problem}")
            stack.callback(running.close)
            reason, message, ended = running.watch()
            if reason not in _OURS and sandbox.ran_out_of_memory():
                reason, message = "oom", "the kernel ended it, or a process of it, for want of memory"
        return Outcome(
            reason,
            message,
            exit_code=None if ended is None else ended.exit_code,
            signal=None if ended is None else ended.signal,
            seconds=time.monotonic() - started,
            log_truncated_bytes=log.truncated_bytes,
            enforced=sandbox.enforced(job),
        )

    def warm(self, job: Job, log: LogFile) -> Channel:
        """Start a block that then waits for requests, in a sandbox like a task's (:class:`KeepsWarm`)."""
        from edgewright.runners.warm.bwrap import BwrapChannel

        if (refused := _refusal(job)) is not None:
            raise TaskError(job.prepared.block.name, "refused", refused)
        return BwrapChannel(job, log, self._preloaded)

    def sweep(self) -> int:
        """Remove the control groups of dead runs; their processes ended with them."""
        return cgroups.sweep()

    def close(self) -> None:
        """End the interpreter that supervisors are forked from."""
        self._preloaded.close()


_OURS: Final[tuple[Reason, ...]] = ("timeout", "cancelled", "limit")


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
    words = [program(), *NAMESPACES, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
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
