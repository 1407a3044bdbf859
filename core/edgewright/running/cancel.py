"""Ctrl-C: once asks the tasks to stop, twice kills them."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Cancel(threading.Event):
    """An event that remembers how often it was set; runners kill at once when :attr:`hard` holds."""

    def __init__(self) -> None:
        super().__init__()
        self._times = 0

    def set(self) -> None:
        """Ask once; ask twice to kill."""
        self._times += 1
        super().set()

    @property
    def hard(self) -> bool:
        """Whether it was set more than once."""
        return self._times > 1

    @property
    def times(self) -> int:
        """How often it was set."""
        return self._times


@contextmanager
def on_interrupt(cancel: Cancel) -> Iterator[None]:
    """Turn SIGINT into ``cancel.set()`` within the block (main thread only; elsewhere it does nothing)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_signal: int, _frame: FrameType | None) -> None:
        cancel.set()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
