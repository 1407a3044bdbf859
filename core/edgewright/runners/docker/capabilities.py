"""What this engine can enforce. A limit that it can't is a reason not to run, never a silent gap."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.runners.controllers import CONTROLLERS
from edgewright.runners.swap import has_swap
from edgewright.runners.unenforced import allowed, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import APIClient

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


@dataclass(frozen=True)
class Capabilities:
    """The engine as far as a task's limits depend on it."""

    cpus: int
    architecture: str  # as images name it
    rootless: bool
    remapped: bool
    podman: bool
    shares_kernel: bool  # its containers run on the kernel of this process, and no other one
    unenforced: tuple[str, ...]  # limits that it can't hold

    def refusal(self) -> str | None:
        """Return why no task may run here, or None."""
        if not self.unenforced or allowed():
            return None
        return refusal("the engine", self.unenforced, "`docker info` says why")


def ask_capabilities(api: APIClient) -> Capabilities:
    """Ask the engine what it is and can do."""
    info: dict[str, Any] = api.info()
    parts = api.version().get("Components") or ()
    podman = any("podman" in str(part.get("Name", "")).lower() for part in parts)
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    checks = {
        "memory": bool(info.get("MemoryLimit")),
        "swap": bool(info.get("SwapLimit")) or not has_swap(),
        "pids": bool(info.get("PidsLimit", True)),
        "cpus": bool(info.get("CpuCfsQuota") or info.get("CPUCfsQuota")),
        "seccomp": any("seccomp" in option for option in options),
    }
    rootless = any("rootless" in option for option in options) or bool(info.get("Rootless"))
    if podman and rootless:
        handed = _handed_to_podman(api)
        checks |= {
            limit: held and CONTROLLERS[limit] in handed
            for limit, held in checks.items()
            if limit in CONTROLLERS
        }
    machine = str(info.get("Architecture", ""))
    return Capabilities(
        cpus=int(info.get("NCPU") or 1),
        architecture=_ARCHITECTURES.get(machine, machine),
        rootless=rootless,
        remapped=any("userns" in option for option in options),
        podman=podman,
        shares_kernel=_shares_kernel(info),
        unenforced=tuple(name for name, held in checks.items() if not held),
    )


def _shares_kernel(info: Mapping[str, Any]) -> bool:
    """Whether its containers run on our kernel: not in a virtual machine, as Docker Desktop's do, nor on one of their own."""
    runtime = info.get("DefaultRuntime")
    return (
        sys.platform == "linux"
        and info.get("KernelVersion") == os.uname().release
        and runtime in ("runc", "crun")
    )


def _handed_to_podman(api: APIClient) -> set[str]:
    """Controllers that a rootless podman was handed: what it says by docker's interface is true of its host, not of it."""
    answer = api.get(f"{api.base_url}/v4.0.0/libpod/info", timeout=api.timeout)
    answer.raise_for_status()
    return set(answer.json().get("host", {}).get("cgroupControllers") or ())
