"""A forest of random cuts: growing it, and how many cuts set a window apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.trees import Builder, at_most

from .paths import paths

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 1 << 19  # values of windows that are scored at a time


@dataclass(frozen=True)
class Forest:
    """A trained forest. A test is ``x[feature] <= threshold`` in float32.

    Attributes
    ----------
    feature, threshold, left, right : np.ndarray [shape=(tests,)]
        All trees one after another; a child ≥ 0 is a test, below 0 the leaf ``-1 - child``.
    roots : np.ndarray [shape=(trees,), dtype=int32]
        A child, as above.
    expected : np.ndarray [shape=(tests,), dtype=float64]
        Length of the path to a test, and what is to be expected from there on.
    lengths : np.ndarray [shape=(leaves,), dtype=float64]
        The same of a leaf.
    average : float > 0
        Length to be expected of a whole path: :func:`average_length` of the windows that each tree was grown on.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    roots: NDArray[np.int32]
    expected: NDArray[np.float64]
    lengths: NDArray[np.float64]
    average: float

    def score(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Score windows.

        Parameters
        ----------
        x : np.ndarray [shape=(n, k)]

        Returns
        -------
        scores : np.ndarray [shape=(n,), dtype=float64]
            ``2^(−L / average)`` with L the mean length of the window's paths: −``score_samples`` of scikit-learn.
        contributions : np.ndarray [shape=(n, k), dtype=float32]
            Sum to the score; :func:`contributions` says how.
        """
        scores = np.empty(len(x))
        parts = np.empty(x.shape, np.float32)
        tables = paths(
            self.feature, self.threshold, self.left, self.right, self.roots, self.expected, self.lengths
        )
        whole = len(self.roots) * self.average
        step = max(_AT_ONCE // x.shape[1], 1)
        for start in range(0, len(x), step):
            rows = slice(start, start + step)
            total, moves = tables.walk(x[rows])
            scores[rows] = 2 ** -(total / whole)
            parts[rows] = contributions((total - whole) / whole, moves / whole)
        return scores, parts


def contributions(excess: NDArray[np.float64], moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Split the scores ``½ · 2^−E`` by feature.

    Parameters
    ----------
    excess : np.ndarray [shape=(n,)]
        ``E = L / average − 1``, L the mean length of a window's paths.
    moves : np.ndarray [shape=(n, k)]
        What the tests of each feature added to ``E``; they sum to it.

    Returns
    -------
    np.ndarray [shape=(n, k)]
        ``½ / k + slope · move``, with ``slope = (score − ½) / E`` and its limit ``−½ ln 2`` at 0: they sum to the score.
    """
    u = -np.log(2.0) * excess
    secant = np.divide(np.expm1(u), u, out=np.ones_like(u), where=u != 0)
    slope = -0.5 * np.log(2.0) * secant
    split: NDArray[np.float64] = 0.5 / moves.shape[1] + slope[:, None] * moves
    return split


def grow(values: NDArray[np.float32], trees: int, samples: int, seed: int) -> tuple[Forest, Any]:
    """Grow a forest on training features; also return it as scikit-learn has it.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Finite; two different rows at least.
    trees : int ≥ 1
    samples : int ≥ 2
        Windows that each tree is grown on; all where there are fewer.
    seed : int
    """
    from sklearn.ensemble import IsolationForest

    drawn = min(samples, len(values))
    fitted = IsolationForest(n_estimators=trees, max_samples=drawn, random_state=seed, n_jobs=1).fit(values)
    builder = Builder("isolation_forest", values.shape[1], 1)
    expected: list[NDArray[np.float64]] = []
    lengths: list[NDArray[np.float64]] = []
    for member in fitted.estimators_:
        tree = member.tree_
        leaf = tree.children_left < 0
        # In the order of scikit-learn's own sums, so that scores are equal to the last bit.
        value = (tree.compute_node_depths() + average_length(tree.n_node_samples)) - 1.0
        threshold = at_most(np.where(leaf, 0.0, tree.threshold))
        builder.add(tree.feature, threshold, tree.children_left, tree.children_right, value)
        expected.append(value[~leaf])
        lengths.append(value[leaf])
    table = builder.done(0.0)
    forest = Forest(
        feature=table.feature,
        threshold=table.threshold,
        left=table.left,
        right=table.right,
        roots=table.roots,
        expected=np.concatenate(expected),
        lengths=np.concatenate(lengths),
        average=float(average_length(np.array([drawn]))[0]),
    )
    return forest, fitted


def average_length(windows: NDArray[Any]) -> NDArray[np.float64]:
    """Mean length of the paths in a tree of random cuts through so many windows: ``2 (ln(n − 1) + γ) − 2 (n − 1) / n``.

    Examples
    --------
    >>> average_length(np.array([1, 2, 256])).round(2).tolist()
    [0.0, 1.0, 10.24]
    """
    n = np.maximum(np.asarray(windows, np.float64), 2.0)
    length = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(windows <= 1, 0.0, np.where(windows == 2, 1.0, length))
