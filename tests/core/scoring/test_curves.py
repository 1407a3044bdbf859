"""ROC and precision–recall curves against scikit-learn's, and what each of their points promises."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.scoring import RocMetrics, decide, roc_metrics
from edgewright.scoring.curves import MAX_POINTS

PAIRS = st.lists(
    st.tuples(st.sampled_from([-2.0, 0.0, 0.1, 0.1000001, 1.5, 7.0]), st.booleans()), min_size=2, max_size=40
).filter(lambda pairs: len({truth for _, truth in pairs}) == 2)


@settings(deadline=None)
@given(pairs=PAIRS)
def test_each_point_is_what_its_threshold_decides(pairs):
    scores, truth = np.array([score for score, _ in pairs]), np.array([one for _, one in pairs])
    curve = roc_metrics(scores, truth)
    assert curve is not None
    for place, threshold in enumerate(curve.thresholds):
        said = decide(scores, threshold)
        assert curve.fpr[place] == np.mean(said[~truth])
        assert curve.recall[place] == np.mean(said[truth])
        assert curve.precision[place] == (np.mean(truth[said]) if said.any() else 1.0)
    assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
    assert np.all(np.diff(curve.thresholds) < 0)


def test_curves_are_those_of_scikit_learn():
    from sklearn.metrics import precision_recall_curve, roc_curve

    random = np.random.default_rng(3)
    truth = random.random(400) < 0.3
    scores = (random.standard_normal(400) + truth).round(1).astype(np.float32)
    curve = roc_metrics(scores, truth)
    assert curve is not None
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert curve.fpr == pytest.approx(fpr)
    assert curve.tpr == pytest.approx(tpr)
    assert curve.precision[::-1] == pytest.approx(precision)
    assert curve.recall[::-1] == pytest.approx(recall)


def test_many_points_are_thinned_but_not_the_areas():
    random = np.random.default_rng(0)
    truth = random.random(30_000) < 0.5
    scores = random.standard_normal(30_000) + truth
    curve = roc_metrics(scores, truth)
    assert curve is not None
    assert len(curve.fpr) == MAX_POINTS
    assert np.sum(np.diff(curve.fpr) * (curve.tpr[1:] + curve.tpr[:-1]) / 2) == pytest.approx(
        curve.auroc, abs=1e-6
    )
    back = RocMetrics.from_document(json.loads(json.dumps(curve.to_document())))
    assert np.array_equal(back.thresholds, curve.thresholds)
    assert back.auroc == curve.auroc


def test_one_kind_alone_has_no_curve():
    assert roc_metrics([1.0, 2.0], [False, False]) is None
    assert roc_metrics([], []) is None


def test_plot_draws_either_curve(tmp_path):
    curve = roc_metrics([0.1, 0.2, 0.9], [False, False, True])
    assert curve is not None
    figure = curve.plot("pr", out=tmp_path / "pr.html")
    assert figure.data[0].x[-1] == 1.0
    assert "average precision 1.0000" in (tmp_path / "pr.html").read_text(encoding="utf-8")
    assert curve.plot().layout.xaxis.title.text == "false positive rate"
    with pytest.raises(UsageError, match="must be 'roc' or 'pr'"):
        curve.plot("roc-auc")  # type: ignore[arg-type]
