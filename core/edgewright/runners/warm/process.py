"""A warm block as a plain process of this machine, for blocks that may do whatever the user may."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError
from edgewright.runners.process import enforced, starts_of, work_folder
from edgewright.runners.warm.piped import Piped, end_of
from edgewright.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.runners.base import Job
    from edgewright.runners.logs import LogFile
    from edgewright.runners.warm.channel import End


class ProcessChannel(Piped):
    """It reads and writes the caller's own folders: nothing would keep it from them."""

    places: tuple[str, str] | None = None

    def __init__(self, job: Job, log: LogFile) -> None:
        self.enforced: Mapping[str, Any] = enforced(job)
        with contextlib.ExitStack() as stack:
            work = stack.enter_context(work_folder(stack.enter_context(scratch_folder("home"))))
            start, _ = starts_of(job, work, 0)
            try:
                super().__init__(start, log, job.limits.out_bytes + 1, stack.pop_all())
            except OSError as error:
                raise TaskError(
                    job.prepared.block.name, "infra", f"can't start a process: {error}"
                ) from error

    def held_bytes(self) -> int | None:
        """What its processes have in memory; None where there is no /proc."""
        return _resident(self.supervised.pid)

    def end(self) -> End:
        """Kill what is left, and say how it ended."""
        return end_of(self.ended())


def _resident(pid: int) -> int | None:
    """Bytes of a process and all below it."""
    total = 0
    pending = [str(pid)]
    while pending:
        folder = Path("/proc", pending.pop())
        try:
            total += int((folder / "statm").read_text().split()[1])
            for children in (folder / "task").glob("*/children"):
                pending += children.read_text().split()
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return total * os.sysconf("SC_PAGESIZE") or None
