"""``process``: a block as a process of this machine with the rights of the user, for trusted blocks.

It isolates nothing and says so in ``Outcome.enforced``; what it promises is a clean environment, limits of time,
output and log, and that no descendant is left.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import selectors
import sys
import sysconfig
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright import trees
from edgewright.contracts.base import Seen
from edgewright.errors import TaskError
from edgewright.runners.base import Outcome, Prepared
from edgewright.runners.environment import granted_variables, task_environment
from edgewright.runners.grants import granted_record
from edgewright.runners.logs import LogFile
from edgewright.runners.messages import MessageLines
from edgewright.runners.supervised import Ended, Supervised, signal_name
from edgewright.runners.watch import OutWatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from edgewright.registry import Block
    from edgewright.runners.base import Job, OnMessage
    from edgewright_specs.interface import Reason

#: Cancellation, deadlines and the output folder are looked at this often.
TICK_SECONDS: Final = 0.05
#: After the supervisor has reported, every writer of the pipes is dead; their rest is there at once.
DRAIN_SECONDS: Final = 1.0
READ_BYTES: Final = 64 << 10
#: What NVIDIA's driver makes where there is a GPU.
NVIDIA: Final = Path("/dev/nvidiactl")
NOT_ENFORCED: Final = "not enforced"
PACKAGES: Final = ("edgewright_sdk", "edgewright_specs")


class ProcessRunner:
    """Runs blocks as supervised processes."""

    name = "process"

    def available(self) -> str | None:
        """Works wherever there are POSIX processes."""
        return None if os.name == "posix" else "it needs Linux, macOS or WSL2"

    def ready(self) -> bool:
        """Nothing is built."""
        return True

    def sweep(self) -> int:
        """Nothing is left: a task's supervisor ends with us and takes its processes along."""
        return 0

    def prepare(self, block: Block, on_message: OnMessage) -> Prepared:  # noqa: ARG002
        """Nothing to build: the block runs in this interpreter's environment.

        Raises
        ------
        TaskError
            ``refused``: a block that is only an image, or one of Edge Impulse's contracts, which need a container.
        """
        if block.folder is None:
            raise TaskError(
                block.name,
                "refused",
                "a block that is only an image can't run as a process",
                hint="use --runner docker",
            )
        if block.spec.legacy:
            raise TaskError(
                block.name,
                "refused",
                "its parameters.json has no 'edgewright' object, so it is run by its image",
                hint="use --runner docker",
            )
        from edgewright.registry.environment import process_environment

        return Prepared(block, self.name, process_environment(block), detail={"python": sys.executable})

    def run(self, job: Job, cancel: Event, on_message: OnMessage) -> Outcome:
        """Run one block to its end.

        A set ``cancel`` sends SIGTERM and, after the grace, SIGKILL; an event whose ``hard`` attribute is true (set a
        second time) kills at once.
        """
        started = time.monotonic()
        if job.grants.gpus and not NVIDIA.exists():
            return Outcome(
                "refused", f"it is granted a GPU, and this machine has none ({NVIDIA} is not there)"
            )
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(LogFile(job.log_path, job.limits.log_bytes))
            work = stack.enter_context(work_folder(job.out_dir.parent))
            try:
                running = _Running(job, cancel, on_message, log, work)
            except OSError as error:  # no descriptors, no memory for another process
                return Outcome("infra", f"can't start a process: {error}")
            stack.callback(running.close)
            reason, message, ended = running.watch()
        return Outcome(
            reason,
            message,
            exit_code=None if ended is None else ended.exit_code,
            signal=None if ended is None else ended.signal,
            seconds=time.monotonic() - started,
            log_truncated_bytes=log.truncated_bytes,
            enforced=enforced(job),
        )

    def close(self) -> None:
        """Nothing is held between tasks."""


