"""Folds for calibration: what a machine says of windows that it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from edgewright_sdk import Context

    Folds = list[tuple[NDArray[np.intp], NDArray[np.intp]]]

_MOST = 5


def calibration_folds(targets: NDArray[np.int32], context: Context) -> Folds:
    """Pairs (learn from, calibrate on) of window numbers; each window is calibrated on once.

    By group where every class has windows of two groups: then no recording, person or machine is on both sides. Else along
    time within each class. A class of one window leaves nothing to keep back: then all windows are on both sides, and the
    context is warned.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rows, counts = np.zeros(len(targets)), np.unique(targets, return_counts=True)[1]
    if context.groups is not None:
        groups = np.asarray(context.groups)
        shared = min(len(np.unique(groups[targets == target])) for target in np.unique(targets))
        for number in range(min(_MOST, shared), 1, -1):
            folds = _indices(StratifiedGroupKFold(number).split(rows, targets, groups))
            if all(len(np.unique(targets[learned])) == len(counts) and len(kept) for learned, kept in folds):
                return folds
    if counts.min() >= 2:
        return _indices(StratifiedKFold(min(_MOST, int(counts.min()))).split(rows, targets))
    context.warn(
        "a class has only one training window: probabilities are calibrated on the windows learned from, so they are too sure"
    )
    everything = np.arange(len(targets))
    return [(everything, everything)]


def _indices(split: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]) -> Folds:
    return [(np.asarray(learned), np.asarray(kept)) for learned, kept in split]
