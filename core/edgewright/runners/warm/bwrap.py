"""A warm block in a sandbox: the strict profile of a task's, from its start to its end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError
from edgewright.runners.bwrap.sandbox import opened
from edgewright.runners.warm.channel import End
from edgewright.runners.warm.piped import Piped, end_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.runners.base import Job
    from edgewright.runners.logs import LogFile
    from edgewright.runners.preloaded import Preloaded


class BwrapChannel(Piped):
    """A sandbox that was started to take requests."""

    def __init__(self, job: Job, log: LogFile, preloaded: Preloaded) -> None:
        self.places: tuple[str, str] | None = job.contract.places("describe")
        with contextlib.ExitStack() as stack:
            self._sandbox = stack.enter_context(opened(job, preloaded))
            self.enforced: Mapping[str, Any] = self._sandbox.enforced(job)
            try:
                super().__init__(self._sandbox.start, log, job.limits.out_bytes + 1, stack.pop_all())
            except OSError as error:
                raise TaskError(
                    job.prepared.block.name, "infra", f"can't start a sandbox: {error}"
                ) from error

    def held_bytes(self) -> int | None:
        """What its processes hold, and its folders in memory, as its control group counts it."""
        return self._sandbox.held_bytes()

    def end(self) -> End:
        """Kill what is left, and say how it ended."""
        ended = self.ended()
        if self._sandbox.ran_out_of_memory():
            return End("oom", "the kernel ended it, or a process of it, for want of memory")
        return end_of(None if ended is None else self._sandbox.inside(ended, self._log))
