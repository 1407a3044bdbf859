"""One ranking out of several scores whose numbers can't be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def ranks(scores: ArrayLike) -> NDArray[np.float64]:
    """Place of each score, 1 the highest; equal scores share the mean of their places.

    Examples
    --------
    >>> ranks([0.2, 0.9, 0.2, 0.1]).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    import numpy as np

    values = -np.asarray(scores, np.float64)
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    shared: NDArray[np.float64] = (last - (count - 1) / 2)[group.ravel()]
    return shared


def mean_ranks(scores: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Mean of the places that several scores give each window: low is odd by all of them.

    Places, not scores: an error in squared units and a share between 0 and 1 have no common scale.

    Parameters
    ----------
    scores : sequence of arrays [shape=(n,)]
        One at least; higher = more anomalous.

    Examples
    --------
    >>> mean_ranks([[3, 2, 1], [0.5, 0.9, 0.1]]).tolist()
    [1.5, 1.5, 3.0]
    """
    import numpy as np

    mean: NDArray[np.float64] = np.mean([ranks(one) for one in scores], axis=0)
    return mean
