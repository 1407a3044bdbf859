"""Mean places, against scipy's ranks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from edgewright.scoring.ranking import mean_ranks, ranks


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-10, 10)), min_size=1, max_size=40))
def test_places_are_ranks_from_the_top_and_their_mean_knows_no_units(pairs):
    first, second = (np.array(column, float) for column in zip(*pairs, strict=True))
    np.testing.assert_array_equal(ranks(first), rankdata(-first))
    mean = mean_ranks([first, second])
    np.testing.assert_allclose(mean, (rankdata(-first) + rankdata(-second)) / 2)
    np.testing.assert_array_equal(mean, mean_ranks([1000 * first + 3, second]))
