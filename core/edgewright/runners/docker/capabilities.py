"""What this engine can enforce. A limit that it can't is a reason not to run, never a silent gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.runners.swap import has_swap
from edgewright.runners.unenforced import allowed, refusal

if TYPE_CHECKING:
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
    unenforced: tuple[str, ...]  # limits that it can't hold

    def refusal(self) -> str | None:
        """Return why no task may run here, or None."""
        if not self.unenforced or allowed():
            return None
        return refusal("the engine", self.unenforced, "`docker info` says why")


def ask_capabilities(api: APIClient) -> Capabilities:
    """Ask the engine what it is and can do."""
    info: dict[str, Any] = api.info()
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    checks = {
        "memory": bool(info.get("MemoryLimit")),
        "swap": bool(info.get("SwapLimit")) or not has_swap(),
        "pids": bool(info.get("PidsLimit", True)),
        "cpus": bool(info.get("CpuCfsQuota") or info.get("CPUCfsQuota")),
        "seccomp": any("seccomp" in option for option in options),
    }
    machine = str(info.get("Architecture", ""))
    return Capabilities(
        cpus=int(info.get("NCPU") or 1),
        architecture=_ARCHITECTURES.get(machine, machine),
        rootless=any("rootless" in option for option in options),
        remapped=any("userns" in option for option in options),
        podman=any(
            "podman" in str(part.get("Name", "")).lower() for part in api.version().get("Components") or ()
        ),
        unenforced=tuple(name for name, held in checks.items() if not held),
    )
