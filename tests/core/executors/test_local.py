"""The local executor: side by side, cancelled, and true to the protocol's states."""

from __future__ import annotations

import threading
import time
from threading import Event
from typing import Any

import pytest

from edgewright.errors import TaskError
from edgewright.executors import Executor, Submission
from edgewright.executors.local import LocalExecutor, cores


@pytest.fixture
def executor() -> Any:
    made = LocalExecutor(2)
    yield made
    made.close()


def test_results_and_errors_come_back(executor: Executor) -> None:
    good = executor.submit(Submission("good", lambda _: 42))
    bad = executor.submit(Submission("bad", lambda _: 1 / 0))
    assert good.result(10) == 42
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    assert (good.state(), bad.state()) == ("done", "failed")


def test_tasks_run_side_by_side_up_to_the_slots(executor: Executor) -> None:
    meet = threading.Barrier(2, timeout=10)
    handles = [executor.submit(Submission(str(n), lambda _: meet.wait())) for n in range(2)]
    for handle in handles:
        handle.result(10)
    assert executor.slots == 2
    assert LocalExecutor().slots == cores() >= 1


def test_wait_returns_what_has_ended(executor: Executor) -> None:
    go = threading.Event()
    slow = executor.submit(Submission("slow", lambda _: go.wait(10)))
    quick = executor.submit(Submission("quick", lambda _: None))
    assert executor.wait([slow, quick], 10) == [quick]
    assert executor.wait([slow], 0.01) == []
    with pytest.raises(TimeoutError, match="slow has not ended"):
        slow.result(0.01)
    go.set()
    assert executor.wait([slow], 10) == [slow]


def test_cancelling_asks_what_runs_and_drops_what_waits(executor: Executor) -> None:
    begun = threading.Barrier(3, timeout=10)

    def work(cancelled: Event) -> str:
        begun.wait()
        assert cancelled.wait(10)
        return "hard" if getattr(cancelled, "hard", False) else "soft"

    running = [executor.submit(Submission(str(n), work)) for n in range(2)]
    begun.wait()
    waiting = executor.submit(Submission("waiting", lambda _: pytest.fail("this must not run")))
    assert waiting.state() == "waiting"
    waiting.cancel()
    assert waiting.state() == "cancelled"
    with pytest.raises(TaskError, match="cancelled before it began"):
        waiting.result(1)
    for handle in running:
        assert handle.state() == "running"
        handle.cancel()
        assert handle.result(10) == "soft"
        handle.cancel()
        assert handle.state() == "done"


def test_a_second_cancel_is_hard(executor: Executor) -> None:
    begun = threading.Event()

    def work(cancelled: Event) -> bool:
        begun.set()
        while not getattr(cancelled, "hard", False):
            time.sleep(0.005)
        return True

    handle = executor.submit(Submission("x", work))
    assert begun.wait(10)
    handle.cancel()
    handle.cancel()
    assert handle.result(10) is True


def test_logs_are_read_from_the_task(executor: Executor, tmp_path: Any) -> None:
    path = tmp_path / "log"
    handle = executor.submit(Submission("x", lambda _: path.write_bytes(b"hello"), log_path=path))
    handle.result(10)
    assert handle.logs() == b"hello"
    assert executor.submit(Submission("y", lambda _: None)).logs() == b""


def test_closing_cancels_and_waits() -> None:
    executor = LocalExecutor(1)
    ended = []

    def work(cancelled: Event) -> None:
        cancelled.wait(10)
        ended.append(True)

    executor.submit(Submission("x", work))
    time.sleep(0.05)
    executor.close()
    assert ended == [True]
    with pytest.raises(ValueError, match="at least 1"):
        LocalExecutor(0)
