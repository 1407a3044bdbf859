"""Training windows scored as if unseen, by what is left of the forest without their fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .forest import average_length

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unseen(forest: Any, values: NDArray[np.float32], folds: NDArray[np.int32]) -> NDArray[np.float64]:
    """Score training windows by the forest, the windows of their fold taken out of its trees.

    Without them, nodes hold fewer windows, and cuts that set apart nothing else vanish. What is left might have been grown on
    the others alone, by the same draws. A forest grown anew has draws of its own, which move all its scores up or down a little
    together: that would show beside what a window's being unseen changes.

    Parameters
    ----------
    forest : sklearn.ensemble.IsolationForest
        Fitted to `values`.
    values : np.ndarray [shape=(n, k), dtype=float32]
    folds : np.ndarray [shape=(n,), dtype=int32]
        The fold of each window; −1: in none. Those count for no fold, and have no meaningful score here.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64]
    """
    names, fold = np.unique(folds, return_inverse=True)
    fold = fold.ravel()
    length, whole = np.zeros(len(values)), np.zeros(len(names))
    for member, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        held = _counts(member.tree_, values[drawn], fold[drawn], len(names))
        others = held[int(names[0] < 0) :].sum(axis=0) - held
        length += _lengths(member.tree_, values, others, fold)
        whole += average_length(others[:, 0])
    scores: NDArray[np.float64] = 2.0 ** -(length / np.maximum(whole, 1.0)[fold])
    return scores


def _counts(tree: Any, rows: NDArray[np.float32], fold: NDArray[np.intp], folds: int) -> NDArray[np.int64]:
    """How many windows of each fold fell into each node, ``(folds, nodes)``."""
    counts = np.zeros(folds * tree.node_count, np.int64)
    at: NDArray[np.intp] = np.zeros(len(rows), np.intp)
    while len(at):
        counts += np.bincount(fold * tree.node_count + at, minlength=len(counts))
        inner = tree.children_left[at] >= 0
        rows, fold, at = rows[inner], fold[inner], at[inner]
        at = _below(tree, rows, at)
    return counts.reshape(folds, -1)


def _lengths(
    tree: Any, values: NDArray[np.float32], others: NDArray[np.int64], fold: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Length of each window's path among the windows of other folds, ``others`` of which are in each node."""
    lengths = np.zeros(len(values))
    row, steps = np.arange(len(values)), np.zeros(len(values))
    at: NDArray[np.intp] = np.zeros(len(values), np.intp)
    while len(row):
        held = others[fold[row], at]
        ends = (tree.children_left[at] < 0) | (held <= 1)
        lengths[row[ends]] = steps[ends] + average_length(held[ends])
        row, at, steps, held = row[~ends], at[~ends], steps[~ends], held[~ends]
        left, right = tree.children_left[at], tree.children_right[at]
        at = _below(tree, values[row], at)
        # A cut that leaves all of them on one side was not there: on to that side, and no step.
        for side in (left, right):
            at = np.where(others[fold[row], side] == held, side, at)
        steps += others[fold[row], at] < held
    return lengths


def _below(tree: Any, rows: NDArray[np.float32], at: NDArray[np.intp]) -> NDArray[np.intp]:
    """The children that windows come to."""
    goes_left = rows[np.arange(len(rows)), tree.feature[at]] <= tree.threshold[at]
    below: NDArray[np.intp] = np.where(goes_left, tree.children_left[at], tree.children_right[at])
    return below
