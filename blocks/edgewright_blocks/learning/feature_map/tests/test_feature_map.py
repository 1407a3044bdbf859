"""The feature map: PCA against scikit-learn, PaCMAP by the neighbourhoods it keeps, clusters, and what can't be laid out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from edgewright_sdk import Context, Features, Params, load_block

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def laid(values, seed=0, **params):
    values = np.asarray(values, np.float32)
    context = Context(seed=seed)
    train = Features(values, [f"x f{i}" for i in range(values.shape[1])])
    return BLOCK.new(context).fit(train, None, Params.defaults(FOLDER, **params), context)


@pytest.fixture(scope="module")
def digits():
    values, names = load_digits(return_X_y=True)
    return values[:500], names[:500]


@pytest.fixture(scope="module")
def model(digits):
    return laid(digits[0], clusters=10, standardise=False)


def test_pca_is_scikit_learns(digits, model):
    reference = PCA(2).fit(digits[0])
    np.testing.assert_allclose(np.abs(model.arrays["pca"]), np.abs(reference.transform(digits[0])), atol=1e-3)
    np.testing.assert_allclose(model.meta["share"], reference.explained_variance_ratio_, rtol=1e-6)


def test_pacmap_keeps_neighbourhoods_that_a_straight_view_loses(digits, model):
    def same(places):  # of the ten nearest on the map, how many are the same digit
        near = NearestNeighbors(n_neighbors=11).fit(places).kneighbors(places, return_distance=False)[:, 1:]
        return np.mean(digits[1][near] == digits[1][:, None])

    assert same(model.arrays["pacmap"]) > 0.9  # the package pacmap 0.9.1 reaches as much
    assert same(model.arrays["pca"]) < 0.65


def test_clusters_come_by_size_and_the_same_each_time(digits, model):
    counts = np.bincount(model.arrays["clusters"])
    assert len(counts) == 10
    assert (np.diff(counts) <= 0).all()
    again = laid(digits[0], clusters=10, standardise=False)
    for name, array in model.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])
    assert not np.array_equal(model.arrays["pacmap"], laid(digits[0], seed=1).arrays["pacmap"])


def test_standardised_units_dont_matter():
    random = np.random.default_rng(1)
    values = random.normal(size=(40, 5)) * [1, 3, 9, 1, 1]
    for name, array in laid(values).arrays.items():
        np.testing.assert_allclose(array, laid(values * [1000, 1, 1, 0.01, 7]).arrays[name], atol=2e-2)


@pytest.mark.parametrize(
    ("values", "clusters"),
    [
        (np.zeros((30, 4)), 1),
        (np.zeros((1, 4)), 1),
        (np.repeat(np.eye(3), 10, axis=0), 3),
        (np.arange(11.0)[:, None], 5),
    ],
)
def test_too_few_that_differ_have_no_pacmap_and_say_so(values, clusters):
    model = laid(values, clusters=5)
    assert "pacmap" not in model.arrays
    assert "too few for PaCMAP" in model.meta["note"]
    assert model.arrays["clusters"].max() + 1 == clusters
    assert np.isfinite(model.arrays["pca"]).all()


def test_one_feature_and_wide_features_are_laid_out():
    random = np.random.default_rng(2)
    for width in (1, 700):
        places = laid(random.normal(size=(20, width))).arrays["pacmap"]
        assert np.isfinite(places).all()
        assert (places.std(axis=0) > 0).all()


def test_of_many_windows_some_are_taken_evenly():
    rows = laid(np.random.default_rng(3).normal(size=(101, 3)), most_windows=26).arrays["rows"]
    np.testing.assert_array_equal(rows, np.arange(0, 101, 4))