class _Running:
    """One task while it runs: its supervisor, its two streams, and what stops it."""

    def __init__(self, job: Job, cancel: Event, on_message: OnMessage, log: LogFile, work: Path) -> None:
        self._limits = job.limits
        self._cancel = cancel
        self._log = log
        self._watch = OutWatch(job.out_dir, job.limits)
        self._lines = MessageLines(on_message, log.write)
        self._stopped: tuple[Reason, str] | None = None
        self._kill_at: float | None = None
        argv, cwd = task_command(job, work)
        self._out, out = os.pipe()
        self._err, err = os.pipe()
        try:
            self._supervised = Supervised(
                argv,
                env={**process_variables(work, job.threads), **_granted(job)},
                cwd=cwd,
                stdin=os.open(os.devnull, os.O_RDONLY),
                stdout=out,
                stderr=err,
                max_file_bytes=job.limits.out_bytes,
            )
        except BaseException:
            os.close(self._out)
            os.close(self._err)
            raise

    def close(self) -> None:
        self._supervised.close()
        os.close(self._out)
        os.close(self._err)

    def watch(self) -> tuple[Reason, str, Ended | None]:
        """Serve the streams until the task has ended and been read to the last byte."""
        deadline = time.monotonic() + self._limits.seconds
        reported: float | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ, self._lines.feed)
            selector.register(self._err, selectors.EVENT_READ, self._log.write)
            selector.register(self._supervised, selectors.EVENT_READ, None)
            while selector.get_map():
                for key, _ in selector.select(TICK_SECONDS):
                    if key.data is None:
                        if self._supervised.poll():
                            selector.unregister(self._supervised)
                            reported = time.monotonic()
                    elif data := os.read(key.fd, READ_BYTES):
                        key.data(data)
                    else:
                        selector.unregister(key.fd)
                now = time.monotonic()
                if reported is None:
                    self._look(now, deadline)
                elif now > reported + DRAIN_SECONDS:
                    break  # somebody outside our reach holds a pipe (only without a subreaper)
        self._lines.finish()
        return self._judge()

    def _look(self, now: float, deadline: float) -> None:
        """Stop what must be stopped."""
        hard = getattr(self._cancel, "hard", False)
        if self._stopped is None:
            if self._cancel.is_set():
                self._stop(("cancelled", "cancelled"), now)
            elif now >= deadline:
                self._stop(("timeout", f"ran longer than its limit of {self._limits.seconds:g} s"), now)
            elif exceeded := self._watch.due():
                self._stopped, self._kill_at = ("limit", exceeded), now
        if self._kill_at is not None and (now >= self._kill_at or hard):
            self._supervised.kill()
            self._kill_at = None

    def _stop(self, why: tuple[Reason, str], now: float) -> None:
        self._stopped, self._kill_at = why, now + self._limits.grace_seconds
        self._supervised.ask()

    def _judge(self) -> tuple[Reason, str, Ended | None]:
        ended = self._supervised.ended()
        if ended is None:
            return "infra", "its supervisor was killed before it could report", None
        if ended.left:
            return "infra", f"{ended.left} of its processes could not be killed", ended
        if self._stopped is not None:
            return (*self._stopped, ended)
        if ended.problem:
            return "refused", f"its command can't be executed: {ended.problem}", ended
        if ended.signal == "SIGXFSZ":
            return "limit", "wrote a file beyond the size that is allowed", ended
        if exceeded := self._watch.look():
            return "limit", exceeded, ended
        if ended.signal is not None:
            return "block_error", f"ended by {ended.signal}", ended
        if ended.exit_code:
            text = f"exit code {ended.exit_code}"
            if ended.exit_code > 128 and (name := signal_name(ended.exit_code - 128)).startswith("SIG"):
                text += f" (a shell's word for {name})"
            said = self._lines.last_error
            return "block_error", f"{text}: {said}" if said else text, ended
        return "ok", "", ended


@contextlib.contextmanager
def work_folder(beside: Path) -> Iterator[Path]:
    """A folder for one task's HOME and TMPDIR, gone afterwards."""
    work = Path(tempfile.mkdtemp(prefix="work-", dir=beside))
    try:
        (work / "home").mkdir()
        (work / "tmp").mkdir()
        yield work
    finally:
        trees.remove_tree(work)


def task_command(job: Job, work: Path) -> tuple[list[str], Path]:
    """Argv and working folder of a cold run."""
    block = job.prepared.block
    folder = block.folder
    if folder is None:
        raise ValueError("prepare() refuses a block without a folder")
    folder = folder.resolve()
    seen = Seen(
        block_dir=os.fspath(folder),
        in_dir=os.fspath(job.in_dir.resolve()),
        out_dir=os.fspath(job.out_dir.resolve()),
        python=sys.executable,
        port=0,
    )
    launch = job.contract.launch(block, job.request, seen)
    assert launch.main.argv is not None, "prepare() refuses the contracts that start what an image says"
    return list(launch.main.argv), work if block.command is None else folder


def process_variables(work: Path, threads: int) -> dict[str, str]:
    """The whole environment of a task: nothing of ours is passed on."""
    variables = task_environment(
        threads=threads, home=os.fspath(work / "home"), temporary=os.fspath(work / "tmp")
    )
    # The interpreter's folder first, so that "python3" in a block's command is the one it was keyed by.
    places = [os.fspath(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    variables["PATH"] = os.pathsep.join(places)
    if paths := source_paths():
        variables["PYTHONPATH"] = os.pathsep.join(paths)
    return variables


@lru_cache(maxsize=1)
def source_paths() -> tuple[str, ...]:
    """Folders that a fresh interpreter needs on its path to find the SDK: those of a source checkout, else none."""
    installed = {os.path.realpath(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    found = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise TaskError(
                package, "infra", f"the package {package} can't be found", hint="reinstall edgewright"
            )
        root = os.path.realpath(os.path.dirname(os.path.dirname(spec.origin)))  # noqa: PTH120
        if root not in installed and root not in found:
            found.append(root)
    return tuple(found)


def enforced(job: Job) -> dict[str, Any]:
    """Limits as they were kept, truthfully."""
    limits = job.limits
    kept: dict[str, Any] = {
        "seconds": limits.seconds,
        "out_bytes": limits.out_bytes,
        "out_files": limits.out_files,
        "log_bytes": limits.log_bytes,
    }
    others = ("memory_bytes", "cpus", "pids", "tmp_bytes", "shm_bytes", "network", "filesystem")
    return kept | dict.fromkeys(others, NOT_ENFORCED) | granted_record(job.grants)


def _granted(job: Job) -> dict[str, str]:
    """Mounts are where the host has them: nothing holds a block of this runner to reading there only."""
    secrets = "" if job.secrets is None else os.fspath(job.secrets.folder)
    return granted_variables(
        job, secrets, {mount.name: os.fspath(mount.source) for mount in job.grants.mounts}
    )
