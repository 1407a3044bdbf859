"""What this engine can enforce. A limit that it can't is a reason not to run, never a silent gap."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docker import APIClient

#: Run although a limit is not enforced; the record then says which.
ALLOW_VARIABLE = "EDGEWRIGHT_ALLOW_UNENFORCED"

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


@dataclass(frozen=True)
class Capabilities:
    """The engine as far as a task's limits depend on it."""

    cpus: int
    architecture: str  # as images name it
    rootless: bool
    remapped: bool
    unenforced: tuple[str, ...]  # limits that it can't hold

    def refusal(self) -> str | None:
        """Return why no task may run here, or None."""
        if not self.unenforced or os.environ.get(ALLOW_VARIABLE, "") not in ("", "0"):
            return None
        return (
            f"the engine can't enforce: {', '.join(self.unenforced)} "
            f"(`docker info` says why; {ALLOW_VARIABLE}=1 runs without, and the record says so)"
        )


def ask_capabilities(api: APIClient) -> Capabilities:
    """Ask the engine what it is and can do."""
    info: dict[str, Any] = api.info()
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    checks = {
        "memory": bool(info.get("MemoryLimit")),
        "swap": bool(info.get("SwapLimit")) or not _host_swaps(),
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
        unenforced=tuple(name for name, held in checks.items() if not held),
    )


def _host_swaps() -> bool:
    """Whether there is swap that a container could grow into; unknown counts as yes."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("SwapTotal:")) > 0
    except (OSError, StopIteration, ValueError, IndexError):
        return True
