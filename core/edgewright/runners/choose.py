"""Which runner a block gets: the strongest one present, and never ``process`` for a stranger's block unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgewright.registry import Block
    from edgewright.runners.base import Runner

AUTO = "auto"


class Chooser:
    """Chooses a runner for each block.

    Parameters
    ----------
    runners : sequence of Runner
        All that plugins registered.
    name : str
        ``auto`` or the name of one runner.
    trust : bool
        Whether blocks that are not built in may run without isolation.
    tell : callable
        Told one line for each choice a person should know of.
    """

    def __init__(
        self,
        runners: Sequence[Runner],
        name: str = AUTO,
        *,
        trust: bool = False,
        tell: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._runners = {runner.name: runner for runner in runners}
        self._trust = trust
        self._tell = tell
        self._told: set[str] = set()
        if name != AUTO and name not in self._runners:
            raise UsageError(
                f"unknown runner {name!r}", hint=f"runners here: {', '.join([AUTO, *sorted(self._runners)])}"
            )
        self.name = name

    def choose(self, block: Block) -> Runner:
        """Return the runner for ``block``.

        Raises
        ------
        RunnerUnavailableError
            The runner asked for, or every runner that may run this block, cannot work here.
        """
        if self.name == AUTO:
            return self._auto(block)
        runner = self._runners[self.name]
        missing = runner.available()
        if missing:
            raise RunnerUnavailableError(
                f"runner {self.name!r} can't work here: {missing}", hint=_START.get(self.name)
            )
        if self.name == "process" and not block.builtin and not self._trust:
            raise RunnerUnavailableError(
                f"block {block.name!r} is not built in, and runner 'process' does not isolate it",
                hint="use --runner docker or bwrap, or --trust to run its code with your own rights",
            )
        return runner

    def choose_warm(self, block: Block) -> Runner:
        """As :meth:`choose`, for a block to be kept warm: a built-in one that ``auto`` chooses for is a plain process."""
        plain = self._runners.get("process")
        return plain if self.name == AUTO and block.builtin and plain is not None else self.choose(block)

    def _auto(self, block: Block) -> Runner:
        docker = self._runners.get("docker")
        missing = "no such runner" if docker is None else docker.available()
        if docker is not None and not missing and (not block.builtin or docker.ready()):
            return docker
        if block.builtin or self._trust:
            why = missing or "the framework's images are not built yet"
            self._say(
                f"running blocks as plain processes ({why}); for a container each: {_HOW['docker']}; "
                "for a sandbox each: --runner bwrap"
            )
            return self._runners["process"]
        bwrap = self._runners.get("bwrap")
        if bwrap is not None and bwrap.available() is None:
            self._say(f"running blocks that are not built in by bubblewrap ({missing})")
            return bwrap
        raise RunnerUnavailableError(
            f"block {block.name!r} is not built in and needs isolation, but no container engine can be used: {missing}",
            hint=f"{_HOW['docker']}; or install bubblewrap and load its image; or insist with --runner process --trust",
        )

    def _say(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._tell(line)

    def close(self) -> None:
        """Close every runner."""
        for runner in self._runners.values():
            runner.close()


_START = {
    "bwrap": "install bubblewrap (apt install bubblewrap) and let users make namespaces; `edgewright doctor` tells what is here",
    "docker": "start Docker, or set DOCKER_HOST to an engine that answers; `edgewright doctor` tells what is here",
}
_HOW = {
    "docker": "start Docker (or set DOCKER_HOST), then `edgewright images build` or --runner docker",
}
