"""Metrics against scikit-learn and scipy, and what happens when a class is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.scoring import auroc, average_precision, clopper_pearson, confusion, evaluate, rates

PAIRS = st.lists(st.tuples(st.integers(-6, 6), st.booleans()), min_size=2, max_size=60)


def split(pairs):
    return np.array([score for score, _ in pairs], float), np.array([flag for _, flag in pairs])


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_ranking_metrics_agree_with_scikit_learn(pairs):
    from sklearn.metrics import average_precision_score, roc_auc_score

    scores, truth = split(pairs)
    if truth.any() and not truth.all():
        assert auroc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))
    else:
        assert auroc(scores, truth) is None
    if truth.any():
        assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))
    else:
        assert average_precision(scores, truth) is None


@settings(max_examples=100, deadline=None)
@given(PAIRS, st.integers(-7, 7))
def test_rates_agree_with_scikit_learn(pairs, threshold):
    from sklearn import metrics

    scores, truth = split(pairs)
    said = scores > threshold
    document = evaluate(scores, truth, threshold)
    tn, fp, fn, tp = metrics.confusion_matrix(truth, said, labels=[False, True]).ravel()
    assert list(document["confusion"].values()) == [tp, fp, tn, fn]
    assert document["accuracy"] == pytest.approx(metrics.accuracy_score(truth, said))
    for name, function in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        if document[name] is not None:
            assert document[name] == pytest.approx(function(truth, said, zero_division=0))
    if document["f1"] is not None:
        assert document["f1"] == pytest.approx(metrics.f1_score(truth, said, zero_division=0))
    if document["fpr"] is not None:
        assert document["fpr"] + document["specificity"] == pytest.approx(1)
    if document["fnr"] is not None:
        assert document["fnr"] + document["recall"] == pytest.approx(1)


def test_undefined_ratios_are_none():
    got = rates(confusion([True, False], [False, False]))
    assert (got["recall"], got["fnr"], got["f1"], got["precision"], got["fpr"]) == (
        None,
        None,
        None,
        0.0,
        0.5,
    )


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (10, 10), (3, 200), (1, 1), (50, 5000)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_clopper_pearson_agrees_with_scipy(hits, trials, confidence):
    from scipy.stats import binomtest

    expected = binomtest(hits, trials).proportion_ci(confidence, method="exact")
    assert clopper_pearson(hits, trials, confidence=confidence) == pytest.approx(
        (expected.low, expected.high)
    )


def test_clopper_pearson_without_trials_knows_nothing_and_bad_counts_are_refused():
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    with pytest.raises(DataError, match="got 3 of 2"):
        clopper_pearson(3, 2)


def test_truth_must_fit():
    with pytest.raises(DataError, match=r"shape \(1,\) for 2 scores"):
        auroc([1.0, 2.0], [True])
    with pytest.raises(DataError, match="must be True"):
        auroc([1.0, 2.0], [0, 2])
