"""On which scale maps are drawn: one for all images, so that a good one looks calm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_specs.interface import CALM_PERCENTILE, MAP_PERCENTILES, map_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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
    low, high = (float(value) for value in np.percentile(values, MAP_PERCENTILES))
    calm = float(np.percentile(normal, CALM_PERCENTILE)) if normal.size else low
    return map_bounds(low, high, calm)
