"""Which features are suggested: the fewest that reach half of the importance, 2 to 8 of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.scoring.importance import importance_document, suggested_count


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=60))
def test_suggested_are_the_fewest_that_reach_the_half_within_2_and_8(importance):
    values = np.sort(np.array(importance))[::-1]
    count = suggested_count(values)
    if not values.sum() > 0:
        assert count == 0
        return
    half = 0.5 * values.sum()
    assert min(2, len(values)) <= count <= min(8, len(values))
    if count < min(8, len(values)):
        assert values[:count].sum() >= half * (1 - 1e-6)
    if count > 2:
        assert values[: count - 1].sum() < half * (1 + 1e-6)


@pytest.mark.parametrize(
    ("importance", "count"),
    [
        ([1.0], 1),
        ([0.5, 0.5], 2),
        ([0.2] * 5, 3),
        ([0.25] * 4, 2),
        ([0.1] * 10, 5),
        ([0.02] * 50, 8),
        ([0.0] * 4, 0),
    ],
)
def test_sums_that_reach_the_half_exactly_have_reached_it(importance, count):
    assert suggested_count(importance) == count


def test_the_document_is_in_descending_order_and_ties_keep_theirs():
    by_label = np.array([[0.1, 0.0, 0.2, 0.1], [0.1, 0.1, 0.3, 0.1]])
    document = importance_document(["a", "b", "c", "d"], by_label.sum(axis=0), by_label, ["idle", "wave"], 9)
    assert [entry["label"] for entry in document["features"]] == ["c", "a", "d", "b"]
    assert document["features"][0]["by_label"] == [0.2, 0.3]
    assert (document["suggested"], document["share"], document["note"]) == (
        ["c", "a"],
        pytest.approx(0.7),
        "",
    )
    nothing = importance_document(["a", "b"], [0.0, 0.0], None, ["idle", "wave"], 9)
    assert nothing["suggested"] == []
    assert nothing["note"] == "no feature tells the labels of the training windows apart"
