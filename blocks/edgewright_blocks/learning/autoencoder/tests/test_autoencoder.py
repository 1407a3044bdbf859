"""The autoencoder: finds broken rules, scores its training windows as if unseen, and is the same on the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Params, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

pytest.importorskip("torch")

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
SMALL = {"units": 16, "bottleneck": 2, "epochs": 60}


def features(values):
    values = np.asarray(values, np.float32)
    return Features(values, [f"f{i}" for i in range(values.shape[1])])


def curved(rows, seed):
    """Windows on a curved sheet, which no straight one follows."""
    random = np.random.default_rng(seed)
    a, b = random.uniform(-1, 1, (2, rows))
    values = np.stack([a, b, a * b, a**2, b**2, a - b, np.abs(a), a + b], axis=1)
    return (values + 0.03 * random.normal(size=values.shape)).astype(np.float32)


def fit(values, context=None, **params):
    context = context or Context()
    return BLOCK.new(context).fit(
        features(values), None, Params.defaults(FOLDER, **{**SMALL, **params}), context
    )


def score(model, values):
    return BLOCK.new().score(model, features(values), Params.defaults(FOLDER))


@pytest.fixture(scope="module")
def model():
    return fit(curved(300, 1))


def test_a_broken_rule_scores_high_and_is_named(model):
    normal, broken = curved(100, 2), curved(100, 2)
    broken[:, 3] = curved(100, 5)[:, 3]  # an ordinary value, of another window
    assert np.median(score(model, broken).scores) > 3 * np.median(score(model, normal).scores)
    found = score(model, broken)
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, rtol=1e-4)


def test_training_windows_are_scored_as_if_unseen(model):
    fresh = score(model, curved(300, 3)).scores
    assert 0.6 < np.median(model.train_scores) / np.median(fresh) < 1.8
    np.testing.assert_allclose(model.train_contributions.sum(axis=1), model.train_scores, rtol=1e-4)


def test_the_same_seed_gives_the_same_bytes():
    one, two = (fit(curved(60, 1), epochs=5) for _ in range(2))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_few_windows_and_constants_give_finite_scores(rows):
    values = curved(rows, 1)
    values[:, 2] = 5
    model = fit(values, epochs=5)
    assert np.isfinite(model.train_scores).all()
    assert np.isfinite(score(model, curved(4, 9)).scores).all()


def test_what_cannot_be_is_refused_while_describing():
    def describe(width, **params):
        spec = FeatureSpec([f"f{i}" for i in range(width)], {"type": "flat", "width": width})
        return BLOCK.new().describe(spec, Params.defaults(FOLDER, **params))

    with pytest.raises(BlockError, match="bottleneck is 8, of 8 features; allowed: auto, or 1 to 7"):
        describe(8, bottleneck=8)
    with pytest.raises(BlockError, match="'f0' is the only feature"):
        describe(1)


def test_the_device_agrees(model, tmp_path):
    spec = FeatureSpec([f"f{i}" for i in range(8)], {"type": "flat", "width": 8})
    BLOCK.new().export(model, spec, Params.defaults(FOLDER)).write(tmp_path / "node", FOLDER / "device")
    node = load_node(tmp_path / "node")
    (tmp_path / "build").mkdir()
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    library = build_library([node], tmp_path / "build", options=["-Wall", "-Wextra", "-Werror", *trap])
    seen = np.concatenate([curved(50, 4), 10 * curved(10, 5)])
    found, expected = DeviceNode(library, node).batch(seen), score(model, seen)
    np.testing.assert_allclose(found["scores"].ravel(), expected.scores, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["contributions"], expected.contributions, rtol=1e-3, atol=1e-5)
