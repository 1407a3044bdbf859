"""Which cells of the training images are kept, within a bound of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import BlockError

from .greedy import k_centre_greedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_MEGABYTE = 1 << 20
_FINER = 2  # an intermediate choice keeps so many times the cells that the last one does


class Coreset:
    """Cells on their way into the bank.

    Parameters
    ----------
    total : int
        Cells that will come.
    channels : int
    ratio : float in (0, 1]
        Share of them that is kept.
    memory : float
        MiB of cells held at once. Where all of them take more, they are merged and reduced: whenever the room is full, the cells
        in it are thinned out by the same greedy choice, to twice the share that is kept in the end.
    known : np.ndarray [shape=(m, channels)], optional
        Cells that a bank holds already: those kept are far from them too.

    Attributes
    ----------
    reductions : int
        How often cells were thinned out before the end.
    """

    def __init__(
        self,
        total: int,
        channels: int,
        ratio: float,
        memory: float,
        *,
        known: NDArray[np.float32] | None = None,
    ) -> None:
        self.count = max(int(ratio * total), 1)
        self.ratio, self.known, self.reductions = ratio, known, 0
        room = int(memory * _MEGABYTE / (4 * channels))
        if room < min(total, 2 * self.count):
            needed = 4 * channels * 2 * self.count / _MEGABYTE
            raise BlockError(
                f"{self.count} cells of {channels} channels are to be kept (sampling-ratio {ratio:g} of {total}), and choosing them takes "
                f"{needed:.0f} MB; memory-limit is {memory:g}: raise it, or lower sampling-ratio"
            )
        self._cells = np.empty((min(room, total), channels), np.float32)
        self._places = np.empty(len(self._cells), np.int64)
        self._held = self._come = 0

    def add(self, cells: NDArray[np.float32]) -> None:
        """Take the next cells, ``(n, channels)``."""
        while len(cells):
            if self._held == len(self._cells):
                self._reduce()
            count = min(len(cells), len(self._cells) - self._held)
            end = self._held + count
            self._cells[self._held : end] = cells[:count]
            self._places[self._held : end] = np.arange(self._come, self._come + count)
            self._held, self._come, cells = end, self._come + count, cells[count:]

    def _reduce(self) -> None:
        self.reductions += 1
        count = min(max(int(_FINER * self.ratio * self._come), self.count), len(self._cells) // 2)
        kept = np.sort(k_centre_greedy(self._cells, count, known=self.known))
        self._cells[: len(kept)], self._places[: len(kept)] = self._cells[kept], self._places[kept]
        self._held = len(kept)

    def chosen(
        self, random: np.random.Generator, progress: Callable[[int, int], None]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Choose.

        Returns
        -------
        cells : np.ndarray [shape=(m, channels)]
            In the order chosen.
        places : np.ndarray [shape=(m,)]
            Which of the cells that came they are.
        """
        held = self._cells[: self._held]
        if self.count >= len(held) and self.known is None:  # all of them: nothing to choose
            return held, self._places[: self._held]
        first = int(random.integers(len(held)))
        picks = k_centre_greedy(
            held, min(self.count, len(held)), first=first, known=self.known, progress=progress
        )
        return held[picks], self._places[picks]

    @property
    def whole(self) -> NDArray[np.float32] | None:
        """All cells that came, where none was thinned out."""
        return None if self.reductions else self._cells[: self._held]
