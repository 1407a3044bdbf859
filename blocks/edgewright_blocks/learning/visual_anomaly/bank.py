"""The memory bank: cells of normal images, and how far other cells are from the nearest of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .steps import Steps, in_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Values = NDArray[np.float32]
    Mask = NDArray[np.bool_] | None

_CELLS, _KEPT = 1024, 512  # a matrix product holds at most so many distances: they stay in a cache
_LARGEST_EXPONENT = 60.0
_FAR = 1e37  # not infinite: within a matrix product that can become NaN
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
    steps : Steps, optional
        The cells as they are kept in int8; ``cells`` are these in float32.
    """

    cells: Values
    owners: NDArray[np.int32]
    support: NDArray[np.int32]
    steps: Steps | None = None

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Bank:
        """Read what :meth:`arrays` gave."""
        owners, support = arrays["owners"], arrays["support"]
        if "cells" in arrays:
            return cls(arrays["cells"], owners, support)
        steps = Steps(arrays["cells_int8"], arrays["scale"], arrays["offset"])
        return cls(steps.cells, owners, support, steps)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays of a model that keeps it."""
        rest = {"owners": self.owners, "support": self.support}
        if self.steps is None:
            return {"cells": self.cells, **rest}
        return {
            "cells_int8": self.steps.numbers,
            "scale": self.steps.scale,
            "offset": self.steps.offset,
            **rest,
        }

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
            scores[part] = self._weighted(cells[part], nearest[part], allowed)
        return scores, nearest

    def _nearest(self, cells: Values, allowed: Mask) -> NDArray[np.int32]:
        away, along = self._away(cells), np.arange(len(cells))
        least, nearest = np.full(len(cells), np.inf, np.float32), np.zeros(len(cells), np.int32)
        for start in range(0, len(self.cells), _KEPT):
            squares = self._squares(away, allowed, start, start + _KEPT)
            at = squares.argmin(axis=1)
            found = squares[along, at]
            closer = found < least
            least[closer], nearest[closer] = found[closer], at[closer] + start
        own = np.einsum("ij,ij->i", away[:, :-1], away[:, :-1])
        slack = 4 * away.shape[1] * _ROUNDING * np.maximum(own, self._factors[2])
        # Products can't tell two so near to a cell apart, and it would show.
        close = np.flatnonzero(least + own < 256 * slack)
        if len(close):
            most = (least + 2 * slack)[close, None]
            rows, near = np.nonzero(self._squares(away[close], allowed) <= most)
            exact = np.square(self.cells[near] - cells[close[rows]].astype(np.float64)).sum(axis=1)
            order = np.lexsort((exact, rows))
            first = order[np.unique(rows[order], return_index=True)[1]]
            nearest[close] = near[first]
        return nearest

    def _away(self, cells: Values) -> Values:
        """Cells from the middle, and a 1 beside each for the kept cell's own square."""
        away = np.empty((len(cells), cells.shape[1] + 1), np.float32)
        np.subtract(cells, self._factors[0], out=away[:, :-1])
        away[:, -1] = 1
        return away

    def _squares(self, away: Values, allowed: Mask, start: int = 0, stop: int | None = None) -> Values:
        """Square distances to kept cells, less the cell's own square; huge to those that don't count."""
        factors = self._factors[1][start:stop]
        if allowed is not None:
            factors = factors.copy()
            factors[~allowed[start:stop], -1] = _FAR
        return np.asarray(away @ factors.T)

    def _weighted(self, cells: Values, nearest: NDArray[np.int32], allowed: Mask) -> Values:
        least = _distances(cells, self.cells[nearest])
        if self.support.shape[1] < 2:
            return least
        support = self.support[nearest]
        if allowed is not None:
            places, rows = np.unique(nearest[~allowed[support].all(axis=1)], return_inverse=True)
            support[~allowed[support].all(axis=1)] = self._support(places, support.shape[1], allowed)[rows]
        total = np.ones(len(cells), np.float32)
        for place in range(1, support.shape[1]):
            farther = _distances(cells, self.cells[support[:, place]]) - least
            counts = True if allowed is None else allowed[support[:, place]]
            total += counts * np.exp(np.minimum(farther, _LARGEST_EXPONENT))
        return np.asarray(least * (1 - 1 / total), np.float32)

    def _support(self, places: NDArray[Any], count: int, allowed: Mask = None) -> NDArray[np.int32]:
        """The kept cells nearest to some of them, each itself first; those that don't count come last."""
        support = np.empty((len(places), count), np.int32)
        rows = max(_CELLS * _KEPT // max(len(self.cells), 1), 1)
        for start in range(0, len(places), rows):
            part = places[start : start + rows]
            squares = self._squares(self._away(self.cells[part]), allowed)
            squares[np.arange(len(part)), part] = -np.inf
            near = np.argpartition(squares, count - 1, axis=1)[:, :count]
            order = np.argsort(np.take_along_axis(squares, near, axis=1), axis=1, kind="stable")
            support[start : start + rows] = np.take_along_axis(near, order, axis=1)
        return support


def make_bank(cells: Values, owners: NDArray[np.int32], neighbours: int, kind: str = "float32") -> Bank:
    """Make a bank of chosen cells, and find which of them are near each other.

    Parameters
    ----------
    cells : np.ndarray [shape=(m, channels)]
    owners : np.ndarray [shape=(m,)]
    neighbours : int
    kind : {"float32", "int8"}
        What a cell's values are kept as.
    """
    steps = in_steps(cells) if kind == "int8" else None
    alone = Bank(cells if steps is None else steps.cells, owners, np.zeros((len(cells), 1), np.int32), steps)
    support = alone._support(np.arange(len(cells)), min(neighbours, len(cells)))
    return Bank(alone.cells, owners, support, steps)


def _distances(cells: Values, others: Values) -> Values:
    away = cells - others
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", away, away)), np.float32)
