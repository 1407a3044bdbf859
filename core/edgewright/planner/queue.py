"""Which of a set of tasks can run now: those whose inputs are all made."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from edgewright.planner.tasks import Task


class Queue:
    """Tasks in an order that their needs allow; each step costs what the finished task's dependents are.

    Parameters
    ----------
    tasks : iterable of Task
    made : container of str
        Ids of tasks that are finished already.
    """

    def __init__(self, tasks: Iterable[Task], made: Container[str]) -> None:
        self._waiting = {task.id: task for task in tasks}
        self._missing = {
            task.id: {need for need in task.needs() if need not in made} for task in self._waiting.values()
        }
        self._dependents: dict[str, list[str]] = defaultdict(list)
        for name, needs in self._missing.items():
            for need in needs:
                self._dependents[need].append(name)
        self._ready = deque(name for name, needs in self._missing.items() if not needs)

    def __len__(self) -> int:
        return len(self._waiting)

    def pop(self) -> Task | None:
        """Take the next task that can run; None when all that are left wait for others."""
        return self._waiting.pop(self._ready.popleft()) if self._ready else None

    def finished(self, name: str) -> None:
        """Tell that a task's outputs are made."""
        for dependent in self._dependents.pop(name, ()):
            self._missing[dependent].discard(name)
            if not self._missing[dependent]:
                self._ready.append(dependent)

    def left(self) -> Iterator[Task]:
        """Tasks that were never taken."""
        return iter(self._waiting.values())
