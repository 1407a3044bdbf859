"""Which columns of the features a learning block uses: chosen by label when it learns, found again when it scores.

A model of such a block keeps ``arrays["selected"]`` (int32, the columns) and ``meta["labels"]`` (their labels).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.model import Model
    from edgewright_sdk.values import Features


def choose_columns(labels: Sequence[str], wanted: str | Sequence[str]) -> list[int]:
    """Columns of the features that a parameter ``features`` names.

    Parameters
    ----------
    labels : sequence of str
        Labels of all columns.
    wanted : str or sequence of str
        ``"all"``, or labels; their order is kept.

    Raises
    ------
    BlockError
        Without features, for an empty list, and for labels that are unknown or named twice.

    Examples
    --------
    >>> choose_columns(["x RMS", "y RMS"], ["y RMS"])
    [1]
    """
    if wanted in ("suggested", ["suggested"]) and "suggested" not in labels:
        raise BlockError(
            "features: suggested is worked out by the run of an impulse, before the block is asked; "
            'here name labels, or give "all"'
        )
    if wanted in ("all", ["all"]):
        if not labels:
            raise BlockError("the upstream blocks give no features")
        return list(range(len(labels)))
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if not names:
        raise BlockError('features is empty; allowed: "all" or a list of feature labels')
    columns: list[int] = []
    for name in names:
        if name not in labels:
            raise _unknown(name, labels)
        column = labels.index(name)
        if column in columns:
            raise BlockError(f"features names {name!r} twice")
        columns.append(column)
    return columns


def training_values(train: Features, columns: Sequence[int]) -> NDArray[np.float32]:
    """Chosen columns of all training windows, ``(n, columns)``."""
    return np.concatenate([np.take(batch.values, columns, axis=1) for batch in train.batches()])


def trained_columns(model: Model, labels: Sequence[str]) -> list[int]:
    """Columns that a model was trained on; these features must have the same labels there.

    Raises
    ------
    BlockError
        When a column is missing or labelled otherwise.
    """
    columns = [int(column) for column in model.arrays["selected"]]
    trained = model.meta["labels"]
    found = [labels[column] if column < len(labels) else None for column in columns]
    if found != trained:
        at = next(i for i, label in enumerate(found) if label != trained[i])
        raise BlockError(
            f"the model was trained on feature {trained[at]!r} in column {columns[at]}, "
            f"but these features have {found[at]!r} there; score what was trained on"
        )
    return columns


def _unknown(name: str, labels: Sequence[str]) -> BlockError:
    close = difflib.get_close_matches(str(name), labels, n=3)
    shown = ", ".join(repr(label) for label in (close or labels[:5]))
    more = "" if close or len(labels) <= 5 else f" and {len(labels) - 5} more"
    known = "did you mean" if close else "there are"
    return BlockError(f"features: no feature is labelled {name!r}; {known} {shown}{more}")
