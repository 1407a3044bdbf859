"""Feature importance: what the forest's splits say, against scikit-learn and against data whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from edgewright_sdk import BlockError, Context, Features, Params, load_block

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def fit(values, targets, classes=("a", "b", "c"), labels=None, seed=0, **params):
    values = np.asarray(values, np.float32)
    context = Context(seed=seed, classes=list(classes), targets=np.asarray(targets))
    train = Features(values, labels or [f"x f{i}" for i in range(values.shape[1])])
    return BLOCK.new(context).fit(train, None, Params.defaults(FOLDER, **params), context), context


def told(rows=240, width=6, seed=0):
    """Column 1 tells a from the rest, column 4 tells b from the rest, the others are noise."""
    random = np.random.default_rng(seed)
    targets = (np.arange(rows) % 3).astype(np.int32)
    values = random.normal(size=(rows, width))
    values[:, 1] += 6 * (targets == 0)
    values[:, 4] += 6 * (targets == 1)
    return values.astype(np.float32), targets


@given(
    st.integers(0, 2**31 - 1),
    st.integers(2, 90),
    st.integers(1, 7),
    st.integers(1, 4),
)
@settings(max_examples=25, deadline=None)
def test_it_is_scikit_learns_importance_split_by_label(seed, rows, width, classes):
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, width)).astype(np.float32)
    targets = random.integers(0, classes, rows).astype(np.int32)
    model, _ = fit(values, targets, classes=[f"c{i}" for i in range(classes)], seed=seed, trees=10)
    forest = RandomForestClassifier(10, class_weight="balanced", random_state=seed).fit(values, targets)
    np.testing.assert_allclose(model.arrays["importance"], forest.feature_importances_, atol=1e-12)
    by_label = model.arrays["by_label"]
    assert by_label.shape == (classes, width)
    assert (by_label >= 0).all()
    np.testing.assert_allclose(by_label.sum(axis=0), model.arrays["importance"], atol=1e-15)


def test_each_label_has_the_feature_that_tells_it():
    values, targets = told()
    model, _ = fit(values, targets)
    order = np.argsort(-model.arrays["importance"])
    assert set(order[:2].tolist()) == {1, 4}
    assert model.arrays["importance"].sum() == pytest.approx(1)
    by_label = model.arrays["by_label"]
    assert by_label[0].argmax() == 1
    assert by_label[1].argmax() == 4


def test_a_rare_label_counts_as_much_as_a_common_one():
    values, targets = told(rows=1500)
    kept = (targets != 1) | (np.arange(len(targets)) < 60)
    model, _ = fit(values[kept], targets[kept])
    share = model.arrays["by_label"].sum(axis=1)
    assert share.min() > 0.2, share


def test_numbers_are_told_by_the_variance_that_goes():
    random = np.random.default_rng(3)
    values = random.normal(size=(200, 4)).astype(np.float32)
    targets = (10 * values[:, 2] + random.normal(size=200)).astype(np.float32)
    model, _ = fit(values, targets, classes=[], seed=5)
    forest = RandomForestRegressor(100, max_features="sqrt", random_state=5).fit(values, targets)
    np.testing.assert_allclose(model.arrays["importance"], forest.feature_importances_, atol=1e-12)
    assert model.arrays["importance"].argmax() == 2
    assert "by_label" not in model.arrays


def test_many_windows_are_thinned_by_label_and_seeded(monkeypatch):
    monkeypatch.setitem(BLOCK.new().fit.__func__.__globals__, "MOST_WINDOWS", 50)
    values, targets = told(rows=600)
    targets[targets == 2] = 0
    targets[7] = 2  # one window of a label stays
    first, _ = fit(values, targets)
    assert first.meta["windows"] == pytest.approx(50, abs=3)
    assert first.arrays["by_label"][2].sum() > 0
    again, _ = fit(values, targets)
    other, _ = fit(values, targets, seed=1)
    assert first.arrays["by_label"].tobytes() == again.arrays["by_label"].tobytes()
    assert first.arrays["by_label"].tobytes() != other.arrays["by_label"].tobytes()


def test_of_equal_labels_only_the_first_can_be_named():
    values, targets = told(width=5)
    model, context = fit(values, targets, labels=["x", "y", "x", "z", "w"])
    assert model.meta["labels"] == ["x", "y", "z", "w"]
    assert model.arrays["columns"].tolist() == [0, 1, 3, 4]
    assert model.arrays["importance"].shape == (4,)
    assert "1 features have the label of an earlier one" in context.warnings[0]


def test_where_nothing_tells_anything_all_are_0():
    constant = np.ones((20, 3), np.float32)
    model, _ = fit(constant, np.arange(20, dtype=np.int32) % 2, classes=("a", "b"))
    assert model.arrays["importance"].tolist() == [0, 0, 0]


def test_it_scores_nothing_and_needs_labels():
    values, targets = told()
    model, _ = fit(values, targets)
    with pytest.raises(BlockError, match="ranks features and scores nothing"):
        BLOCK.new().score(model, Features(values, [f"x f{i}" for i in range(6)]), Params.defaults(FOLDER))
    with pytest.raises(BlockError, match="needs a label for each training window"):
        BLOCK.new().fit(Features(values, list("abcdef")), None, Params.defaults(FOLDER), Context())
