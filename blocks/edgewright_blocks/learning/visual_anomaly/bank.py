"""The memory bank: cells of normal images, and how far other cells are from the nearest of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

_CELLS, _KEPT = 1024, 2048  # a matrix product holds at most so many distances
_LARGEST_EXPONENT = 60.0
_ROUNDING = 2.0**-24


@dataclass(frozen=True)
class Bank:
    """Cells kept of the training images.

    Attributes
    ----------
    cells : np.ndarray [shape=(m, channels), dtype=float32]
    owners : np.ndarray [shape=(m,), dtype=int32]
        Group of the image that a cell comes from.
    support : np.ndarray [shape=(m, b), dtype=int32]
        The `b` kept cells nearest to each, itself first.
    """

    cells: Values
    owners: NDArray[np.int32]
    support: NDArray[np.int32]

    @cached_property
    def _factors(self) -> tuple[Values, Values, float]:
        """The middle of the cells; −2 times each cell's way from it, with its square; the largest of those."""
        middle = self.cells.mean(axis=0, dtype=np.float64).astype(np.float32)
        away = self.cells - middle
        squares = np.einsum("ij,ij->i", away, away, dtype=np.float64).astype(np.float32)
        return middle, np.concatenate([-2 * away, squares[:, None]], axis=1), float(squares.max(initial=0))

    def scores(self, cells: Values, *, without: int | None = None) -> tuple[Values, NDArray[np.int32]]:
        """Score cells.

        Parameters
        ----------
        cells : np.ndarray [shape=(n, channels), dtype=float32]
        without : int, optional
            A group whose kept cells don't count: the score as if its images had not been learned from.

        Returns
        -------
        scores : np.ndarray [shape=(n,), dtype=float32]
            Distance to the nearest kept cell, times the weight of the paper's equation 7.
        nearest : np.ndarray [shape=(n,), dtype=int32]
            Which kept cell that is.
        """
        scores, nearest = np.empty(len(cells), np.float32), np.empty(len(cells), np.int32)
        allowed = None if without is None else self.owners != without
        if allowed is not None and not allowed.any():
            allowed = None
        for start in range(0, len(cells), _CELLS):
            part = slice(start, start + _CELLS)
            nearest[part] = self._nearest(cells[part], allowed)
            scores[part] = self._weighted(cells[part], nearest[part])
        return scores, nearest

    def _nearest(self, cells: Values, allowed: NDArray[np.bool_] | None) -> NDArray[np.int32]:
        middle, factors, largest = self._factors
        away = np.empty((len(cells), cells.shape[1] + 1), np.float32)
        np.subtract(cells, middle, out=away[:, :-1])
        away[:, -1] = 1
        along = np.arange(len(cells))
        least, second = np.full((2, len(cells)), np.inf, np.float32)
        nearest = np.zeros(len(cells), np.int32)
        for start in range(0, len(factors), _KEPT):
            squares = away @ factors[start : start + _KEPT].T
            if allowed is not None:
                squares[:, ~allowed[start : start + _KEPT]] = np.inf
            at = squares.argmin(axis=1)
            found = squares[along, at]
            squares[along, at] = np.inf
            second = np.minimum(second, squares.min(axis=1))
            closer = found < least
            second = np.minimum(second, np.where(closer, least, found))
            least[closer], nearest[closer] = found[closer], at[closer] + start
        own = np.einsum("ij,ij->i", away[:, :-1], away[:, :-1])
        slack = 4 * away.shape[1] * _ROUNDING * np.maximum(own, largest)
        # Products can't tell two so near each other apart, and it would show.
        for row in np.flatnonzero((second <= least + 2 * slack) & (least + own < 256 * slack)):
            nearest[row] = self._nearest_exactly(cells[row], away[row], least[row] + 2 * slack[row], allowed)
        return nearest

    def _nearest_exactly(
        self, cell: Values, away: Values, most: float, allowed: NDArray[np.bool_] | None
    ) -> int:
        squares = self._factors[1] @ away
        if allowed is not None:
            squares[~allowed] = np.inf
        near = np.flatnonzero(squares <= most)
        return int(near[np.square(self.cells[near] - cell.astype(np.float64)).sum(axis=1).argmin()])

    def _weighted(self, cells: Values, nearest: NDArray[np.int32]) -> Values:
        least = _distances(cells, self.cells[nearest])
        if self.support.shape[1] < 2:
            return least
        total = np.ones(len(cells), np.float32)
        for place in range(1, self.support.shape[1]):
            farther = _distances(cells, self.cells[self.support[nearest, place]]) - least
            total += np.exp(np.minimum(farther, _LARGEST_EXPONENT))
        return np.asarray(least * (1 - 1 / total), np.float32)


def make_bank(cells: Values, owners: NDArray[np.int32], neighbours: int) -> Bank:
    """Make a bank of chosen cells, and find which of them are near each other."""
    alone = Bank(cells, owners, np.zeros((len(cells), 1), np.int32))
    middle, factors, _ = alone._factors
    away = np.concatenate([cells - middle, np.ones((len(cells), 1), np.float32)], axis=1)
    count = min(neighbours, len(cells))
    support = np.empty((len(cells), count), np.int32)
    for start in range(0, len(cells), _CELLS):
        squares = away[start : start + _CELLS] @ factors.T
        rows = np.arange(len(squares))
        squares[rows, rows + start] = -np.inf  # itself first
        near = np.argpartition(squares, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(squares, near, axis=1), axis=1, kind="stable")
        support[start : start + _CELLS] = np.take_along_axis(near, order, axis=1)
    return Bank(cells, owners, support)


def _distances(cells: Values, others: Values) -> Values:
    away = cells - others
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", away, away)), np.float32)
