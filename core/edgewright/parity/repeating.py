"""Tasks carried out once more by a runner of one's choice, past the store."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING

from edgewright.errors import EdgewrightError
from edgewright.running.materialise import materialise
from edgewright.single import Finished, run_once, workspace

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from edgewright.planner.tasks import BlockTask
    from edgewright.registry import Block
    from edgewright.runners.base import Prepared, Runner
    from edgewright.running.session import Session


class Repeater:
    """One runner that repeats tasks of a session; what they give lives as long as it.

    Parameters
    ----------
    runner : Runner
    session : Session
        Its engine has what the tasks read.
    trust : bool
        Whether blocks that are not built in may run without isolation.
    """

    def __init__(self, runner: Runner, session: Session, *, trust: bool) -> None:
        self.runner = runner
        self._session, self._trust = session, trust
        self._prepared: dict[str, Prepared] = {}
        self._stack = ExitStack()
        self._folder: Path
        self._numbers = count()

    def __enter__(self) -> Repeater:
        self._stack.callback(self.runner.close)
        self._folder = self._stack.enter_context(workspace())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def missing(self) -> str | None:
        """Why this runner can't be used here, or None."""
        if reason := self.runner.available():
            return reason
        ready = getattr(self.runner, "ready", None)
        return "its images: edgewright images build" if ready is not None and not ready() else None

    def refuses(self, block: Block) -> str | None:
        """Why this runner may not run a block, or None."""
        if self.runner.name == "process" and not block.builtin and not self._trust:
            return "not isolated: --trust"
        return None

    def prepared(self, block: Block) -> Prepared:
        """The block made ready, once."""
        if block.digest not in self._prepared:
            self._prepared[block.digest] = self.runner.prepare(block, lambda _message: None)
        return self._prepared[block.digest]

    def repeat(self, task: BlockTask) -> Finished:
        """Carry out a task.

        Raises
        ------
        EdgewrightError
            As a task of a run does.
        """
        if (refusal := self.refuses(task.block)) is not None:
            raise EdgewrightError(refusal)
        from edgewright.runners.limits import limits_of

        place = self._folder / str(next(self._numbers))
        request = place / "in"
        request.mkdir(parents=True)
        engine = self._session.engine
        with engine.store.links() as links:
            materialise(task, request, engine.find, links)
        return run_once(
            self.runner, self.prepared(task.block), request, place, operation=task.operation,
            limits=task.limits or limits_of(task.block), grants=task.grants,
        )  # fmt: skip
