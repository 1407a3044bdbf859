"""p-values: the definition by brute force, the size of the table, and validity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.scoring import PTable, p_values, table


def brute(scores, held_out):
    return [(int(np.sum(np.float32(held_out) >= np.float32(s))) + 1) / (len(held_out) + 1) for s in scores]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=256),
    st.lists(st.floats(-110, 110, width=32), max_size=20),
)
def test_exact_while_n_is_at_most_256(held_out, others):
    scores = np.array([*held_out[:30], *others], np.float32)
    assert p_values(scores, table(held_out)).tolist() == pytest.approx(brute(scores, held_out))


@pytest.mark.parametrize("n", [257, 1000, 20_000])
@pytest.mark.parametrize("decimals", [1, 9])
def test_beyond_256_an_upper_bound_exact_in_the_tail(n, decimals):
    random = np.random.default_rng(n)
    held_out = np.round(random.normal(size=n), decimals)
    quantiles = table(held_out)
    assert len(quantiles.values) == len(quantiles.counts) <= 256
    scores = np.concatenate((random.normal(size=500) * 2, np.sort(held_out)[-10:]))
    exact = np.array(brute(scores, held_out))
    got = p_values(scores, quantiles)
    assert (got >= exact - 1e-12).all()
    assert (got <= exact * 1.08 + 1e-12).all()
    assert got[-10:].tolist() == pytest.approx(exact[-10:].tolist())
    assert quantiles.counts[0] == n


def test_small_p_values_are_no_more_frequent_than_they_say():
    random = np.random.default_rng(0)
    alarms = [
        np.mean(p_values(random.normal(size=200), table(random.normal(size=199))) <= 0.05) for _ in range(100)
    ]
    assert 0.04 < np.mean(alarms) < 0.056


def test_documents_round_trip_and_bad_ones_are_refused():
    quantiles = table([3.0, 1.0, 2.0, 2.0])
    document = quantiles.to_document()
    assert document == {"n": 4, "values": [1.0, 2.0, 3.0], "counts": [4, 3, 1]}
    back = PTable.from_document(document)
    assert p_values([0, 1, 2, 3, 4], back).tolist() == p_values([0, 1, 2, 3, 4], quantiles).tolist()
    with pytest.raises(DataError, match="ascend"):
        PTable.from_document({"n": 4, "values": [2.0, 1.0], "counts": [4, 3]})
    with pytest.raises(DataError, match="one count a value"):
        PTable.from_document({"n": 4, "values": [1.0, 2.0], "counts": [4]})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=200, unique=True))
def test_p_values_of_exchangeable_scores_are_uniform(scores):
    """Any of n + 1 scores may be the fresh one: each possible p-value comes up exactly once."""
    n = len(scores) - 1
    got = [p_values([scores[i]], table([s for j, s in enumerate(scores) if j != i]))[0] for i in range(n + 1)]
    assert sorted(got) == pytest.approx([(k + 1) / (n + 1) for k in range(n + 1)])


def test_p_values_of_fresh_windows_are_uniform_within_their_interval():
    """Scores held out by folds, of a model that is fitted again without each: a distance from the mean."""
    from scipy.stats import betabinom

    from edgewright.scoring import make_folds

    within = []
    for repeat in range(25):
        random = np.random.default_rng(repeat)
        train, fresh = random.normal(size=(300, 4)), random.normal(size=(600, 4))
        folds = make_folds([f"r{i}" for i in range(300)], ["normal"] * 300, seed=repeat)
        held_out = np.concatenate(
            [
                np.linalg.norm(train[folds.held_rows(f)] - train[folds.fit_rows(f)].mean(axis=0), axis=1)
                for f in range(folds.count)
            ]
        )
        p = p_values(np.linalg.norm(fresh - train.mean(axis=0), axis=1), table(held_out))
        for level in (0.01, 0.05, 0.1, 0.5):
            k = int(level * 301)  # of n + 1 possible values
            low, high = betabinom(600, k, 301 - k).interval(0.95)
            # 300 scores in 256 pairs: the p-values of the larger half are upper bounds.
            within.append(0.93 * low - 1 <= np.sum(p <= level) <= high + 1)
    assert np.mean(within) > 0.9
