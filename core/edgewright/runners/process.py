"""``process``: a block as a process of this machine with the rights of the user, for trusted blocks.

It isolates nothing and says so in ``Outcome.enforced``; what it promises is a clean environment, limits of time,
output and log, and that no descendant is left.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import sysconfig
import tempfile
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from edgewright import trees
from edgewright.contracts.base import Seen
from edgewright.errors import TaskError
from edgewright.runners.base import Outcome, Prepared
from edgewright.runners.environment import compiler_cache, granted_variables, task_environment
from edgewright.runners.grants import granted_record
from edgewright.runners.logs import LogFile
from edgewright.runners.ports import service_port
from edgewright.runners.preloaded import LIBRARIES, SDK, Preloaded
from edgewright.runners.process_task import ProcessTask, Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from edgewright.contracts.base import Part
    from edgewright.registry import Block
    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.grants import Grants
    from edgewright.runners.secrets import Secrets
    from edgewright.runners.warm import Channel

#: What NVIDIA's driver makes where there is a GPU.
NVIDIA: Final = Path("/dev/nvidiactl")
NOT_ENFORCED: Final = "not enforced"
PACKAGES: Final = ("edgewright_sdk", "edgewright_specs")


class ProcessRunner:
    """Runs blocks as supervised processes."""

    name = "process"

    def __init__(self) -> None:
        self._preloaded: dict[Sequence[str], Preloaded] = {}
        self._lock = Lock()

    def available(self) -> str | None:
        """Works wherever there are POSIX processes."""
        return None if os.name == "posix" else "it needs Linux, macOS or WSL2"

    def ready(self) -> bool:
        """Nothing is built."""
        return True

    def sweep(self) -> int:
        """Nothing is left: a task's supervisor ends with us and takes its processes along."""
        return 0

    def prepare(self, block: Block, on_message: OnMessage) -> Prepared:
        """Nothing to build: the block runs in this interpreter's environment.

        A block of Edge Impulse's gets an environment of its own, by what its Dockerfile says.

        Raises
        ------
        TaskError
            ``refused``: a block that is only an image, or whose Dockerfile can't be followed without one.
        RunnerUnavailableError
            Its requirements can't be installed.
        """
        if block.folder is None:
            raise TaskError(
                block.name,
                "refused",
                "a block that is only an image can't run as a process",
                hint="use --runner docker",
            )
        if block.spec.legacy:
            from edgewright.runners.unpacked import prepare_program

            program = prepare_program(block, lambda line: on_message({"type": "log", "text": line}))
            detail = {"environment": program.environment.folder.name}
            return Prepared(
                block, self.name, program.environment.packages, program=program, warnings=program.warnings, detail=detail
            )  # fmt: skip
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
            for warning in job.prepared.warnings:  # likely why, if it fails
                log.write(f"[edgewright: {warning}]\n".encode())
            try:
                main, service = starts_of(job, work, stack.enter_context(service_port(job, cancel)))
                if sys.platform == "linux" and is_sdk_task(job):
                    main = replace(main, preloaded=self._preload(job, main))
                running = ProcessTask(job, main, service, cancel, on_message, log)
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

    def warm(self, job: Job, log: LogFile) -> Channel:
        """Start a block that then waits for requests (:class:`KeepsWarm`)."""
        from edgewright.runners.warm.process import ProcessChannel

        return ProcessChannel(job, log)

    def close(self) -> None:
        """End the interpreters that tasks are forked from."""
        with self._lock:
            while self._preloaded:
                self._preloaded.popitem()[1].close()

    def _preload(self, job: Job, main: Start) -> Preloaded:
        """What the job's task is a fork of: shared by those that load the same libraries."""
        section = job.prepared.block.spec.edgewright
        learns = job.request.get("operation") == "fit"
        modules = (*SDK, *(LIBRARIES.get(getattr(section, "environment", ""), ()) if learns else ()))
        with self._lock:
            return self._preloaded.setdefault(modules, Preloaded(modules, main.env))


def is_sdk_task(job: Job) -> bool:
    """Whether the task is the SDK's driver, of one thread: libraries start theirs as they load, which no fork keeps."""
    block = job.prepared.block
    return (
        job.prepared.program is None and block.command is None and not block.spec.legacy and job.threads == 1
    )


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


def starts_of(job: Job, work: Path, port: int) -> tuple[Start, Start | None]:
    """What a cold run starts: its main program and, where the contract has one, its service."""
    block = job.prepared.block
    folder = block.folder
    if folder is None:
        raise ValueError("prepare() refuses a block without a folder")
    folder = folder.resolve()
    root = work / "root"
    seen = Seen(
        block_dir=os.fspath(root if job.prepared.program is not None else folder),
        in_dir=os.fspath(job.in_dir.resolve()),
        out_dir=os.fspath(job.out_dir.resolve()),
        python=sys.executable,
        port=port,
    )
    if job.prepared.program is not None:
        root.mkdir()
        job.prepared.program.lay_out(root)
    launch = job.contract.launch(block, job.request, seen)
    service = None if launch.service is None else _start(launch.service, job, work)
    return _start(launch.main, job, work), service


def _start(part: Part, job: Job, work: Path) -> Start:
    block, program = job.prepared.block, job.prepared.program
    env = process_variables(work, job.threads)
    if getattr(block.spec.edgewright, "environment", "") == "toolchain":
        env |= compiler_cache()
    granted = {} if part.driver else host_variables(block, job.grants, job.secrets)
    if part.argv is not None:
        ours = part.driver or block.command is None
        return Start(
            part.argv, {**env, **part.environment, **granted}, work if ours else block.folder or work
        )
    assert program is not None, "prepare() makes one for the contracts that start what an image says"
    root = work / "root"
    argv = program.command(part.arguments, root)
    if part.prologue:
        argv = ["/bin/sh", "-c", f'{part.prologue}\nexec "$@"', "sh", *argv]
    env.pop("PYTHONPATH", None)  # the SDK is no part of it
    env |= {**program.variables(root, env["PATH"]), **part.environment, **granted}
    return Start(argv, env, program.workdir(root))


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
        "service": job.contract.has_service(job.prepared.block, job.request.get("operation", "describe")),
        "seconds": limits.seconds,
        "out_bytes": limits.out_bytes,
        "out_files": limits.out_files,
        "log_bytes": limits.log_bytes,
    }
    others = ("memory_bytes", "cpus", "pids", "tmp_bytes", "shm_bytes", "network", "filesystem")
    return kept | dict.fromkeys(others, NOT_ENFORCED) | granted_record(job.grants)


def host_variables(block: Block, grants: Grants, secrets: Secrets | None) -> dict[str, str]:
    """Where a task finds what it was granted. Mounts are where the host has them: nothing holds it to reading there."""
    places = {mount.name: os.fspath(mount.source) for mount in grants.mounts}
    folder = "" if secrets is None else os.fspath(secrets.folder)
    return granted_variables(block, grants, secrets, folder, places)
