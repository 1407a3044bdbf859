"""Choosing the number of components by the Bayesian information criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright_sdk import BlockError
from edgewright_sdk.distinct import distinct_rows
from edgewright_sdk.standardisation import standardisation, standardise

from .mixture import fit, varies

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
#: Fewer windows a component say little of its shape.
WINDOWS_EACH = 10

_MOST_WINDOWS = 5000
_PATIENCE = 2  # counts in a row that may be worse than the best


def choose_count(
    values: NDArray[np.float32],
    covariance: str,
    regularisation: float,
    seed: int,
    progress: Callable[[float, float], None] = lambda _done, _total: None,
) -> tuple[int, dict[int, float]]:
    """Choose how many components to make.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Training features.
    covariance, regularisation, seed
        As in :func:`.mixture.learn`.
    progress : callable
        Told how many of how many fits are done.

    Returns
    -------
    count : int
    tried : dict of int to float
        The criterion of each count that was tried, the smallest is the best; empty where there was nothing to choose from.
    """
    values = values[:: -(-len(values) // _MOST_WINDOWS)]
    mean, scale = standardisation(values)
    z = standardise(values, mean, scale)
    z = z[:, varies(z, scale)]
    distinct = distinct_rows(z, COUNTS[-1])
    counts = [count for count in COUNTS if count * WINDOWS_EACH <= len(z) and count <= distinct]
    if len(counts) < 2:
        return 1, {}
    tried: dict[int, float] = {}
    for row, count in enumerate(counts):
        try:
            tried[count] = float(fit(z, count, covariance, regularisation, seed).bic(z))
        except BlockError:  # so many have no width: fewer have
            if not tried:
                raise
            break
        progress(row + 1, len(counts))
        best = min(tried, key=tried.__getitem__)
        if row - counts.index(best) >= _PATIENCE:
            break
    return best, tried
