"""PCA reconstruction: the squared error that principal components leave, by feature, the same on the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Params, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def features(values):
    values = np.asarray(values, np.float32)
    return Features(values, [f"f{i}" for i in range(values.shape[1])])


def spec(width):
    return FeatureSpec([f"f{i}" for i in range(width)], {"type": "flat", "width": width})


def mixed(rows, columns=6, ways=2, noise=0.1, seed=0, world=0):
    """Windows that vary in `ways` directions (the same for equal `world`), and noise."""
    mixing = np.random.default_rng(world).normal(size=(ways, columns)) * np.linspace(3, 1, ways)[:, None]
    random = np.random.default_rng(seed + 1)
    values = random.normal(size=(rows, ways)) @ mixing + noise * random.normal(size=(rows, columns))
    return values.astype(np.float32)


def fit(values, context=None, **params):
    context = context or Context()
    return BLOCK.new(context).fit(features(values), None, Params.defaults(FOLDER, **params), context)


def score(model, values):
    return BLOCK.new().score(model, features(values), Params.defaults(FOLDER))


def export(model, width, folder):
    BLOCK.new().export(model, spec(width), Params.defaults(FOLDER)).write(folder, FOLDER / "device")
    return load_node(folder)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pca")
    (folder / "build").mkdir()
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    node = export(fit(mixed(50)), 6, folder / "node")
    return build_library([node], folder / "build", options=["-Wall", "-Wextra", "-Werror", *trap])


@pytest.mark.parametrize(("rows", "columns"), [(300, 6), (40, 700), (50, 50)])
@pytest.mark.parametrize("standardise", [True, False])
@pytest.mark.parametrize("components", [3, 0.9])
def test_scores_are_those_of_scikit_learns_components(rows, columns, standardise, components):
    train, seen = mixed(rows, columns, ways=4), mixed(30, columns, ways=5, seed=5) * 2
    model = fit(train, components=components, standardise=standardise)
    scale = train.std(axis=0, dtype=float) if standardise else 1.0
    z, zs = ((x - train.mean(axis=0, dtype=float)) / scale for x in (train, seen))
    reference = PCA(components, svd_solver="full").fit(z)
    errors = (zs - reference.inverse_transform(reference.transform(zs))) ** 2
    found = score(model, seen)
    assert model.arrays["components"].shape == reference.components_.shape
    size = np.square(zs).sum(axis=1)
    assert np.abs(found.scores - errors.sum(axis=1)).max() < 1e-5 * size.max()
    np.testing.assert_allclose(found.contributions, errors, atol=1e-5 * size.max())
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, rtol=1e-5)
    assert (np.abs(model.arrays["components"]).max(axis=1) == model.arrays["components"].max(axis=1)).all()


def test_a_broken_rule_scores_though_every_feature_is_ordinary():
    train = mixed(400, 8, ways=2)
    model = fit(train)
    normal, broken = mixed(50, 8, ways=2, seed=7), mixed(50, 8, ways=2, seed=7)
    broken[:, 3] = mixed(50, 8, ways=2, seed=8)[:, 3]  # a normal value, of another window
    assert np.median(score(model, broken).scores) > 4 * np.quantile(score(model, normal).scores, 0.9)


@pytest.mark.parametrize("rows", [60, 400])
def test_auto_finds_the_ways_that_windows_vary_in(rows):
    for ways in (1, 3, 7):
        model = fit(mixed(rows, 120, ways=ways, noise=1.5), components="auto", standardise=False)
        assert len(model.arrays["components"]) == ways


def test_training_windows_are_scored_as_if_unseen():
    train = mixed(50, 200, ways=3, noise=1.0)
    train[17, 40:60] += 6
    model = fit(train, components=0.9)
    own, fresh = score(model, train).scores, score(model, mixed(200, 200, ways=3, noise=1.0, seed=9)).scores
    normal = np.delete(model.train_scores, 17)
    assert np.median(own) < 0.7 * np.median(fresh)
    assert 0.8 < np.median(normal) / np.median(fresh) < 1.3
    assert model.train_scores.argmax() == 17
    assert set(model.train_contributions[17].argsort()[-10:]) <= set(range(40, 60))
    np.testing.assert_allclose(model.train_contributions.sum(axis=1), model.train_scores, rtol=1e-5)


def test_folds_are_those_given_and_groups_stay_together():
    train = mixed(90, 12, ways=3)
    folds = np.repeat([0, 1, 2], 30).astype(np.int32)
    folds[28:32] = -1
    model = fit(train, Context(folds=folds), components=2)
    expected = score(fit(train[(folds == 0) | (folds == 2)], components=2), train[folds == 1]).scores
    np.testing.assert_allclose(model.train_scores[folds == 1], expected)
    np.testing.assert_allclose(model.train_scores[28:32], score(model, train[28:32]).scores)
    groups = np.arange(90, dtype=np.int32) % 3
    model = fit(train, Context(groups=groups), components=2)
    expected = score(fit(train[groups != 1], components=2), train[groups == 1]).scores
    np.testing.assert_allclose(model.train_scores[groups == 1], expected)


@pytest.mark.parametrize("values", [mixed(1), np.repeat(mixed(1), 9, axis=0)])
def test_equal_windows_are_a_point(values, library, tmp_path):
    context = Context()
    model = fit(values, context, components=3)
    assert context.warnings == [f"0 components instead of 3: {len(values)} training windows vary in no more"]
    seen = values[:1] + np.float32([[0, 3, 0, 4, 0, 0]])
    np.testing.assert_allclose(score(model, seen).scores, [25], rtol=1e-5)
    np.testing.assert_array_equal(model.train_scores, 0)
    device = DeviceNode(library, export(model, 6, tmp_path / "node")).batch(seen)
    np.testing.assert_allclose(device["contributions"], score(model, seen).contributions, rtol=1e-5)


def test_fewer_windows_than_components_duplicates_and_constants():
    context = Context()
    model = fit(np.repeat(mixed(3), 4, axis=0), context, components=5)
    assert len(model.arrays["components"]) == 2
    assert context.warnings == ["2 components instead of 5: 12 training windows vary in no more"]
    train = mixed(60)
    train[:, 2] = 7
    model = fit(train)
    seen = train[:4].copy()
    seen[:, 2] = 10
    np.testing.assert_allclose(score(model, seen).contributions[:, 2], 9, rtol=1e-5)


@pytest.mark.parametrize("components", [0, -1, 1.5, 6, 99, float("nan"), float("inf")])
def test_components_that_cannot_be_are_refused_while_describing(components):
    with pytest.raises(
        BlockError, match="of 6 features; allowed: a share of the variance above 0 and below 1, a whole"
    ):
        BLOCK.new().describe(spec(6), Params.defaults(FOLDER, components=components))


def test_a_single_feature_is_refused():
    with pytest.raises(BlockError, match="'f0' is the only feature; a reconstruction needs two"):
        BLOCK.new().describe(spec(1), Params.defaults(FOLDER))


def test_plots_show_components_and_windows_beside_their_reconstruction():
    train = mixed(60, noise=0)
    model = fit(train, components=2)
    params = Params.defaults(FOLDER)
    variance, first = BLOCK.new().plot(model, None, params)
    assert variance["title"] == "Variance that components explain: 100.0% by 2"
    assert [series["name"] for series in first["series"]] == ["component 1", "component 2"]
    assert first["x"]["values"] == model.meta["labels"]
    model.meta["labels"] = [f"audio {step / 2} Hz" for step in range(6)]
    _, hertz = BLOCK.new().plot(model, None, params)
    assert hertz["x"] == {"label": "audio Hz", "values": [0, 0.5, 1, 1.5, 2, 2.5]}
    model.meta["labels"] = [f"f{i}" for i in range(6)]
    *_, last = BLOCK.new().plot(model, features(train[:30]), params)
    assert last["title"] == "Window 19: original and reconstructed"
    original, rebuilt = (series["values"] for series in last["series"])
    np.testing.assert_allclose(rebuilt, original, atol=1e-4)


@settings(
    deadline=None, max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
@given(
    rows=st.integers(1, 80), columns=st.integers(2, 90), ways=st.integers(1, 5), components=st.sampled_from([1, 3, 0.5, 0.99, "auto"]),
    scale=st.sampled_from([1e-3, 1.0, 1e4]), offset=st.sampled_from([0.0, 30.0]), scaled=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_the_device_scores_as_python_does(
    library, tmp_path, rows, columns, ways, components, scale, offset, scaled, seed
):
    assume(components == "auto" or components < columns)
    train = (mixed(rows, columns, ways, seed=seed) + np.float32(offset)) * np.float32(scale)
    seen = np.concatenate(
        [train[:5], (mixed(5, columns, ways, seed=seed + 1) * 3 + np.float32(offset)) * np.float32(scale)]
    )
    model = fit(train, components=components, standardise=scaled)
    python = score(model, seen)
    assert np.isfinite(model.train_scores).all()
    single = score(model, seen[6:7])
    np.testing.assert_allclose(single.scores, python.scores[6:7], rtol=1e-9, atol=1e-12)
    node = export(model, columns, tmp_path / f"node-{sum(1 for _ in tmp_path.iterdir())}")
    device = DeviceNode(library, node).batch(seen)
    tolerance = {"rtol": node.tolerance["relative"], "atol": node.tolerance["absolute"]}
    np.testing.assert_allclose(device["scores"][:, 0], python.scores, **tolerance)
    np.testing.assert_allclose(device["contributions"], python.contributions, **tolerance)
    np.testing.assert_allclose(device["contributions"].sum(axis=1), device["scores"][:, 0], rtol=1e-5)
