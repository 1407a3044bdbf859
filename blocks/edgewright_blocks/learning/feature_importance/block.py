"""Feature importance: which features tell the labels of the training windows apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from edgewright_sdk import BlockError, LearningBlock, LearningDescription, Model

from .forest import importance_of_classes, importance_of_numbers, thin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Context, Features, FeatureSpec, Params

#: More windows make a forest slow and its order no better.
MOST_WINDOWS = 10_000


class FeatureImportance(LearningBlock):
    """Ranks features; there is nothing to score with."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:  # noqa: ARG002
        """Say that nothing is scored, and refuse where there is nothing to rank."""
        if not features.labels:
            raise BlockError("the upstream blocks give no features")
        return LearningDescription(kind="classification", outputs=[], classes=list(self.context.classes))

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Grow the forest and keep what its splits say."""
        targets = context.targets
        if targets is None:
            raise BlockError("feature importance needs a label for each training window (targets)")
        numbers = targets.dtype.kind == "f"
        columns = _nameable(train.labels)
        if len(columns) < len(train.labels):
            context.warn(
                f"{len(train.labels) - len(columns)} features have the label of an earlier one, "
                "so nobody can name them: they are not ranked"
            )
        rows = thin(targets, MOST_WINDOWS, context.seed, by_class=not numbers)
        values, chosen = _read(train, rows, columns), targets[rows]
        trees = int(params.trees)
        arrays: dict[str, NDArray[Any]] = {"columns": np.array(columns, np.int32)}
        if numbers:
            arrays["importance"] = importance_of_numbers(values, chosen, trees, context.seed)
        else:
            count = max(len(context.classes), int(targets.max()) + 1)
            arrays["by_label"] = importance_of_classes(values, chosen, count, trees, context.seed)
            arrays["importance"] = arrays["by_label"].sum(axis=0)
        meta = {
            "labels": [train.labels[column] for column in columns],
            "classes": [] if numbers else list(context.classes),
            "windows": len(rows),
        }
        return Model(meta, arrays)

    def score(self, model: Model, features: Features, params: Params) -> NoReturn:  # noqa: ARG002
        """Refuse: the forest isn't kept."""
        raise BlockError(
            "this block ranks features and scores nothing; the block `classifier` tells labels apart"
        )


def _nameable(labels: list[str]) -> list[int]:
    """The first column of each label."""
    first: dict[str, int] = {}
    for column, label in enumerate(labels):
        first.setdefault(label, column)
    return list(first.values())


def _read(train: Features, rows: NDArray[np.intp], columns: list[int]) -> NDArray[np.float32]:
    """Chosen rows and columns, without ever holding the others all at once."""
    start, parts = 0, []
    for batch in train.batches():
        inside = rows[(rows >= start) & (rows < start + len(batch))] - start
        parts.append(np.take(batch.values[inside], columns, axis=1))
        start += len(batch)
    return np.concatenate(parts)
