"""Correlations, decisions and curves of two lists of scores, against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from edgewright.comparing.figures import Pair, differing, figures, matched_threshold, pearson


def pair(first, second, truth=None):
    first, second = np.array(first, float), np.array(second, float)
    return Pair(
        first, second, np.full(len(first), -1, np.int8) if truth is None else np.array(truth, np.int8)
    )


@pytest.mark.parametrize("seed", range(5))
def test_correlations_are_those_of_scipy(seed):
    random = np.random.default_rng(seed)
    a = random.normal(size=200).round(1)  # with ties
    b = (a + random.normal(size=200)).round(1)
    found = figures(pair(a, b), 0.0, 0.0)
    assert found["pearson"] == pytest.approx(stats.pearsonr(a, b).statistic)
    assert found["spearman"] == pytest.approx(stats.spearmanr(a, b).statistic)


def test_what_has_no_correlation_has_none():
    assert pearson(np.ones(9), np.arange(9.0)) is None
    assert pearson(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    assert pearson(np.array([1.0, 2, 3]) * 1e200, np.array([1.0, 2, 3])) == pytest.approx(1.0)


def test_decisions_are_counted_where_both_have_a_score():
    nan = float("nan")
    found = figures(pair([0, 1, 2, 3, nan], [0, 3, 0, 3, 1], [0, 0, 1, 1, 1]), 1.5, 1.5)
    assert found["n"] == 4
    assert found["second_only"] == 1
    assert found["decisions"] == {"both": 1, "first": 1, "second": 1, "neither": 1}
    assert (found["agree"], found["differ"]) == (2, 2)
    assert found["first"] == {"anomalous": 2, "auroc": 1.0, "fpr": 0.0, "recall": 1.0}
    assert found["second"] == {"anomalous": 2, "auroc": 0.5, "fpr": 0.5, "recall": 0.5}


def test_without_labels_there_is_no_right_and_wrong():
    found = figures(pair([0, 1], [0, 1]), 0.5, 0.5)
    assert found["first"] == {"anomalous": 1, "auroc": None, "fpr": None, "recall": None}


def test_those_ranked_most_differently_come_first():
    assert differing(pair([0, 1, 2, 9], [9, 0, 2.5, 3]), 1.5, 2.7, most=2) == [0, 2]
    assert differing(pair([0, 1, 2, 9], [9, 0, 2.5, 3]), 1.5, 2.7, most=1) == [0]


@pytest.mark.parametrize(("threshold", "anomalous"), [(-1, 4), (0.5, 3), (2.5, 1), (9, 0)])
def test_a_matched_threshold_calls_as_many_anomalous(threshold, anomalous):
    both = pair([0, 1, 2, 3], [40, 10, 30, 20])
    found = figures(both, threshold, matched_threshold(both, threshold))
    assert found["first"]["anomalous"] == found["second"]["anomalous"] == anomalous
