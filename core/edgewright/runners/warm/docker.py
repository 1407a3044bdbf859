"""A warm block in a container: the strict profile of a task's, from its start to its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from edgewright.runners.controllers import held_of
from edgewright.runners.docker.errors import engine_failures
from edgewright.runners.docker.verdict import judge_exit
from edgewright.runners.warm.channel import End
from edgewright.runners.warm.spoken import ByEngine, ByPipes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack

    from docker import APIClient

    from edgewright.runners.base import Job
    from edgewright.runners.logs import LogFile

#: For a container that has closed its end to end by itself, so that it can be said how.
END_SECONDS: Final = 2.0
#: For what was printed before an answer to arrive: it takes another way through the engine.
SETTLE_SECONDS: Final = 0.1


class DockerChannel:
    """A container that was started to take requests.

    Parameters
    ----------
    api : APIClient
    arguments : dict
        Of ``create_container``, for a task of this profile.
    job : Job
        With its pipes, if it is spoken to by them.
    enforced : mapping
    gone : callable
        Told, when it is closed, whether the container is removed.
    around : ExitStack
        What is to be given back when it is gone.
    """

    def __init__(
        self,
        api: APIClient,
        arguments: dict[str, Any],
        job: Job,
        log: LogFile,
        *,
        enforced: Mapping[str, Any],
        gone: Callable[[bool], None],
        around: ExitStack,
    ) -> None:
        self.places: tuple[str, str] | None = job.contract.places("describe")
        self.enforced = enforced
        self._api = api
        self._container: ByEngine | ByPipes = (
            ByEngine(api, arguments, log) if job.pipes is None else ByPipes(api, arguments, log, job.pipes)
        )
        with around as stack:
            stack.callback(lambda: gone(self._container.removed))
            stack.enter_context(self._container)
            self._container.start()
            self._stack = stack.pop_all()

    def send(self, data: bytes, seconds: float) -> None:
        """Write a request to it."""
        self._container.send(data, seconds)

    def receive(self, seconds: float) -> bytes | None:
        """Return what it wrote: empty at its end, None when nothing comes in time."""
        return self._container.receive(seconds)

    def settle(self) -> None:
        """Wait a moment for what it printed."""
        time.sleep(SETTLE_SECONDS)

    def held_bytes(self) -> int | None:
        """What its processes hold, and its folders in memory, as the engine counts it."""
        try:
            told = self._api.stats(self._container.id, stream=False, one_shot=True)
        except engine_failures():
            return None
        return held_of((told.get("memory_stats") or {}).get("stats") or {})

    def kill(self) -> None:
        """SIGKILL to the container."""
        self._container.signal("SIGKILL")

    def end(self) -> End:
        """Kill what is left, and say how it ended."""
        if not self._container.wait(END_SECONDS):
            self._container.kill()
        try:
            verdict = judge_exit(self._container.state(), self._container.first_error)
        except engine_failures() as problem:
            return End("infra", f"the engine failed: {problem}")
        if verdict.reason in ("ok", "block_error"):
            said = verdict.message or "exit code 0"
            return End("block_error", f"it ended in the middle of a request: {said}", bool(verdict.exit_code))
        return End(verdict.reason, verdict.message)

    def close(self) -> None:
        """Kill and remove it."""
        self._stack.close()
