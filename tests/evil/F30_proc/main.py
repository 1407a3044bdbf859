"""Looks for what belongs to the host."""

import os
import stat

from task import params

places = [
    "/proc/1/environ",
    "/proc/kcore",
    "/proc/keys",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/dev/mem",
    "/dev/sda",
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/root/.ssh",
    "/etc/shadow",
    "/sys/fs/cgroup/cgroup.procs",
    "/sys/kernel/debug",
    f"/proc/1/root{params['canary']}",
    f"/proc/{params['host']}/environ",
    params["canary"],
]


def reached(place: str, mode: int) -> bool:
    """Whether there is something of the host's: a masked file is the null device, a masked folder is empty."""
    descriptor = os.open(place, mode)
    status = os.fstat(descriptor)
    if status.st_rdev == os.stat("/dev/null").st_rdev:  # noqa: PTH116
        return False
    if stat.S_ISDIR(status.st_mode):
        return os.listdir(descriptor) != []  # noqa: PTH208
    if mode == os.O_WRONLY:
        return True
    content = os.read(descriptor, 1 << 16)
    return b"EDGEWRIGHT_CANARY" in content if place == "/proc/1/environ" else content != b""


for place in places:
    for mode in (os.O_RDONLY, os.O_WRONLY):
        if place.startswith("/proc/sys") and mode == os.O_RDONLY:
            continue  # for all to read
        try:
            if reached(place, mode):
                print(f"{place} {mode}: REACHED", flush=True)
        except OSError:
            continue
print("processes:", sorted(int(name) for name in os.listdir("/proc") if name.isdigit())[-1] < 100, flush=True)  # noqa: PTH208
raise SystemExit(5)
