"""Decision trees of all makers as one table: forests, boosting, a single tree.

Every test is ``x[feature] <= threshold`` in float32. Makers that compare in float64 or by ``<`` get the float32 threshold
that decides every float32 feature as theirs does, so decisions are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_AT_ONCE = 1 << 20  # pairs of row and tree that walk together


@dataclass(frozen=True)
class Trees:
    """``raw = base + Σ over trees of the leaf reached``, each added to the tree's own output or to all of them.

    Attributes
    ----------
    features : int
        Length of a feature vector.
    feature, threshold, left, right : np.ndarray [shape=(nodes,)]
        A test; ``left`` where it holds. A child ≥ 0 is a node, below 0 the leaf ``-1 - child``.
    leaves : np.ndarray [shape=(leaves, width), dtype=float32]
        ``width`` is 1, or the number of outputs.
    roots : np.ndarray [shape=(trees,), dtype=int32]
        A child, as above: a tree may be one leaf.
    output : np.ndarray [shape=(trees,), dtype=int32]
        What the tree adds to where ``width`` is 1.
    base : np.ndarray [shape=(outputs,), dtype=float64]
    """

    features: int
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    leaves: NDArray[np.float32]
    roots: NDArray[np.int32]
    output: NDArray[np.int32]
    base: NDArray[np.float64]

    @property
    def outputs(self) -> int:
        """Number of raw outputs."""
        return len(self.base)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw outputs of rows ``(n, features)``, summed in float64."""
        raw = np.empty((len(x), self.outputs))
        step = max(_AT_ONCE // max(len(self.roots), 1), 1)
        for start in range(0, len(x), step):
            raw[start : start + step] = self._sum(self._walk(x[start : start + step]))
        return raw + self.base

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays of a model."""
        names = ("feature", "threshold", "left", "right", "leaves", "roots", "output", "base")
        return {name: getattr(self, name) for name in names}

    def rounding(self) -> float:
        """Largest error of a raw output that is summed in float32, tree by tree, in units of its rounding (2⁻²⁴)."""
        rooted = self.roots >= 0
        counts = np.ones(
            len(self.roots), np.int64
        )  # of leaves: those of a tree stand together, one more than its tests
        counts[rooted] += np.diff(np.append(self.roots[rooted], len(self.feature)))
        starts = np.cumsum(counts) - counts
        largest = np.maximum.reduceat(np.abs(self.leaves.astype(np.float64)), starts, axis=0)
        worst = 0.0
        for output, base in enumerate(np.abs(self.base)):
            own = largest[:, output] if largest.shape[1] > 1 else largest[self.output == output, 0]
            worst = max(worst, float(base + (base + np.cumsum(own)).sum()))  # each step rounds the sum so far
        return worst

    def _walk(self, x: NDArray[np.float32]) -> NDArray[np.int32]:
        """Leaf that each row reaches in each tree, ``(n, trees)``."""
        at = np.repeat(self.roots[None, :], len(x), axis=0).ravel()
        row = np.repeat(np.arange(len(x)), len(self.roots))
        going = np.flatnonzero(at >= 0)
        while len(going):
            node = at[going]
            holds = x[row[going], self.feature[node]] <= self.threshold[node]
            at[going] = np.where(holds, self.left[node], self.right[node])
            going = going[at[going] >= 0]
        return (-1 - at).reshape(len(x), len(self.roots))

    def _sum(self, reached: NDArray[np.int32]) -> NDArray[np.float64]:
        raw = np.zeros((len(reached), self.outputs))
        wide = self.leaves.shape[1] > 1
        for tree in range(len(self.roots)):  # in the order of the trees, as every maker sums
            leaves = self.leaves[reached[:, tree]]
            if wide:
                raw += leaves
            else:
                raw[:, self.output[tree]] += leaves[:, 0]
        return raw


class Builder:
    """Collects trees one by one.

    Parameters
    ----------
    source : str
        What is being read, for messages.
    features : int
        Length of a feature vector.
    outputs : int
        Raw outputs of the whole model.
    """

    def __init__(self, source: str, features: int, outputs: int) -> None:
        self.source, self.features, self.outputs = source, features, outputs
        self._nodes = self._leaves = 0
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _PARTS}
        self._roots: list[int] = []
        self._output: list[int] = []

    def add(
        self,
        feature: ArrayLike,
        threshold: NDArray[np.float32],
        left: ArrayLike,
        right: ArrayLike,
        leaves: NDArray[Any],
        output: int = 0,
    ) -> None:
        """Add a tree given as nodes of which 0 is the root; a node whose ``left`` is negative is a leaf.

        Parameters
        ----------
        feature, threshold, left, right : array [shape=(nodes,)]
            What leaves have there doesn't matter, but for ``left``.
        leaves : np.ndarray [shape=(nodes, width)]
            What tests have there doesn't matter.
        output : int
            Where ``width`` is 1: what the tree adds to.

        Raises
        ------
        BlockError
            For a table that is no tree.
        """
        feature, left, right = (np.asarray(values, dtype=np.int64) for values in (feature, left, right))
        inner = left >= 0
        self._check(feature[inner], left[inner], right[inner], threshold[inner], len(left), output)
        code = np.empty(len(left), np.int64)
        code[inner] = self._nodes + np.arange(np.count_nonzero(inner))
        code[~inner] = -1 - (self._leaves + np.arange(np.count_nonzero(~inner)))
        values = np.asarray(leaves, np.float64).reshape(len(left), -1)[~inner].astype(np.float32)
        if not np.isfinite(values).all():
            raise BlockError(
                f"{self.source}: tree {len(self._roots)} has a leaf that is not finite in float32"
            )
        found: tuple[NDArray[Any], ...] = (
            feature[inner],
            threshold[inner],
            code[left[inner]],
            code[right[inner]],
            values,
        )
        for part, array in zip(self._parts.values(), found, strict=True):
            part.append(array)
        self._roots.append(int(code[0]))
        self._output.append(output)
        self._nodes += int(np.count_nonzero(inner))
        self._leaves += int(np.count_nonzero(~inner))

    def done(self, base: ArrayLike) -> Trees:
        """All trees as one table, over ``base`` (one value an output)."""
        if not self._roots:
            raise BlockError(f"{self.source} holds no tree")
        joined = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        threshold = np.clip(joined["threshold"], -_LARGEST, _LARGEST)  # a device table is finite
        return Trees(
            features=self.features,
            feature=joined["feature"].astype(np.int32),
            threshold=threshold.astype(np.float32),
            left=joined["left"].astype(np.int32),
            right=joined["right"].astype(np.int32),
            leaves=joined["leaves"],
            roots=np.array(self._roots, np.int32),
            output=np.array(self._output, np.int32),
            base=np.broadcast_to(np.asarray(base, np.float64), (self.outputs,)).copy(),
        )

    def _check(
        self,
        feature: NDArray[np.int64],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        threshold: NDArray[np.float32],
        nodes: int,
        output: int,
    ) -> None:
        where = f"{self.source}: tree {len(self._roots)}"
        if not 0 <= output < self.outputs:
            raise BlockError(f"{where} belongs to output {output} of {self.outputs}")
        children = np.concatenate([left, right])
        # Each node but the root has one parent at most, and the root none: then no walk from it can go round.
        whole = nodes > 0 and bool(((children > 0) & (children < nodes)).all())
        if not whole or (len(children) and np.bincount(children).max() > 1):
            raise BlockError(f"{where} is damaged: its nodes are no tree")
        if len(feature) and not (feature.min() >= 0 and feature.max() < self.features):
            raise BlockError(f"{where} tests feature {feature.max()} of {self.features}")
        if np.isnan(threshold).any():
            raise BlockError(f"{where} has a threshold that is no number")


def at_most(threshold: ArrayLike) -> NDArray[np.float32]:
    """Largest float32 ``t`` with ``t <= threshold``: for float32 x, ``x <= t`` decides as ``x <= threshold`` does."""
    wide = np.asarray(threshold, np.float64)
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float32)
    return np.where(narrow > wide, below(narrow), narrow)


def below(threshold: ArrayLike) -> NDArray[np.float32]:
    """Largest float32 below a float32 threshold: ``x <= t`` decides as ``x < threshold`` does."""
    with np.errstate(over="ignore"):
        return np.nextafter(np.asarray(threshold, np.float32), np.float32(-np.inf))


_PARTS = ("feature", "threshold", "left", "right", "leaves")
_LARGEST = np.finfo(np.float32).max
