"""Trees as one operation of ONNX's machine learning domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.fragments.fragment import Fragment


def sum_of_leaves(
    fragment: Fragment,
    value: str,
    *,
    feature: NDArray[Any],
    threshold: NDArray[Any],
    left: NDArray[Any],
    right: NDArray[Any],
    roots: NDArray[Any],
    leaves: NDArray[Any],
) -> str:
    """Walk every tree and add up the rows of ``leaves`` that are reached: ``(n, width)``.

    Parameters
    ----------
    fragment : Fragment
    value : str
        Rows of features.
    feature, threshold, left, right, roots
        As of :class:`~edgewright_sdk.artifacts.trees.Trees`.
    leaves : np.ndarray [shape=(leaves, width)]
    """
    tests, count, width = len(feature), len(leaves), leaves.shape[1]
    tree, number = numbered(left, right, roots, count)
    order = np.lexsort((number, tree))

    def place(code: NDArray[Any]) -> NDArray[np.int64]:
        return np.asarray(number[np.where(code >= 0, code, tests - 1 - code)])

    none = np.zeros(count, np.int64)
    kinds = np.array(["BRANCH_LEQ"] * tests + ["LEAF"] * count)
    rows, columns = np.nonzero(leaves)
    if not len(rows):  # the operation wants a weight at least
        rows = columns = np.zeros(1, np.int64)
    return fragment.add(
        "TreeEnsembleRegressor",
        value,
        n_targets=width,
        nodes_treeids=tree[order],
        nodes_nodeids=number[order],
        nodes_modes=kinds[order].tolist(),
        nodes_featureids=np.concatenate([feature, none])[order].astype(np.int64),
        nodes_values=np.concatenate([threshold, none])[order].astype(np.float32),
        nodes_truenodeids=np.concatenate([place(left), none])[order],
        nodes_falsenodeids=np.concatenate([place(right), none])[order],
        target_treeids=tree[tests + rows],
        target_nodeids=number[tests + rows],
        target_ids=columns,
        target_weights=np.asarray(leaves[rows, columns], np.float32),
    )


def numbered(
    left: NDArray[Any], right: NDArray[Any], roots: NDArray[Any], leaves: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tree of each test and then of each leaf, and its number in that tree: a parent's is lower, the root's is 0."""
    tests = len(left)
    tree: NDArray[np.int64] = np.zeros(tests + leaves, np.int64)
    number: NDArray[np.int64] = np.zeros(tests + leaves, np.int64)
    level = np.where(roots >= 0, roots, tests - 1 - roots).astype(np.int64)
    tree[level] = np.arange(len(roots))
    used: NDArray[np.int64] = np.ones(len(roots), np.int64)
    while len(level):
        inner = level[level < tests]
        codes = np.concatenate([left[inner], right[inner]])
        level = np.where(codes >= 0, codes, tests - 1 - codes).astype(np.int64)
        owners = np.concatenate([tree[inner], tree[inner]])
        order = np.argsort(owners, kind="stable")
        level, owners = level[order], owners[order]
        tree[level] = owners
        first = np.searchsorted(owners, owners)  # of the tree in this level
        number[level] = used[owners] + np.arange(len(owners)) - first
        used += np.bincount(owners, minlength=len(roots))
    return tree, number
