"""K-means: the number of clusters chosen by the space that holds unseen normal windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright_sdk import Context, Features, Params, load_block

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)


def states(count, rows, columns, seed=0):
    """Windows of a machine with so many states: round clouds on corners of a cube, far apart along every axis."""
    random = np.random.default_rng(seed)
    corner = random.permutation(2 ** (columns - 1))[: (count + 1) // 2]
    bits = corner[:, None] >> np.arange(columns) & 1
    centres = np.concatenate([bits, 1 - bits])[:count] * 20  # opposite corners, so that all axes are alike
    return (centres[np.arange(rows) % count] + random.normal(size=(rows, columns))).astype(np.float32)


def fit(values, context, **params):
    values = np.asarray(values, np.float32)
    features = Features(values, [f"f{i}" for i in range(values.shape[1])])
    given = Params.defaults(FOLDER, clusters="auto", **params)
    return BLOCK.new(context).fit(features, None, given, context)


@pytest.mark.parametrize(("count", "columns"), [(2, 3), (4, 12), (6, 6), (12, 6)])
def test_finds_as_many_clusters_as_there_are_states(count, columns):
    context = Context(seed=1)
    model = fit(states(count, 400, columns), context)
    assert len(model.arrays["radii"]) == count
    assert context.warnings == []
    assert context.metrics == {"clusters": count}


def test_one_blob_needs_no_more_than_the_smallest_count():
    assert len(fit(np.random.default_rng(3).normal(size=(400, 5)), Context()).arrays["radii"]) == 2


def test_a_curved_set_takes_many_clusters():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 800)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert len(fit(ring, Context()).arrays["radii"]) >= 24


def test_the_curve_is_kept_and_drawn():
    model = fit(states(4, 200, 6), Context())
    assert model.arrays["counts"].tolist() == [
        2,
        3,
        4,
        6,
        8,
        12,
        16,
    ]  # 200 windows are too few for 24 clusters
    assert model.arrays["curve"].shape == (7, 3)
    assert (np.diff(model.arrays["curve"], axis=1) >= 0).all()  # more windows take more space
    _, curve = BLOCK.new().plot(model, None, Params.defaults(FOLDER))
    assert curve["kind"] == "lines"
    assert curve["title"].startswith("4 clusters chosen")
    assert [line["name"] for line in curve["series"]] == ["90% of them", "95% of them", "99% of them"]
    assert {len(line["values"]) for line in curve["series"]} == {7}


def test_choosing_is_repeatable_and_the_scale_of_a_feature_has_no_say():
    values = states(6, 300, 4)
    one, two = fit(values, Context(seed=5)), fit(values, Context(seed=5))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])
    scaled = fit(values * np.array([1, 1e3, 1e-3, 1]), Context(seed=5))
    assert len(scaled.arrays["radii"]) == len(one.arrays["radii"]) == 6


def test_folds_are_held_out_whole():
    # Each recording lies elsewhere: clusters that know one say nothing of the next, so that few large ones hold most.
    random = np.random.default_rng(0)
    recordings = random.permutation(np.repeat(np.arange(20), 10))
    values = random.normal(size=(20, 4))[recordings] * 3 + 0.1 * random.normal(size=(200, 4))
    whole, torn = (recordings % 5).astype(np.int32), (np.arange(200) % 5).astype(np.int32)
    torn[::20] = whole[::20] = -1  # overlaps two folds
    few, many = (len(fit(values, Context(folds=folds)).arrays["radii"]) for folds in (whole, torn))
    assert few < many
    ten = np.where(whole >= 0, whole + 5 * (np.arange(200) % 2), -1).astype(
        np.int32
    )  # halves of them, put together again
    again = fit(values, Context(folds=ten))
    np.testing.assert_array_equal(again.arrays["curve"], fit(values, Context(folds=whole)).arrays["curve"])
    one = fit(values, Context(folds=np.zeros(200, np.int32)))
    np.testing.assert_array_equal(one.arrays["curve"], fit(values, Context()).arrays["curve"])


@pytest.mark.parametrize(
    ("values", "clusters"),
    [
        (np.ones((1, 3)), 1),
        (np.ones((500, 3)), 1),
        (np.random.default_rng(0).normal(size=(12, 3)), 2),
        (np.repeat(np.eye(2), 100, axis=0), 2),
    ],
)
def test_with_nothing_to_choose_from_it_says_so(values, clusters):
    context = Context()
    model = fit(values, context)
    assert len(model.arrays["radii"]) == clusters
    assert context.warnings[0].startswith(f"clusters: auto had nothing to choose from and took {clusters}")
    assert len(BLOCK.new().plot(model, None, Params.defaults(FOLDER))) == 1


def test_a_constant_feature_and_repeated_windows_change_nothing():
    values = states(4, 300, 3)
    constant = np.column_stack([values, np.full(300, 7.0)])
    repeated = np.repeat(values, 2, axis=0)
    assert [len(fit(v, Context()).arrays["radii"]) for v in (values, constant, repeated)] == [4, 4, 4]
