"""What core itself brings, registered as a stranger's plugin would be: runners, readers and executors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.hookspecs import hookimpl

if TYPE_CHECKING:
    from edgewright.data.readers.base import Reader
    from edgewright.executors.base import Executor
    from edgewright.runners.base import Runner


@hookimpl
def edgewright_readers() -> list[Reader]:
    from edgewright.data.readers import builtin_readers

    return builtin_readers()


@hookimpl
def edgewright_runners() -> list[Runner]:
    from edgewright.runners.bwrap import BwrapRunner
    from edgewright.runners.docker import DockerRunner
    from edgewright.runners.process import ProcessRunner

    return [DockerRunner(), BwrapRunner(), ProcessRunner()]


@hookimpl
def edgewright_executors() -> list[Executor]:
    from edgewright.executors.local import LocalExecutor

    return [LocalExecutor()]
