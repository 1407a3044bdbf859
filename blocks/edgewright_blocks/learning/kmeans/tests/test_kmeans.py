"""K-means: distance beyond the edge of the nearest cluster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Model, Params, load_block

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def features(values, labels=None):
    values = np.asarray(values, np.float32)
    return Features(values, labels or [f"x f{i}" for i in range(values.shape[1])])


def spec(labels):
    return FeatureSpec(labels, {"type": "flat", "width": len(labels)})


def normal(rows, columns=3, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def fit(values, seed=0, context=None, **params):
    context = context or Context(seed=seed)
    return BLOCK.new(context).fit(features(values), None, Params.defaults(FOLDER, **params), context)


def score(model, values):
    return BLOCK.new().score(model, features(values), Params.defaults(FOLDER))


def test_score_is_the_distance_beyond_the_nearest_edge():
    train, seen = normal(200), normal(50, seed=1) * 3
    model = fit(train, clusters=5)
    z = (seen - train.mean(axis=0)) / train.std(axis=0)
    distances = np.linalg.norm(z[:, None] - model.arrays["centroids"], axis=-1)
    expected = (distances - model.arrays["radii"]).min(axis=1)
    scores = score(model, seen)
    np.testing.assert_allclose(scores.scores, expected, atol=1e-5)
    assert scores.scores.dtype == np.float64
    np.testing.assert_allclose(scores.contributions.sum(axis=1), scores.scores, atol=1e-5)


def test_training_windows_are_scored_as_if_unseen():
    train, fresh = normal(200, 6), normal(2000, 6, seed=1)
    train[17] = 8
    folds = (np.arange(200) % 20).astype(np.int32)
    folds[3] = -1
    model = fit(train, context=Context(folds=folds), clusters=16)
    own, unseen = score(model, train).scores, score(model, fresh).scores
    assert own[17] == pytest.approx(0, abs=1e-6)  # a cluster of its own
    assert model.train_scores.argmax() == 17
    assert model.train_scores[17] > 5
    assert model.train_scores[3] == own[3]
    assert np.mean(own[:, None] > unseen) < 0.4
    ranks = np.searchsorted(np.sort(np.delete(model.train_scores, [3, 17])), unseen) / 198
    assert abs(ranks.mean() - 0.5) < 0.06


def test_clusters_are_those_of_scikit_learn():
    train = normal(100)
    model = fit(train, clusters=4, seed=3)
    z = (train - model.arrays["mean"]) / model.arrays["scale"].astype(float)
    reference = KMeans(4, n_init=3, random_state=3).fit(z)
    np.testing.assert_allclose(model.arrays["centroids"], reference.cluster_centers_, atol=1e-6)
    assert sorted(model.arrays["sizes"]) == sorted(np.bincount(reference.labels_))


@pytest.mark.parametrize(("radius", "share"), [(99, 0.99), (50, 0.5), ("max", 1.0), (100.0, 1.0)])
def test_radius_is_a_percentile_of_each_clusters_distances(radius, share):
    train = normal(1000)
    scores = score(fit(train, clusters=3, radius=radius), train).scores
    assert np.mean(scores <= 0) >= share - 0.005
    if share == 1.0:
        assert -1e-6 < scores.max() <= 0


@pytest.mark.parametrize(("radius", "bounded"), [("max", True), (100, True), (99, False), (99.9, False)])
def test_only_the_largest_radius_bounds_the_training_scores(radius, bounded):
    description = BLOCK.new().describe(spec(["a"]), Params.defaults(FOLDER, radius=radius))
    assert description.document() == {
        "kind": "anomaly", "outputs": ["scores", "contributions"], "contributions": ["a"], "classes": [],
        "bounded_in_sample": bounded,
    }  # fmt: skip


@pytest.mark.parametrize("radius", [0, -1, 101, float("nan")])
def test_other_radii_are_refused(radius):
    with pytest.raises(BlockError, match="allowed: a percentile above 0, up to 100, or max"):
        BLOCK.new().describe(spec(["a"]), Params.defaults(FOLDER, radius=radius))


def test_the_largest_deviation_contributes_most_inside_and_outside():
    model = fit(normal(200), clusters=1)
    for size in (0.5, 50.0):
        contributions = score(model, [[0, size, 0]]).contributions[0]
        assert contributions.argmax() == 1


def test_chosen_features_in_the_order_of_the_list():
    train = normal(50, 4)
    model = fit(train, features=["x f3", "x f1"])
    assert model.meta["labels"] == ["x f3", "x f1"]
    assert list(model.arrays["selected"]) == [3, 1]
    seen = normal(5, 4, seed=1)
    changed = seen.copy()
    changed[:, [0, 2]] += 100
    np.testing.assert_array_equal(score(model, seen).scores, score(model, changed).scores)
    assert score(model, seen).contributions.shape == (5, 2)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (["x f9"], "no feature is labelled 'x f9'; did you mean 'x f"),
        (["loudness"], "no feature is labelled 'loudness'; there are 'x f0', 'x f1', 'x f2'"),
        ([], "features is empty"),
        (["x f1", "x f1"], "names 'x f1' twice"),
    ],
)
def test_wrong_features_are_refused_while_describing(chosen, message):
    labels = ["x f0", "x f1", "x f2"]
    with pytest.raises(BlockError, match=message):
        BLOCK.new().describe(spec(labels), Params.defaults(FOLDER, features=chosen))


def test_features_of_another_block_are_refused():
    model = fit(normal(20))
    with pytest.raises(
        BlockError, match="trained on feature 'x f1' in column 1, but these features have 'y' there"
    ):
        BLOCK.new().score(model, features(normal(2), ["x f0", "y", "x f2"]), Params.defaults(FOLDER))


@pytest.mark.parametrize(
    ("values", "clusters"),
    [
        (normal(1), 1),
        (np.repeat(normal(1), 10, axis=0), 1),
        (np.repeat(normal(3), 4, axis=0), 3),
        (normal(5), 5),
        (np.zeros((6, 3)), 1),
    ],
)
def test_few_or_equal_windows_make_fewer_clusters(values, clusters):
    context = Context()
    model = fit(values, context=context)
    assert len(model.arrays["radii"]) == clusters
    assert context.metrics == {"clusters": clusters}
    assert context.warnings == [
        f"{clusters} clusters instead of 32: {len(values)} training windows hold no more"
    ]
    assert np.abs(score(model, values).scores).max() < 1e-5
    assert (score(model, np.full((1, 3), 50.0)).scores > 1).all()


def test_more_clusters_than_a_tenth_of_the_windows_are_warned_of():
    loud, quiet = Context(), Context()
    fit(normal(99), clusters=10, context=loud)
    fit(normal(100), clusters=10, context=quiet)
    assert [text.split(":")[0] for text in loud.warnings] == ["10 clusters for 99 training windows"]
    assert quiet.warnings == []


def test_tables_of_others_are_scored_as_they_are():
    """Scaler, centroids and radii as another program prints them: the smallest distance beyond an edge, to 1e-6."""
    random = np.random.default_rng(7)
    mean, scale = random.normal(size=5) * 40, random.uniform(0.01, 30, 5)
    centroids, radii = random.normal(size=(9, 5)) * 2, random.uniform(0, 1.5, 9)
    arrays = {
        "selected": np.array([4, 0, 1, 3, 2], np.int32), "mean": mean, "scale": scale, "centroids": centroids,
        "radii": radii, "sizes": np.ones(9, np.int32),
    }  # fmt: skip
    model = Model({"labels": [f"x f{i}" for i in (4, 0, 1, 3, 2)]}, arrays)
    seen = (random.normal(size=(500, 5)) * scale * 2 + mean).astype(np.float32)
    seen[0] = mean + scale * centroids[3]
    columns = np.empty_like(seen)
    columns[:, arrays["selected"]] = seen
    scores = score(model, columns)
    z = (seen.astype(np.float64) - mean) / scale
    expected = [min(np.linalg.norm(row - c) - r for c, r in zip(centroids, radii, strict=True)) for row in z]
    np.testing.assert_allclose(scores.scores, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(scores.contributions.sum(axis=1), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("distance", [0.0, 1.0, 1e3, 1e8])
def test_between_two_clusters_the_first_counts_alone_and_in_company(distance):
    """Products round such distances differently for each number of rows: the choice must not hang on that."""
    centroids = np.array([[-1.0, 0.3, 0.1], [1.0, 0.3, 0.1]], np.float32)
    arrays = {
        "selected": np.arange(3, dtype=np.int32), "mean": np.zeros(3, np.float32), "scale": np.ones(3, np.float32),
        "centroids": centroids, "radii": np.full(2, 0.5, np.float32), "sizes": np.ones(2, np.int32),
    }  # fmt: skip
    model = Model({"labels": ["x f0", "x f1", "x f2"]}, arrays)
    far = normal(64) * np.float32(10) + np.float32(distance)
    far[:, 0] = 0
    together = score(model, far)
    alone = [score(model, row[None]) for row in far]
    np.testing.assert_array_equal(together.scores, [one.scores[0] for one in alone])
    np.testing.assert_array_equal(together.contributions, [one.contributions[0] for one in alone])
    np.testing.assert_array_equal(together.contributions[:, 0] > 0, 1 / (together.scores + 0.5) > 0.5 / 3)


def test_a_constant_feature_counts_in_its_own_units():
    train = normal(100)
    train[:, 1] = 7
    model = fit(train, clusters=2)
    assert (model.arrays["mean"][1], model.arrays["scale"][1]) == (7, 1)
    assert score(model, [[0, 7, 0]]).scores[0] < 0
    assert score(model, [[0, 107, 0]]).scores[0] == pytest.approx(100, abs=5)


def test_rounding_noise_is_no_information():
    train = normal(100)
    train[:, 1] = np.float32(1000.0)
    train[::2, 1] = np.nextafter(np.float32(1000), np.float32(2000))
    assert fit(train, clusters=2).arrays["scale"][1] == 1


def test_training_is_repeatable_and_follows_the_seed():
    train = normal(300)
    one, two, other = fit(train), fit(train), fit(train, seed=1)
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])
    assert not np.array_equal(one.arrays["centroids"], other.arrays["centroids"])


@settings(deadline=None, max_examples=25)
@given(
    rows=st.integers(1, 40), columns=st.integers(1, 5), clusters=st.integers(1, 12), seed=st.integers(0, 50),
    duplicates=st.integers(1, 3), offset=st.sampled_from([0.0, 1e3, -1e5]),
)  # fmt: skip
def test_any_training_set_gives_finite_scores_batch_or_single(
    rows, columns, clusters, seed, duplicates, offset
):
    train = np.repeat(normal(rows, columns, seed), duplicates, axis=0) + np.float32(offset)
    model = fit(train, clusters=clusters, radius="max")
    scores = score(model, train)
    assert scores.scores.max() <= 0
    assert np.isfinite(scores.contributions).all()
    np.testing.assert_allclose(scores.contributions.sum(axis=1), scores.scores, atol=1e-4)
    assert model.arrays["sizes"].sum() == len(train)
    assert model.arrays["sizes"].min() > 0
    single = [score(model, train[i : i + 1]) for i in range(len(train))]
    np.testing.assert_array_equal(scores.scores, [one.scores[0] for one in single])
    np.testing.assert_array_equal(scores.contributions, [one.contributions[0] for one in single])


def test_the_plot_is_the_space_with_its_balls():
    model = fit(normal(100), clusters=4)
    (plot,) = BLOCK.new().plot(model, None, Params.defaults(FOLDER))
    assert plot["kind"] == "space"
    assert plot["dimensions"] == ["x f0", "x f1", "x f2"]
    assert len(plot["balls"]) == 4
    assert sum(ball["size"] for ball in plot["balls"]) == 100


def test_export_fits_the_device_code(tmp_path):
    model = fit(normal(100, 6), clusters=4, features=["x f5", "x f0"])
    labels = [f"x f{i}" for i in range(6)]
    export = BLOCK.new().export(model, spec(labels), Params.defaults(FOLDER))
    export.write(tmp_path / "export", FOLDER / "device")
    assert export.tables["inputs"] == 6
    assert list(export.tables["selected"]) == [5, 0]
    assert export.tables["centroids"].shape == (4, 2)
    assert export.outputs[1]["shape"] == [2]
    assert export.scratch_bytes == 16
