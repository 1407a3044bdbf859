"""The strict profile as bubblewrap's command line, in one place. ``docs/isolation.md`` gives the reasons."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright.images.context import BLOCK_FOLDER
from edgewright.runners.environment import granted_variables, task_environment
from edgewright.runners.grants import granted_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.contracts import Part
    from edgewright.images.roots import Root
    from edgewright.runners.base import Job
    from edgewright.runners.bwrap.view import View
    from edgewright.runners.ownership import User

TMP: Final = "/tmp"
SECRETS_FOLDER: Final = "/run/secrets"
HOSTNAME: Final = "block"
MAX_OPEN_FILES: Final = 4096
DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: What engines hide of /proc, beside what the kernel keeps to itself.
HIDDEN: Final = (
    "keys",
    "kcore",
    "latency_stats",
    "timer_list",
    "timer_stats",
    "sched_debug",
    "acpi",
    "asound",
    "scsi",
)
NAMESPACES: Final = (
    "--unshare-all",
    "--unshare-user",
    "--disable-userns",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
)


@dataclass(frozen=True)
class Bound:
    """A file or folder of the host and where the task has it."""

    source: Path
    place: str
    writable: bool = False


def bounds(job: Job, part: Part, view: View) -> list[Bound]:
    """Everything of the host's that the task sees."""
    in_dir, out_dir = job.contract.places(job.request.get("operation", "describe"))
    found = [Bound(source, place) for source, place in view.bound]
    if part.sees_in:
        found.append(Bound(job.in_dir.resolve(), in_dir))
    if part.sees_out:
        found.append(Bound(job.out_dir.resolve(), out_dir, writable=True))
    if job.secrets is not None:
        found.append(Bound(job.secrets.folder, SECRETS_FOLDER))
    return found + [Bound(each.source, each.target, not each.read_only) for each in job.grants.mounts]


def sandbox_command(
    bwrap: str,
    job: Job,
    user: User,
    view: View,
    bound: Sequence[tuple[str, Bound]],
    inside: Sequence[str],
    folder: str,
    descriptors: tuple[int, int],
) -> list[str]:
    """The argv of one sandbox.

    Parameters
    ----------
    bound : sequence of (str, Bound)
        With the path by which bubblewrap finds the source.
    inside : sequence of str
        The program's own argv.
    folder : str
        Where the program starts.
    descriptors : tuple of int
        For the system calls' filter, and for bubblewrap to tell of the end.
    """
    filtering, status = descriptors
    uid, gid = user.inside.split(":")
    words = [bwrap, *NAMESPACES, "--hostname", HOSTNAME, "--uid", uid, "--gid", gid]
    words += ["--seccomp", str(filtering), "--json-status-fd", str(status)]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for hidden in (Path("/proc", name) for name in HIDDEN):
        if hidden.is_dir():
            words += ["--tmpfs", str(hidden), "--remount-ro", str(hidden)]
        elif hidden.exists():
            words += ["--ro-bind", "/dev/null", str(hidden)]
    for size, place in ((job.limits.shm_bytes, "/dev/shm"), (job.limits.tmp_bytes, TMP)):
        words += ["--size", str(size), "--perms", "1777", "--tmpfs", place]
    # After /tmp, below which an environment may lie.
    for path, each in sorted(bound, key=lambda pair: pair[1].place.count("/")):
        words += ["--bind" if each.writable else "--ro-bind", path, each.place]
    for text, place in view.links:
        words += ["--symlink", text, place]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", folder, "--", *inside]


def variables(job: Job, part: Part, view: View) -> dict[str, str]:
    """The whole environment of a task; bubblewrap adds ``PWD``."""
    ours = {**task_environment(threads=job.threads, home=TMP, temporary=TMP), **part.environment}
    places = {mount.name: mount.target for mount in job.grants.mounts}
    ours |= granted_variables(job.prepared.block, job.grants, job.secrets, SECRETS_FOLDER, places)
    return {"PATH": DEFAULT_PATH, **view.variables, **ours}


def command(part: Part, job: Job, root: Root | None) -> tuple[list[str], str]:
    """What runs inside, and where it starts: the contract's command, or what the image itself starts."""
    own = "/" if root is None else root.folder_inside
    if part.argv is not None:
        ours = part.driver or job.prepared.block.folder is None
        return list(part.argv), own if ours else BLOCK_FOLDER
    assert root is not None, "only a block with an image leaves the command to it"
    program = [*root.entrypoint, *(part.arguments or root.command)]
    if part.prologue:
        program = ["/bin/sh", "-c", f'{part.prologue}\nexec "$@"', "sh", *program]
    return program, own


def enforced_limits(job: Job, user: User, unenforced: Sequence[str]) -> dict[str, Any]:
    """What holds for this task, as its record states it."""
    limits = job.limits
    held: dict[str, Any] = {
        "service": False,
        "seconds": limits.seconds,
        "memory_bytes": limits.memory_bytes,
        "swap_bytes": 0,
        "cpus": min(limits.cpus, float(os.cpu_count() or 1)),
        "pids": limits.pids,
        "out_bytes": limits.out_bytes,
        "out_files": limits.out_files,
        "tmp_bytes": limits.tmp_bytes,
        "shm_bytes": limits.shm_bytes,
        "log_bytes": limits.log_bytes,
        "network": "none",
        "root": "read-only",
        "capabilities": "none",
        "seccomp": "edgewright",
        "user": user.inside,
    }
    held |= granted_record(job.grants)
    names: Mapping[str, str] = {"memory": "memory_bytes", "swap": "swap_bytes"}
    return held | {names.get(name, name): "not enforced" for name in unenforced}
