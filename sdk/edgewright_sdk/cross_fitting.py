"""Training windows scored as if unseen: each by what was learned from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edgewright_sdk.context import Context

FOLDS = 5


def cross_fits(
    context: Context, rows: int, *, together: int = 1
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to learn from and rows to score with that, for each fold.

    Parameters
    ----------
    context : Context
        Its ``folds``. Without them groups are held out whole, in 5 folds; without groups, or with a single one, 5 pieces
        of windows that follow one another.
    rows : int
        Number of training windows.
    together : int ≥ 1
        How many folds to hold out at once, where learning takes long; 5 are left at least, if there were so many.

    Yields
    ------
    learned, held : np.ndarray of int
        Ascending. Nothing for a single window; a window that no fold holds is held in none.
    """
    folds = context.folds if context.folds is not None else _folds(context.groups, rows)
    count = len(np.unique(folds[folds >= 0]))
    if together > 1 and count > FOLDS:
        folds = np.where(folds >= 0, folds % max(count // together, FOLDS), folds)
    for fold in np.unique(folds[folds >= 0]):
        learned, held = np.flatnonzero((folds >= 0) & (folds != fold)), np.flatnonzero(folds == fold)
        if len(learned):
            yield learned, held


def _folds(groups: NDArray[np.int32] | None, rows: int) -> NDArray[np.intp]:
    if groups is not None:
        names, codes = np.unique(groups, return_inverse=True)
        if len(names) > 1:
            return np.asarray(codes.ravel() % FOLDS)
    return np.arange(rows) * FOLDS // max(rows, 1)
