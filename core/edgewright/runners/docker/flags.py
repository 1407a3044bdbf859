"""The strict profile: every flag of a task's container, in one place. ``docs/isolation.md`` gives the reasons."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.contracts.base import Seen
from edgewright.contracts.http_processing import PORT, declared_port
from edgewright.images.context import BLOCK_FOLDER
from edgewright.runners.environment import granted_variables, task_environment
from edgewright.runners.grants import granted_record
from edgewright.runners.ownership import User, unprivileged_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker import APIClient

    from edgewright.contracts import Launch, Part
    from edgewright.runners.base import Job
    from edgewright.runners.docker.capabilities import Capabilities

SECCOMP_FILE = os.fspath(Path(__file__).parents[1] / "seccomp.json")
TMP = "/tmp"
SECRETS_FOLDER = "/run/secrets"
PIPES_FOLDER = "/run/edgewright"
HOSTNAME = "block"
LOOPBACK = "127.0.0.1"
NOFILE = 4096
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def task_user(capabilities: Capabilities) -> User:
    """Choose the user of a task: unprivileged, and the owner of its outputs where that can be had."""
    if capabilities.rootless:  # 0 inside a user namespace is the caller outside, and has no capability
        return User("0:0", os.geteuid(), os.getegid())
    return unprivileged_user()


def create_arguments(
    api: APIClient,
    job: Job,
    part: Part,
    *,
    image: Mapping[str, Any],
    capabilities: Capabilities,
    user: User,
    labels: Mapping[str, str],
    hosts: Sequence[str] = (),
    beside: str | None = None,
) -> dict[str, Any]:
    """Return the arguments of ``APIClient.create_container`` for one part of a task.

    Parameters
    ----------
    image : mapping
        The engine's description of the image, which is named by its content id.
    labels : mapping of str to str
        Whose container it is.
    hosts : sequence of str
        Names that mean the loopback address.
    beside : str, optional
        Id of the container whose loopback network this one shares, with its host name and `hosts`; without it the
        container has one of its own. Neither has any other.
    """
    config = image.get("Config") or {}
    own_network = "bridge" if job.grants.network else "none"
    network = {"network_mode": own_network, "extra_hosts": dict.fromkeys(hosts, LOOPBACK)}
    if beside is not None:
        network = {"network_mode": f"container:{beside}"}
    return {
        "image": image["Id"],
        **_command(part, job, config),
        "user": user.inside,
        **({} if beside is not None else {"hostname": HOSTNAME}),
        "environment": _environment(part, job, config),
        "labels": dict(labels),
        "healthcheck": {"test": ["NONE"]},
        "use_config_proxy": False,  # it would put the host's proxies into the task's environment
        "host_config": _host_config(api, part, job, config, capabilities, network),
    }


def enforced_limits(job: Job, capabilities: Capabilities, user: User) -> dict[str, Any]:
    """Return what holds for this task, as its record states it; a task with a service has two such containers."""
    limits = job.limits
    block = job.prepared.block
    held: dict[str, Any] = {
        "service": job.contract.has_service(block, job.request.get("operation", "describe")),
        "seconds": limits.seconds,
        "memory_bytes": limits.memory_bytes,
        "swap_bytes": 0,
        "cpus": _cpus(job, capabilities),
        "pids": limits.pids,
        "out_bytes": limits.out_bytes,
        "out_files": limits.out_files,
        "tmp_bytes": limits.tmp_bytes,
        "shm_bytes": limits.shm_bytes,
        "log_bytes": limits.log_bytes,
        "network": "bridge" if job.grants.network else "none",
        "root": "writable" if job.grants.writable_root else "read-only",
        "capabilities": "none",
        "seccomp": "edgewright",
        "user": user.inside,
    }
    held |= granted_record(job.grants)
    names = {"memory": "memory_bytes", "swap": "swap_bytes"}
    for missing in capabilities.unenforced:
        held[names.get(missing, missing)] = "not enforced"
    return held


def _host_config(
    api: APIClient,
    part: Part,
    job: Job,
    config: Mapping[str, Any],
    capabilities: Capabilities,
    network: Mapping[str, Any],
) -> dict[str, Any]:
    from docker.types import LogConfig, Ulimit

    limits = job.limits
    security = ["no-new-privileges"]
    if "seccomp" not in capabilities.unenforced:
        # Docker's interface takes the profile itself, podman's a file on its host, which is this one.
        security.append(f"seccomp={SECCOMP_FILE if capabilities.podman else seccomp_profile()}")
    scratch = f"rw,exec,nosuid,nodev,mode=1777,size={limits.tmp_bytes}"
    memory = {} if "memory" in capabilities.unenforced else {"mem_limit": limits.memory_bytes}
    if memory and "swap" not in capabilities.unenforced:
        memory["memswap_limit"] = limits.memory_bytes
    result: dict[str, Any] = api.create_host_config(
        **network,
        read_only=not job.grants.writable_root,
        device_requests=_gpus(job) or None,
        cap_drop=["ALL"],
        security_opt=security,
        pids_limit=limits.pids,
        nano_cpus=int(_cpus(job, capabilities) * 1e9),
        # An image's VOLUMEs would be writable disks without a limit: they become small tmpfs.
        tmpfs={
            TMP: scratch,
            **dict.fromkeys(
                sorted(_volumes(config) - set(_places(job))), f"rw,nosuid,nodev,size={limits.shm_bytes}"
            ),
        },
        shm_size=limits.shm_bytes,
        ulimits=[
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="nofile", soft=NOFILE, hard=NOFILE),
            # One byte more than allowed, so that a file that was cut off is seen to be too long.
            Ulimit(name="fsize", soft=limits.out_bytes + 1, hard=limits.out_bytes + 1),
        ],
        init=True,
        ipc_mode="private",
        cgroupns="private",
        userns_mode="host" if capabilities.remapped else None,
        log_config=LogConfig(type="none"),
        mounts=_mounts(part, job),
        **memory,
    )
    return result


def launch_of(job: Job, image: Mapping[str, Any]) -> Launch:
    """What a container's task starts, by the contract of its block, whose image is described by the engine."""
    in_dir, out_dir = _places(job)
    port = _service_port(job, image.get("Config") or {})
    pipes = None if job.pipes is None else PIPES_FOLDER
    seen = Seen(BLOCK_FOLDER, in_dir, out_dir, "python3", port, pipes)
    return job.contract.launch(job.prepared.block, job.request, seen)


