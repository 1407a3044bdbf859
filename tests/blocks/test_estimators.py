"""scikit-learn's own checks of the estimators, and that each is its block."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from edgewright_blocks import estimators

FACES = [
    estimators.KMeansAnomaly(),
    estimators.GMMAnomaly(),
    estimators.IsolationForestAnomaly(trees=10, cv=2),
    estimators.PCAReconstruction(),
]
ROWS = make_blobs(300, 3, centers=3, random_state=0)[0]


CHECKS = parametrize_with_checks(FACES).mark


# As a list: pytest warns of the generator that scikit-learn gives.
@pytest.mark.parametrize(CHECKS.args[0], list(CHECKS.args[1]), **CHECKS.kwargs)
def test_scikit_learn_agrees(estimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize("face", FACES, ids=lambda face: type(face).__name__)
def test_signs_and_threshold(face) -> None:
    fitted = face.fit(ROWS)
    far = ROWS[:5] + 100
    assert np.array_equal(fitted.anomaly_score(ROWS), -fitted.score_samples(ROWS))
    assert (fitted.predict(far) == -1).all()
    assert fitted.score_samples(far).max() < fitted.offset_
    assert np.array_equal(fitted.predict(ROWS) == -1, fitted.decision_function(ROWS) < 0)
    assert (-fitted.held_out_ < fitted.offset_).mean() == pytest.approx(0.01, abs=0.01)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).score_samples(far), fitted.score_samples(far))  # noqa: S301


def test_held_out_scores_set_the_threshold_when_asked() -> None:
    fresh = make_blobs(4000, 3, centers=3, random_state=0)[0]
    rates = {
        cv: (estimators.KMeansAnomaly(clusters=24, fpr=0.05, cv=cv).fit(ROWS).predict(fresh) == -1).mean()
        for cv in (None, 10)
    }
    assert rates[10] == pytest.approx(0.05, abs=0.02)
    assert rates[None] > rates[10]


def test_in_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), estimators.KMeansAnomaly(clusters=3))
    assert set(pipeline.fit(ROWS).predict(ROWS)) == {1, -1}


def test_a_bad_parameter_is_told() -> None:
    with pytest.raises(ValueError, match="fpr is 2; allowed"):
        estimators.KMeansAnomaly(fpr=2).fit(ROWS)
    with pytest.raises(ValueError, match="radius is -1"):
        estimators.KMeansAnomaly(radius=-1).fit(ROWS)
