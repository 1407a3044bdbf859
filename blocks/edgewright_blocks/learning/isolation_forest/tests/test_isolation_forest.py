"""Isolation Forest: scikit-learn's scores to the last bit, split by feature, the same on the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Params, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def features(values):
    values = np.asarray(values, np.float32)
    return Features(values, [f"f{i}" for i in range(values.shape[1])])


def normal(rows, columns=4, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def fit(values, seed=0, context=None, **params):
    context = context or Context(seed=seed)
    return BLOCK.new(context).fit(features(values), None, Params.defaults(FOLDER, **params), context)


def score(model, values):
    return BLOCK.new().score(model, features(values), Params.defaults(FOLDER))


def export(model, width, folder):
    spec = FeatureSpec([f"f{i}" for i in range(width)], {"type": "flat", "width": width})
    BLOCK.new().export(model, spec, Params.defaults(FOLDER)).write(folder, FOLDER / "device")
    return load_node(folder)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forest")
    (folder / "build").mkdir()
    node = export(fit(normal(50), trees=3), 4, folder / "node")
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    return build_library([node], folder / "build", options=["-Wall", "-Wextra", "-Werror", *trap])


@pytest.mark.parametrize(
    ("rows", "trees", "samples"), [(600, 100, 256), (40, 7, 256), (300, 1, 2), (2, 20, 9)]
)
def test_scores_are_those_of_scikit_learn_to_the_last_bit(rows, trees, samples):
    train, seen = normal(rows), np.concatenate([normal(200, seed=1) * 3, normal(rows)])
    reference = IsolationForest(n_estimators=trees, max_samples=min(samples, rows), random_state=5).fit(train)
    found = score(fit(train, seed=5, trees=trees, samples=samples), seen)
    np.testing.assert_array_equal(found.scores, -reference.score_samples(seen))
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, atol=1e-6)


def test_training_windows_are_scored_as_if_unseen():
    train, fresh = normal(300, 20), normal(1500, 20, seed=1)
    train[17] = 6
    folds = (np.arange(300) % 20).astype(np.int32)
    folds[3] = -1
    model = fit(train, context=Context(folds=folds))
    own, unseen = score(model, train).scores, score(model, fresh).scores
    assert model.train_scores.argmax() == 17
    assert model.train_scores[3] == own[3]
    assert fit(train).train_scores is None
    ranks = np.searchsorted(np.sort(np.delete(model.train_scores, [3, 17])), unseen) / 298
    assert abs(ranks.mean() - 0.5) < 0.04
    # What is left of a tree without the others' windows: one cut between the two groups, then nothing to cut.
    two = np.concatenate([np.zeros((4, 1)), np.ones((4, 1))]).astype(np.float32)
    held = (np.arange(8) // 4).astype(np.int32)  # each fold is a group: no cut is left that knows both
    alone = fit(two, context=Context(folds=held), trees=5).train_scores
    np.testing.assert_allclose(alone, 0.5, atol=1e-12)


def test_contributions_are_the_changes_of_the_expected_length_along_the_paths():
    train, seen = normal(300), normal(20, seed=1) * 2
    found = score(fit(train, seed=2, trees=9), seen)
    forest = IsolationForest(n_estimators=9, max_samples=256, random_state=2).fit(train)

    def c(n):
        return (
            0.0 if n == 1 else 1.0 if n == 2 else 2 * (np.log(n - 1) + 0.5772156649015329) - 2 * (n - 1) / n
        )

    for row, x in enumerate(seen):
        moves = np.zeros(4)
        for member in forest.estimators_:
            tree, at = member.tree_, 0
            while tree.children_left[at] >= 0:
                goes = (
                    tree.children_left if x[tree.feature[at]] <= tree.threshold[at] else tree.children_right
                )
                child = goes[at]
                change = 1 + c(tree.n_node_samples[child]) - c(tree.n_node_samples[at])
                moves[tree.feature[at]] += change / 9
                at = child
        expected = 0.125 + moves * (found.scores[row] - 0.5) / moves.sum()
        np.testing.assert_allclose(found.contributions[row], expected, atol=1e-6)


def test_the_feature_that_sets_a_window_apart_contributes_most():
    model = fit(normal(500, 8))
    seen = normal(40, 8, seed=1)
    seen[:, 5] += 9
    contributions = score(model, seen).contributions
    assert np.mean(contributions.argmax(axis=1) == 5) > 0.9
    assert score(model, seen).scores.mean() > score(model, normal(40, 8, seed=1)).scores.mean() + 0.05


def test_chosen_features_alone_count():
    model = fit(normal(100), features=["f3", "f1"])
    seen = normal(5, seed=1)
    changed = seen.copy()
    changed[:, [0, 2]] += 100
    np.testing.assert_array_equal(score(model, seen).scores, score(model, changed).scores)
    assert score(model, seen).contributions.shape == (5, 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (normal(1), "there is one training window in the chosen features, so no cut"),
        (np.repeat(normal(1), 9, axis=0), "there are 9 training windows, all equal"),
    ],
)
def test_windows_that_no_cut_tells_apart_are_refused(values, message):
    with pytest.raises(BlockError, match=message):
        fit(values)


def test_constant_features_and_duplicates_are_borne():
    train = np.repeat(normal(60), 3, axis=0)
    train[:, 1] = 7
    train[:, 2] *= np.float32(1e-9)
    model = fit(train)
    assert set(model.arrays["feature"]) == {0, 2, 3}
    found = score(model, train)
    np.testing.assert_allclose(found.contributions[:, 1], 0.125)  # its equal share of ½, no cut's


def test_training_is_repeatable_and_follows_the_seed():
    one, two, other = (fit(normal(300), seed=seed) for seed in (0, 0, 1))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])
    assert not np.array_equal(one.arrays["threshold"], other.arrays["threshold"])


@settings(
    deadline=None, max_examples=30, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
@given(
    rows=st.integers(2, 300), columns=st.integers(1, 12), trees=st.integers(1, 60), samples=st.integers(2, 300),
    scale=st.sampled_from([1e-3, 1.0, 1e4]), offset=st.sampled_from([0.0, 1e3]), seed=st.integers(0, 99),
)  # fmt: skip
def test_the_device_decides_every_cut_as_python_does(
    library, tmp_path, rows, columns, trees, samples, scale, offset, seed
):
    train = normal(rows, columns, seed) * np.float32(scale) + np.float32(offset)
    model = fit(train, seed=seed, trees=trees, samples=samples)
    # Values at a threshold and the next one above it: a rounded threshold would send them elsewhere.
    seen = np.concatenate(
        [train[:20], normal(10, columns, seed + 1) * np.float32(9 * scale) + np.float32(offset)]
    )
    for feature, threshold in zip(model.arrays["feature"][:40], model.arrays["threshold"][:40], strict=True):
        near = np.repeat(seen[:1], 2, axis=0)
        near[:, feature] = threshold, np.nextafter(threshold, np.float32(np.inf))
        seen = np.concatenate([seen, near])
    python = score(model, seen)
    single = score(model, seen[7:8])
    np.testing.assert_array_equal(single.scores, python.scores[7:8])
    np.testing.assert_array_equal(single.contributions, python.contributions[7:8])
    node = export(model, columns, tmp_path / f"node-{sum(1 for _ in tmp_path.iterdir())}")
    device = DeviceNode(library, node).batch(seen)
    np.testing.assert_allclose(device["scores"][:, 0], python.scores, rtol=1e-5)
    np.testing.assert_allclose(device["contributions"], python.contributions, rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(device["contributions"].sum(axis=1), device["scores"][:, 0], rtol=1e-5)