def _service_port(job: Job, config: Mapping[str, Any]) -> int:
    """Where a task's service listens: what a processing block says of itself, since not every one reads PORT."""
    if job.prepared.block.type != "processing":
        return PORT
    exposed = [text.partition("/") for text in config.get("ExposedPorts") or ()]
    return declared_port(job.prepared.block, [int(number) for number, _, kind in exposed if kind == "tcp"])


def _command(part: Part, job: Job, config: Mapping[str, Any]) -> dict[str, Any]:
    """Command and working folder: the contract's, or what the image itself starts and where."""
    own = config.get("WorkingDir") or "/"
    if part.argv is None and part.prologue:
        program = [*(config.get("Entrypoint") or ()), *(part.arguments or config.get("Cmd") or ())]
        shell = ["/bin/sh", "-c", f'{part.prologue}\nexec "$@"', "sh"]
        return {"entrypoint": shell, "command": program, "working_dir": own}
    if part.argv is None:
        return (
            {"command": list(part.arguments), "working_dir": own} if part.arguments else {"working_dir": own}
        )
    ours = part.driver or job.prepared.block.folder is None
    folder = own if ours else BLOCK_FOLDER
    return {"entrypoint": list(part.argv[:1]), "command": list(part.argv[1:]), "working_dir": folder}


def _mounts(part: Part, job: Job) -> list[Any]:
    from docker.types import Mount

    in_dir, out_dir = _places(job)
    mounts = []
    if part.sees_in:
        mounts.append(Mount(target=in_dir, source=str(job.in_dir.resolve()), type="bind", read_only=True))
    if part.sees_out:
        mounts.append(Mount(target=out_dir, source=str(job.out_dir.resolve()), type="bind"))
    if part.driver:  # what is granted is the block's, not the sidecar's
        return mounts
    if job.secrets is not None:
        mounts.append(Mount(SECRETS_FOLDER, str(job.secrets.folder), type="bind", read_only=True))
    if job.pipes is not None:
        mounts.append(Mount(PIPES_FOLDER, str(job.pipes), type="bind", read_only=True))
    for mount in job.grants.mounts:
        mounts.append(Mount(mount.target, str(mount.source), type="bind", read_only=mount.read_only))
    return mounts


def _gpus(job: Job) -> list[Any]:
    from docker.types import DeviceRequest

    return [DeviceRequest(count=job.grants.gpus, capabilities=[["gpu"]])] if job.grants.gpus else []


def _places(job: Job) -> tuple[str, str]:
    return job.contract.places(job.request.get("operation", "describe"))


def _environment(part: Part, job: Job, config: Mapping[str, Any]) -> list[str]:
    """Variables that we set; the engine adds the image's own below them, and HOSTNAME."""
    ours = {**task_environment(threads=job.threads, home=TMP, temporary=TMP), **part.environment}
    if not part.driver:
        places = {mount.name: mount.target for mount in job.grants.mounts}
        ours |= granted_variables(job.prepared.block, job.grants, job.secrets, SECRETS_FOLDER, places)
    if not any(line.startswith("PATH=") for line in config.get("Env") or ()):
        ours["PATH"] = DEFAULT_PATH
    return [f"{name}={value}" for name, value in ours.items()]


def _volumes(config: Mapping[str, Any]) -> set[str]:
    return {path.rstrip("/") or "/" for path in config.get("Volumes") or ()} - {TMP, "/"}


def _cpus(job: Job, capabilities: Capabilities) -> float:
    return min(job.limits.cpus, float(capabilities.cpus))


@lru_cache(maxsize=1)
def seccomp_profile() -> str:
    """Text of our own profile; the engine's default lets io_uring and more through."""
    return Path(SECCOMP_FILE).read_text(encoding="utf-8")
