"""How many different windows there are: no model can learn more groups of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def distinct_rows(values: NDArray[np.floating[Any]], enough: int) -> int:
    """Number of different rows, counted no further than needed to see that there are `enough`.

    Examples
    --------
    >>> distinct_rows(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 2.0]]), 5)
    2
    """
    few = len(np.unique(values[: 4 * enough], axis=0))
    return few if few >= enough or len(values) <= 4 * enough else len(np.unique(values, axis=0))
