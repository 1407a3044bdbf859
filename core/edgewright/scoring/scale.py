"""On which scale maps are drawn: one for all images, so that a good one looks calm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Percentiles of all places of a data set that are drawn palest and strongest, and of normal ones that stay in the pale half.
LOW, HIGH, NORMAL = 1.0, 99.0, 99.9


def map_scale(maps: Sequence[NDArray[np.float32]], normal: NDArray[np.float32]) -> tuple[float, float]:
    """Scores that are drawn palest and strongest.

    Parameters
    ----------
    maps : sequence of np.ndarray [shape=(n, rows, columns)]
        Of the whole data set.
    normal : np.ndarray [shape=(n, rows, columns)]
        Of normal images, as if unseen.

    Returns
    -------
    low, high : float
        The first and the 99th percentile of all places; where few are anomalous, `high` is so far away that 99.9 % of normal
        places lie in the lower half.

    Examples
    --------
    >>> map_scale([np.arange(101.0).reshape(1, 1, 101)], np.zeros((1, 1, 1)))
    (1.0, 99.0)
    """
    values = np.concatenate([np.ravel(one) for one in maps])
    low, high = (float(value) for value in np.percentile(values, [LOW, HIGH]))
    calm = float(np.percentile(normal, NORMAL)) if normal.size else low
    return low, max(high, low + 2 * (calm - low), low + 1e-12)
