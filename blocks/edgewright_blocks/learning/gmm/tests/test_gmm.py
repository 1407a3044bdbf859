"""Gaussian mixtures: how unlikely a window is, held to scikit-learn and to formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Model, Params, load_block

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
COVARIANCES = ("full", "tied", "diag", "spherical")
NLL = "negative-log-likelihood"


def features(values, labels=None):
    values = np.asarray(values, np.float32)
    return Features(values, labels or [f"x f{i}" for i in range(values.shape[1])])


def normal(rows, columns=3, seed=0):
    """Correlated windows in two states."""
    random = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(columns, columns))
    state = random.integers(2, size=(rows, 1))
    return ((random.normal(size=(rows, columns)) + 6 * state) @ mix).astype(np.float32)


def fit(values, context=None, **params):
    context = context or Context()
    given = Params.defaults(FOLDER, **{"components": 2, **params})
    return BLOCK.new(context).fit(features(values), None, given, context)


def score(model, values, **params):
    return BLOCK.new().score(model, features(values), Params.defaults(FOLDER, **params))


def standardised(model, values):
    return (np.asarray(values, np.float64) - model.arrays["mean"]) / model.arrays["scale"].astype(float)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_likelihood_is_that_of_scikit_learn(covariance):
    train, seen = normal(300), normal(200, seed=1) * np.float32(2)
    model = fit(train, Context(seed=4), components=3, covariance=covariance)
    reference = GaussianMixture(
        3, covariance_type=covariance, reg_covar=1e-3, max_iter=200, random_state=4
    ).fit(standardised(model, train))
    found = score(model, seen, score=NLL)
    np.testing.assert_allclose(
        found.scores, -reference.score_samples(standardised(model, seen)), rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(found.contributions.sum(axis=1), found.scores, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_training_windows_are_scored_as_if_unseen(covariance):
    train, fresh = normal(120, 8), normal(2000, 8, seed=1)
    train[17] *= 3
    folds = (np.arange(120) % 20).astype(np.int32)
    folds[3] = -1
    model = fit(train, Context(folds=folds), components="auto", covariance=covariance)
    own, unseen = score(model, train).scores, score(model, fresh).scores
    assert model.train_scores.argmax() == 17
    assert model.train_scores[17] > own[17] + 1
    assert model.train_scores[3] == pytest.approx(own[3])
    # Fresh windows are as far out as held-out ones; the model's own are not, where it has the freedom to fit them.
    ranks = np.searchsorted(np.sort(np.delete(model.train_scores, [3, 17])), unseen) / 118
    assert abs(ranks.mean() - 0.5) < 0.08
    # A single component is the same wherever its learning began; likelihoods are in the units of each scaler.
    model, held = fit(train, Context(folds=folds), components=1, covariance=covariance, score=NLL), folds == 5
    alone = fit(train[(folds >= 0) & ~held], components=1, covariance=covariance)
    units = np.log(alone.arrays["scale"] / model.arrays["scale"]).sum()
    expected = score(alone, train[held], score=NLL).scores + units
    if covariance != "spherical":  # which is not the same in other units
        np.testing.assert_allclose(model.train_scores[held], expected, rtol=0.02, atol=0.05)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_a_mixture_of_others_is_scored_as_it_is(covariance):
    """Weights, means and covariances that were given, in scikit-learn's own attributes."""
    random = np.random.default_rng(5)
    components, k = 4, 5
    spread = random.normal(size=(components, k, k))
    full = spread @ spread.transpose(0, 2, 1) + 0.05 * np.eye(k)
    given = {"full": full, "tied": full[0], "diag": full[:, 0] ** 2 + 0.1, "spherical": full[:, 0, 0]}[
        covariance
    ]
    theirs = GaussianMixture(components, covariance_type=covariance)
    theirs.weights_ = np.array([0.5, 0.3, 0.15, 0.05])
    theirs.means_ = random.normal(size=(components, k)) * 3
    theirs.covariances_ = given
    if covariance in ("full", "tied"):
        inverse = np.linalg.inv(given)
        upper = np.linalg.cholesky(inverse[..., ::-1, ::-1])[..., ::-1, ::-1]  # upper upper^T = inverse
        values, vectors = np.linalg.eigh(inverse)
        roots = (vectors * np.sqrt(values)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    else:
        upper = roots = 1 / np.sqrt(given)
    theirs.precisions_cholesky_ = upper
    arrays = {
        "selected": np.arange(k, dtype=np.int32), "mean": np.zeros(k, np.float32), "scale": np.ones(k, np.float32),
        "weights": theirs.weights_, "means": theirs.means_, "roots": roots[None] if covariance == "tied" else roots,
    }  # fmt: skip
    model = Model({"labels": [f"x f{i}" for i in range(k)], "level": 2.0, "spread": 4.0}, arrays)
    seen = (random.normal(size=(300, k)) * 5).astype(np.float32)
    expected = -theirs.score_samples(seen.astype(np.float64))
    np.testing.assert_allclose(score(model, seen, score=NLL).scores, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(score(model, seen).scores, (expected - 2) / 4, rtol=0, atol=1e-6)
    turned = score(model, seen, score="absolute-z")
    np.testing.assert_allclose(turned.scores, np.abs(expected - 2) / 4, rtol=0, atol=1e-6)
    np.testing.assert_allclose(turned.contributions.sum(axis=1), turned.scores, rtol=1e-5, atol=1e-4)


def test_z_is_standard_over_the_training_windows():
    train = normal(400)
    scores = score(fit(train), train).scores
    assert scores.mean() == pytest.approx(0, abs=1e-9)
    assert scores.std() == pytest.approx(1)
    assert score(fit(train), [[100, -100, 100]]).scores[0] > 10


def test_half_the_distance_is_shared_by_axis_whatever_their_order():
    values, seen = normal(500), normal(20, seed=3)
    model, turned = fit(values, components=1), fit(values[:, [2, 0, 1]], components=1)
    root, delta = model.arrays["roots"][0], standardised(model, seen) - model.arrays["means"][0]
    covariance = np.cov(standardised(model, values).T, bias=True) + 1e-3 * np.eye(3)
    np.testing.assert_allclose(root @ root, np.linalg.inv(covariance), rtol=1e-6)
    np.testing.assert_allclose(root, root.T, atol=1e-9)
    found = score(model, seen, score=NLL)
    rest = (found.scores - np.square(delta @ root).sum(axis=1) / 2) / 3
    np.testing.assert_allclose(
        found.contributions, np.square(delta @ root) / 2 + rest[:, None], rtol=1e-4, atol=1e-4
    )
    other = score(turned, seen[:, [2, 0, 1]], score=NLL).contributions
    np.testing.assert_allclose(other, found.contributions[:, [2, 0, 1]], rtol=1e-4, atol=1e-4)


def test_of_features_that_go_together_the_one_that_does_not_is_named():
    random = np.random.default_rng(0)
    values = random.normal(size=(400, 1)) + 0.02 * random.normal(size=(400, 6))
    model = fit(values, components=1)
    together, alone = np.full((1, 6), 2.0), np.eye(6)[[3]] * 0.5
    assert score(model, together).scores[0] < 3 < score(model, alone).scores[0]
    contributions = score(model, alone).contributions[0]
    assert contributions.argmax() == 3
    assert contributions[3] > 0.6 * contributions.sum()


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_feature_that_deviates_contributes_most(covariance):
    model = fit(np.random.default_rng(0).normal(size=(200, 4)), components=1, covariance=covariance)
    assert score(model, [[0, 0, 9, 0]]).contributions[0].argmax() == 2


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_a_constant_feature_counts_in_its_own_units(covariance):
    values = normal(200)
    model = fit(np.column_stack([values, np.full(200, 7.0)]), covariance=covariance)
    plain = fit(values, covariance=covariance)
    there, away = (score(model, np.column_stack([values, np.full(200, v)]), score=NLL) for v in (7.0, 9.0))
    if covariance == "spherical":
        assert (away.scores > there.scores).all()
    else:  # one more standard normal variable, independent of the others
        usual = score(plain, values, score=NLL).scores + np.log(2 * np.pi) / 2
        np.testing.assert_allclose(there.scores, usual, atol=1e-6)
        np.testing.assert_allclose(away.scores - there.scores, 2, atol=1e-6)
    added = away.contributions - there.contributions
    assert (added.argmax(axis=1) == 3).all()


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize(
    ("values", "components"),
    [
        (normal(1), 1),
        (np.repeat(normal(1), 40, axis=0), 1),
        (np.zeros((5, 3)), 1),
        (normal(2), 2),
        (np.repeat(normal(3), 20, axis=0), 3),
    ],
)
def test_few_or_equal_windows_give_finite_scores(values, components, covariance):
    context = Context()
    model = fit(values, context, components=8, covariance=covariance)
    assert len(model.arrays["weights"]) == components
    assert (
        context.warnings[0]
        == f"{components} components instead of 8: {len(values)} training windows hold no more"
    )
    seen, far = score(model, values), score(model, np.full((1, 3), 50.0))
    assert np.isfinite(seen.scores).all()
    assert np.isfinite(seen.contributions).all()
    assert far.scores[0] > seen.scores.max() + 1


def test_too_few_windows_for_full_covariance_are_warned_of():
    loud, quiet = Context(), Context()
    fit(normal(50, 30), loud, components=2)
    fit(normal(50, 30), quiet, components=2, covariance="diag")
    assert loud.warnings[0].startswith(
        "2 components over 30 features for 50 training windows: full covariance needs 31"
    )
    assert quiet.warnings == []


def test_without_regularisation_no_width_is_refused_with_what_to_do():
    values = normal(60)
    values[:, 2] = values[:, 0]
    with pytest.raises(BlockError, match=r"take more of it \(0.001\), fewer components, or diag"):
        fit(values, regularisation=0.0)
    assert np.isfinite(score(fit(values), values).scores).all()


@pytest.mark.parametrize(("states", "columns"), [(1, 4), (2, 4), (3, 2), (4, 3)])
def test_auto_finds_as_many_components_as_there_are_states(states, columns):
    random = np.random.default_rng(states)
    centres = random.normal(size=(states, columns)) * 12
    values = centres[np.arange(400) % states] + random.normal(size=(400, columns))
    context = Context()
    model = fit(values, context, components="auto")
    assert len(model.arrays["weights"]) == states
    assert context.metrics == {"components": states}
    counts = list(model.arrays["counts"])
    assert counts[model.arrays["criterion"].argmin()] == states
    _, curve = BLOCK.new().plot(model, None, Params.defaults(FOLDER))
    assert list(curve["series"][0]["values"]) == list(model.arrays["criterion"])
    assert list(curve["x"]["values"]) == counts


def test_auto_has_one_component_where_there_is_nothing_to_choose():
    for values in (normal(1), normal(15), np.ones((100, 2))):
        model = fit(values, components="auto")
        assert len(model.arrays["weights"]) == 1
        assert "criterion" not in model.arrays


def test_training_is_repeatable_and_follows_the_seed():
    train = normal(200, 5)
    one, two, other = (fit(train, Context(seed=s), components=8) for s in (1, 1, 2))
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name])
    assert not np.array_equal(one.arrays["means"], other.arrays["means"])


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_plot_has_the_components_as_ellipses(covariance):
    model = fit(normal(300), components=3, covariance=covariance)
    (space,) = BLOCK.new().plot(model, None, Params.defaults(FOLDER))
    assert (space["kind"], space["dimensions"], space["balls"]) == ("space", ["x f0", "x f1", "x f2"], [])
    assert sum(ellipse["weight"] for ellipse in space["ellipses"]) == pytest.approx(1)
    reference = GaussianMixture(
        3, covariance_type=covariance, reg_covar=1e-3, max_iter=200, random_state=0
    ).fit(standardised(model, normal(300)))
    for k, ellipse in enumerate(space["ellipses"]):
        theirs = {"full": lambda k=k: reference.covariances_[k], "tied": lambda: reference.covariances_}.get(
            covariance, lambda k=k: np.eye(3) * reference.covariances_[k]
        )()
        np.testing.assert_allclose(ellipse["variances"], np.diag(theirs), rtol=1e-6)
        assert ("covariance" in ellipse) == (covariance in ("full", "tied"))
        np.testing.assert_allclose(
            ellipse.get("covariance", np.diag(ellipse["variances"])), theirs, atol=1e-9
        )


def test_chosen_features_and_wrong_ones():
    model = fit(normal(100, 4), features=["x f3", "x f1"])
    seen = normal(5, 4, seed=1)
    changed = seen.copy()
    changed[:, [0, 2]] += 100
    np.testing.assert_array_equal(score(model, seen).scores, score(model, changed).scores)
    assert score(model, seen).contributions.shape == (5, 2)
    spec = FeatureSpec(["x f0"], {"type": "flat", "width": 1})
    with pytest.raises(BlockError, match="no feature is labelled 'x f9'"):
        BLOCK.new().describe(spec, Params.defaults(FOLDER, features=["x f9"]))
