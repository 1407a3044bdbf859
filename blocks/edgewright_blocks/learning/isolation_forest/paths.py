"""Walking windows down all trees of a forest at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 1 << 15  # pairs of window and tree that walk together; what a level needs of them stays in a cache


@dataclass(frozen=True)
class Paths:
    """Trees whose leaves lead to themselves, so that all paths are as long as the longest and no level asks which have ended.

    Attributes
    ----------
    feature, threshold : np.ndarray [shape=(nodes,)]
        A test is ``x[feature] > threshold``; that of a leaf never holds.
    children : np.ndarray [shape=(2 · nodes,)]
        Of node i: ``children[2 i]``, and ``children[2 i + 1]`` where the test holds.
    moves : np.ndarray [shape=(2 · nodes,)]
        What the step to that child adds to the length; 0 of a leaf.
    lengths : np.ndarray [shape=(nodes,)]
        Of the path to a node, and what is to be expected from there on.
    roots : np.ndarray [shape=(trees,)]
    depth : int
        Steps of the longest path.
    """

    feature: NDArray[np.intp]
    threshold: NDArray[np.float32]
    children: NDArray[np.intp]
    moves: NDArray[np.float64]
    lengths: NDArray[np.float64]
    roots: NDArray[np.intp]
    depth: int

    def walk(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lengths summed over the trees ``(n,)``, and by how much the tests of each feature moved that sum ``(n, k)``."""
        total, moves = np.zeros(len(x)), np.empty(x.shape)
        step = max(_AT_ONCE // len(self.roots), 1)
        for start in range(0, len(x), step):
            rows = slice(start, start + step)
            moves[rows] = self._walk(x[rows], total[rows])
        return total, moves

    def _walk(self, x: NDArray[np.float32], total: NDArray[np.float64]) -> NDArray[np.float64]:
        rows, trees = len(x), len(self.roots)
        flat = x.ravel()
        # Tree after tree, so that all windows walk through a few kilobytes before the next ones are needed.
        at, begin = np.repeat(self.roots, rows), np.tile(np.arange(rows) * x.shape[1], trees)
        places = np.empty((self.depth, len(at)), np.intp)
        moved = np.empty((self.depth, len(at)))
        for place, move in zip(places, moved, strict=True):
            # Every index is valid; "clip" only spares the copy that the default makes in order to raise.
            np.take(self.feature, at, out=place, mode="clip")
            place += begin
            holds = flat.take(place, mode="clip") > self.threshold.take(at, mode="clip")
            at *= 2
            at += holds
            np.take(self.moves, at, out=move, mode="clip")
            at = self.children.take(at, mode="clip")
        for lengths in self.lengths[at].reshape(
            trees, rows
        ):  # in the order of the trees, as scikit-learn sums
            total += lengths
        moves: NDArray[np.float64] = np.bincount(  # type: ignore[assignment]  # weights make it float64
            places.ravel(), moved.ravel(), minlength=x.size
        ).reshape(x.shape)
        return moves


def paths(
    feature: NDArray[np.int32],
    threshold: NDArray[np.float32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    roots: NDArray[np.int32],
    expected: NDArray[np.float64],
    lengths: NDArray[np.float64],
) -> Paths:
    """Make them of the tables of a forest, see :class:`.forest.Forest`: tests first, then leaves."""
    tests, leaves = len(feature), len(lengths)

    def node(code: NDArray[np.int32]) -> NDArray[np.intp]:
        return np.where(code >= 0, code, tests - 1 - code).astype(np.intp)

    children = np.repeat(np.arange(tests + leaves), 2).reshape(-1, 2)
    children[:tests] = np.stack([node(left), node(right)], axis=1)
    whole = np.concatenate([expected, lengths])
    rooted = node(roots)
    depth, level = 0, rooted[rooted < tests]
    while len(level):
        depth, level = depth + 1, children[level].ravel()
        level = level[level < tests]
    return Paths(
        feature=np.concatenate([feature, np.zeros(leaves, np.int32)]).astype(np.intp),
        threshold=np.concatenate([threshold, np.full(leaves, np.inf, np.float32)]),
        children=children.ravel(),
        moves=(whole[children] - whole[:, None]).ravel(),
        lengths=whole,
        roots=rooted,
        depth=depth,
    )
