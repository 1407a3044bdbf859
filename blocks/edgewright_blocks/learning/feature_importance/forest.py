"""Importance of features: the decrease of impurity that they bring about in a random forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def importance_of_classes(
    values: NDArray[np.float32], targets: NDArray[Any], classes: int, trees: int, seed: int
) -> NDArray[np.float64]:
    """How much each feature helps to tell each class from the others.

    Parameters
    ----------
    values : np.ndarray [shape=(n, f)]
    targets : np.ndarray [shape=(n,)]
        Index of each row's class, below ``classes``.
    trees, seed : int

    Returns
    -------
    np.ndarray [shape=(classes, f)]
        Sums to 1; its sum over classes is scikit-learn's ``feature_importances_``. All 0 where no feature tells anything.

    Notes
    -----
    Gini's impurity is a sum over classes, ``1 − Σ p² = Σ p (1 − p)``, and so is its decrease at a split. No term is
    negative, since ``p (1 − p)`` is concave.
    """
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(trees, class_weight="balanced", random_state=seed, n_jobs=1)
    forest.fit(values, targets)
    found = np.zeros((classes, values.shape[1]))
    for estimator in forest.estimators_:
        decrease = _decrease(estimator.tree_, values.shape[1])
        total = decrease.sum()
        if total > 0:  # else the tree is one leaf
            found[forest.classes_] += decrease / total
    return _shares(found)


def importance_of_numbers(
    values: NDArray[np.float32], targets: NDArray[Any], trees: int, seed: int
) -> NDArray[np.float64]:
    """How much each feature helps to tell numbers, ``(f,)``; sums to 1, or is all 0."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(trees, max_features="sqrt", random_state=seed, n_jobs=1)
    forest.fit(values, targets)
    return _shares(np.asarray(forest.feature_importances_, np.float64))


def thin(targets: NDArray[Any], most: int, seed: int, *, by_class: bool) -> NDArray[np.intp]:
    """Rows to learn from, ascending: all, or about ``most`` chosen at random, of each class its share and at least one."""
    count = len(targets)
    if count <= most:
        return np.arange(count)
    random = np.random.default_rng(seed)
    groups = (
        [np.flatnonzero(targets == code) for code in np.unique(targets)] if by_class else [np.arange(count)]
    )
    kept = [random.choice(rows, -(-len(rows) * most // count), replace=False) for rows in groups]
    return np.sort(np.concatenate(kept))


def _decrease(tree: Any, features: int) -> NDArray[np.float64]:
    """Decrease of each class's impurity by the splits of one tree at each feature, ``(classes, features)``."""
    shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
    impurity = tree.weighted_n_node_samples[:, None] * shares * (1 - shares)
    inner = np.flatnonzero(tree.children_left >= 0)
    lost = impurity[inner] - impurity[tree.children_left[inner]] - impurity[tree.children_right[inner]]
    found = np.zeros((features, shares.shape[1]))
    np.add.at(found, tree.feature[inner], np.maximum(lost, 0))  # rounding may leave −1e-17
    return found.T


def _shares(importance: NDArray[np.float64]) -> NDArray[np.float64]:
    total = importance.sum()
    return importance / total if total > 0 else importance
