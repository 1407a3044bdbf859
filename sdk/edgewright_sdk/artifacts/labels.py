"""From the labels that a model was trained on to the impulse's classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.artifacts.pickles import Shell
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def labels_of(estimator: Shell) -> list[object]:
    """Labels of a classifier of scikit-learn."""
    found = estimator.get("classes_")
    if found is None and isinstance(estimator.get("_label_binarizer"), Shell):  # ridge
        found = estimator.get("_label_binarizer").get("classes_")
    return list(np.asarray(found).tolist())


def columns_of(labels: Sequence[object], classes: Sequence[str], source: str) -> NDArray[np.int32]:
    """Class of each label: by name, or by a number that counts from 0 or from 1.

    Training programs number the classes either way. Which one is told by the labels themselves: a 0 says from 0, the
    number of classes says from 1. Classes that are missing among the labels get no column.

    Parameters
    ----------
    labels : sequence
        What the model was trained on, in the order of its outputs.
    classes : sequence of str
        The impulse's.
    source : str
        For messages.

    Raises
    ------
    BlockError
        When labels and classes don't go together, or the numbers could count either way.
    """
    if not classes:
        raise BlockError(
            f"{source} is a classifier, but the impulse names no classes; give the samples labels"
        )
    names = [str(label) for label in labels]
    if all(name in classes for name in names) and not all(_is_number(label) for label in labels):
        return np.array([list(classes).index(name) for name in names], np.int32)
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    if not all(_is_number(label) for label in labels):
        raise BlockError(
            f"{source} was trained on labels {shown}; the impulse's classes are {', '.join(classes)}"
        )
    numbers = [int(float(name)) for name in map(_text, labels)]
    low, high, count = min(numbers), max(numbers), len(classes)
    if low < 0 or high > count or (low == 0 and high == count):
        raise BlockError(
            f"{source} was trained on labels {shown}; allowed for {count} classes: 0…{count - 1}, 1…{count}, or their names"
        )
    if low == 0 or high == count:
        return np.array(numbers, np.int32) - (1 if low > 0 else 0)
    raise BlockError(
        f"{source} was trained on labels {shown} of {count} classes: they could count from 0 or from 1; "
        "train with windows of every class"
    )


def _text(label: object) -> str:
    return "1" if label is True else "0" if label is False else str(label)


def _is_number(label: object) -> bool:
    try:
        return float(_text(label)).is_integer()
    except ValueError:
        return False
