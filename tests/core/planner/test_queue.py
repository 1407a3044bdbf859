"""Tasks come out in an order that their needs allow, whatever the graph."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.planner.queue import Queue
from edgewright.planner.tasks import FromTask, HostTask


def task(name: str, needs: list[str]) -> HostTask:
    return HostTask(
        id=name, node=name, operation="x", step=lambda *_: {}, version=1, settings={},
        reads=tuple(FromTask(need, "out") for need in needs),
    )  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 30)), max_size=30), st.randoms(use_true_random=False))
def test_every_task_comes_once_and_after_what_it_needs(needs: list[set[int]], random: object) -> None:
    tasks = [task(str(i), [str(n) for n in wanted if n < i]) for i, wanted in enumerate(needs)]
    shuffled = list(tasks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    queue = Queue(shuffled, set())
    done: list[str] = []
    while (taken := queue.pop()) is not None:
        assert set(taken.needs()) <= set(done)
        done.append(taken.id)
        queue.finished(taken.id)
    assert sorted(done) == sorted(t.id for t in tasks)
    assert len(queue) == 0


def test_what_is_made_already_is_not_waited_for() -> None:
    queue = Queue([task("b", ["a"])], {"a"})
    taken = queue.pop()
    assert taken is not None
    assert taken.id == "b"


def test_descendants_of_a_failure_are_left() -> None:
    queue = Queue([task("a", []), task("b", ["a"]), task("c", ["b"]), task("d", [])], set())
    assert {queue.pop().id, queue.pop().id} == {"a", "d"}  # type: ignore[union-attr]
    queue.finished("d")
    assert queue.pop() is None
    assert {left.id for left in queue.left()} == {"b", "c"}
