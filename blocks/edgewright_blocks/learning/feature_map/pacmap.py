"""PaCMAP: windows on a plane by three kinds of pairs (Wang, Huang, Rudin and Shaposhnik, JMLR 22 (2021)).

Written out here in numpy, by the paper's algorithm 1 and its constants: the package ``pacmap`` brings compilers along that
take longer to start, in a task where nothing may be kept, than these few thousand windows take to be laid out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]

ITERATIONS = 450
_CANDIDATES = 50  # beyond the neighbours, of which those near by the local scale are taken
_TRIES = 6  # random windows, of which the second nearest makes a mid-near pair
_AT_ONCE = 512
_START = 0.01  # of the principal components


def lay_out(z: NDArray[np.float64], neighbours: int, seed: int) -> NDArray[np.float32]:
    """Places ``(n, 2)`` of windows.

    Parameters
    ----------
    z : np.ndarray [shape=(n, c)]
        Principal components, the strongest first; ``n`` > 2 × ``neighbours``, ``c`` ≥ 1.
    neighbours : int
        Near pairs of each window. Half as many are mid-near and twice as many far.
    seed : int
    """
    random = np.random.default_rng(seed)
    near = _near(z, neighbours)
    middle = _mid_near(z, max(1, neighbours // 2), random)
    far = _far(near, 2 * neighbours, random)
    pairs = [_pairs(chosen) for chosen in (near, middle, far)]
    places = np.zeros((len(z), 2))
    places[:, : min(2, z.shape[1])] = _START * z[:, :2]
    if z.shape[1] == 1:  # else nothing would ever leave the line
        places[:, 1] = _START * random.normal(size=len(z))
    return _descend(places, pairs).astype(np.float32)


def _near(z: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """The nearest windows of each by distance over the local scales of both, ``(n, count)``."""
    rows, kept = len(z), min(count + _CANDIDATES, len(z) - 1)
    squares = np.square(z).sum(axis=1)
    candidates, distances = np.empty((rows, kept), np.intp), np.empty((rows, kept))
    for start in range(0, rows, _AT_ONCE):
        here = np.arange(start, min(start + _AT_ONCE, rows))
        between = np.maximum(squares[here, None] + squares - 2 * z[here] @ z.T, 0)
        between[np.arange(len(here)), here] = np.inf
        order = np.argsort(between, axis=1, kind="stable")[:, :kept]
        candidates[here], distances[here] = order, np.take_along_axis(between, order, axis=1)
    scale = np.maximum(np.sqrt(distances[:, 3:6]).mean(axis=1), 1e-10)
    order = np.argsort(distances / (scale[:, None] * scale[candidates]), axis=1, kind="stable")
    return np.take_along_axis(candidates, order[:, :count], axis=1)


def _mid_near(z: NDArray[np.float64], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Of six random windows the second nearest, ``count`` times."""
    rows = len(z)
    tried = _others(rows, count * _TRIES, random).reshape(rows, count, _TRIES)
    chosen = np.empty((rows, count), np.intp)
    for start in range(0, rows, _AT_ONCE):
        here = slice(start, start + _AT_ONCE)
        between = np.square(z[tried[here]] - z[here, None, None]).sum(axis=-1)
        second = np.argsort(between, axis=2, kind="stable")[:, :, 1:2]
        chosen[here] = np.take_along_axis(tried[here], second, axis=2)[:, :, 0]
    return chosen


def _far(near: NDArray[np.intp], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Random windows that aren't near; a few draws are left where chance insists."""
    drawn = _others(len(near), count, random)
    for _ in range(8):
        taken = (drawn[:, :, None] == near[:, None, :]).any(axis=2)
        if not taken.any():
            break
        drawn = np.where(taken, _others(len(near), count, random), drawn)
    return drawn


def _others(rows: int, count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Random windows other than the row's own, ``(rows, count)``."""
    drawn = random.integers(0, rows - 1, (rows, count))
    return drawn + (drawn >= np.arange(rows)[:, None])


def _pairs(chosen: NDArray[np.intp]) -> Pairs:
    return np.repeat(np.arange(len(chosen)), chosen.shape[1]), chosen.ravel()


def _descend(places: NDArray[np.float64], pairs: list[Pairs]) -> NDArray[np.float64]:
    """Adam over the three phases."""
    first, second = np.zeros_like(places), np.zeros_like(places)
    for step in range(ITERATIONS):
        slope = np.zeros_like(places)
        # d w·D/(10 + D) = 20·w/(10 + D)² Δ, and so on; far pairs repel.
        for (one, other), weight, offset, sign in zip(
            pairs, _weights(step), (10.0, 10_000.0, 1.0), (1, 1, -1), strict=True
        ):
            if not weight:
                continue
            apart = places[one] - places[other]
            squared = 1 + np.square(apart).sum(axis=1)
            pull = sign * weight * 2 * offset / np.square(offset + squared)
            for axis in range(2):
                force = pull * apart[:, axis]
                slope[:, axis] += np.bincount(one, force, len(places)) - np.bincount(
                    other, force, len(places)
                )
        first += 0.1 * (slope - first)
        second += 0.001 * (np.square(slope) - second)
        rate = np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
        places = places - rate * first / (np.sqrt(second) + 1e-7)
    return places


def _weights(step: int) -> tuple[float, float, float]:
    """Weights of near, mid-near and far pairs: first the whole, then the neighbourhoods, then their edges."""
    if step < 100:
        return 2.0, 1000.0 * (1 - step / 100) + 3.0 * step / 100, 1.0
    return (3.0, 3.0, 1.0) if step < 200 else (1.0, 0.0, 1.0)
