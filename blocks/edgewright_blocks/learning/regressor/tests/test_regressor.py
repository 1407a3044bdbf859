"""The regressor: scikit-learn's numbers, from tables, in Python and on the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.svm import SVR

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Model, Params, load_block
from edgewright_sdk.codegen.compilers import WARNINGS
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
WIDTH = 6
LABELS = [f"x f{i}" for i in range(WIDTH)]
SPEC = FeatureSpec(LABELS, {"type": "flat", "width": WIDTH})
TRAP = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")

ALGORITHMS = {
    "ridge": {"algorithm": "ridge"},
    "least-squares": {"algorithm": "ridge", "alpha": 0.0},
    "forest": {"algorithm": "random-forest", "trees": 20},
    "svr": {"algorithm": "svr", "svr_c": 10.0},
    "svr-linear": {"algorithm": "svr", "kernel": "linear", "epsilon": 0.02},
    "boosting": {"algorithm": "gradient-boosting", "stages": 30, "learning_rate": 0.2},
}
#: Unit of the numbers: (factor, offset).
UNITS = {"plain": (1.0, 0.0), "pressure": (40.0, 101325.0), "metres": (1e-5, -3e-5)}


def windows(rows, seed=0):
    values = np.random.default_rng(seed).normal(size=(rows, WIDTH))
    values[:, 3] = 5000 + 300 * values[:, 3]
    values[:, 4] = 0.25  # constant
    values[:, 5] = values[:, 0]  # twice the same
    return values.astype(np.float32)


TRAIN, SEEN = windows(200), np.concatenate([windows(150, seed=1), 2 * windows(20, seed=2)])
CURVE = np.sin(2 * TRAIN[:, 0]) + 0.5 * TRAIN[:, 1] + (TRAIN[:, 3] - 5000) / 600


def numbers(unit):
    factor, offset = UNITS[unit]
    return (factor * CURVE + offset).astype(np.float32)


def learn(targets, params, values=TRAIN, seed=3):
    context = Context(seed=seed, targets=targets, groups=np.arange(len(targets), dtype=np.int32))
    given = Params.defaults(FOLDER, **params)
    return BLOCK.new(context).fit(Features(values, LABELS), None, given, context), context


FAR = np.array([[3e38] * WIDTH, [-3e38] * WIDTH], np.float32)


def values_of(model, values):
    return BLOCK.new().score(model, Features(values, LABELS), Params.defaults(FOLDER)).scores


def reference(params):
    """Scikit-learn's own estimator for parameters of the block, not fitted."""
    p = Params.defaults(FOLDER, **params)
    if p.algorithm == "ridge":
        return Ridge(p.alpha) if p.alpha else LinearRegression()
    if p.algorithm == "random-forest":
        return RandomForestRegressor(
            p.trees, max_depth=8, min_samples_leaf=2, max_features=1 / 3, random_state=3
        )
    if p.algorithm == "svr":
        return SVR(C=p.svr_c, kernel=p.kernel, epsilon=p.epsilon)
    return HistGradientBoostingRegressor(
        max_iter=p.stages, learning_rate=p.learning_rate, max_leaf_nodes=15, min_samples_leaf=5,
        early_stopping=False, random_state=3,
    )  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_numbers_are_those_of_scikit_learn(name, unit):
    targets = numbers(unit).astype(np.float64)
    model, context = learn(numbers(unit), ALGORITHMS[name])
    assert context.warnings == []
    train, seen = TRAIN, SEEN
    if "mean" in model.arrays:
        mean, scale = (model.arrays[key].astype(np.float64) for key in ("mean", "scale"))
        train, seen = (TRAIN - mean) / scale, (SEEN - mean) / scale
    estimator = reference(ALGORITHMS[name]).fit(train, (targets - targets.mean()) / targets.std())
    expected = estimator.predict(seen) * targets.std() + targets.mean()
    np.testing.assert_allclose(values_of(model, SEEN), expected, atol=1e-6 * targets.std())
    if name != "svr-linear":
        errors = values_of(model, TRAIN) - targets
        assert np.sqrt(np.mean(errors**2)) < 0.75 * targets.std()


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """Nodes of all algorithms and units, with what Python gives, in one library."""
    folder, cases = tmp_path_factory.mktemp("regressor"), {}
    for name, params in ALGORITHMS.items():
        for unit in UNITS:
            given = params | ({"features": ["x f3", "x f0", "x f1"]} if unit == "metres" else {})
            model, _ = learn(numbers(unit), given)
            path = folder / f"{name}-{unit}"
            BLOCK.new().export(model, SPEC, Params.defaults(FOLDER)).write(path, FOLDER / "device")
            cases[path.name] = (load_node(path), values_of(model, np.concatenate([SEEN, FAR])))
    work = folder / "build"
    work.mkdir()
    library = build_library([node for node, _ in cases.values()], work, options=[*WARNINGS, *TRAP])
    return {name: (DeviceNode(library, node), expected) for name, (node, expected) in cases.items()}


@pytest.mark.parametrize("name", [f"{name}-{unit}" for name in ALGORITHMS for unit in UNITS])
def test_the_device_computes_what_python_computes(name, device):
    node, expected = device[name]
    allowed, got = node.node.tolerance, node.batch(np.concatenate([SEEN, FAR]))["scores"].reshape(-1)
    assert np.all(np.abs(got - expected) <= allowed["absolute"] + allowed["relative"] * np.abs(expected))
    spread = expected[: len(SEEN)].std()
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * spread)
    assert spread > 0.2 * UNITS[name.rpartition("-")[2]][0]


@pytest.mark.parametrize("algorithm", ["ridge", "random-forest", "svr", "gradient-boosting"])
@pytest.mark.parametrize("case", ["one window", "two windows", "equal windows", "equal numbers"])
def test_little_data_give_a_right_answer(algorithm, case):
    rows = {"one window": 1, "two windows": 2}.get(case, 12)
    values, targets = windows(rows), np.arange(rows, dtype=np.float32) + 5
    if case == "equal windows":
        values = np.repeat(values[:1], rows, axis=0)
    if case == "equal numbers":
        targets[:] = 7.25
    model, context = learn(targets, {"algorithm": algorithm}, values)
    found = values_of(model, np.concatenate([SEEN, np.full((1, WIDTH), 3e38, np.float32)]))
    assert np.isfinite(found).all()
    if case in ("one window", "equal numbers"):
        np.testing.assert_allclose(found, targets[0], rtol=1e-6)
        assert context.warnings == [
            f"every training window has the number {targets[0]:g}: so will every other"
        ]
    if case == "equal windows":
        np.testing.assert_allclose(values_of(model, values), targets.mean(), atol=1.5)


def test_a_model_is_plain_files_and_the_same_for_the_same_seed(tmp_path):
    params = {"algorithm": "random-forest", "trees": 4}
    model, _ = learn(numbers("plain"), params)
    model.save(tmp_path / "model")
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".json", ".npy"}
    np.testing.assert_array_equal(
        values_of(Model.load(tmp_path / "model"), SEEN), values_of(learn(numbers("plain"), params)[0], SEEN)
    )


def test_it_is_described_and_wants_numbers():
    described = BLOCK.new().describe(SPEC, Params.defaults(FOLDER)).document()
    assert (described["kind"], described["outputs"]) == ("regression", ["scores"])
    with pytest.raises(BlockError, match="no targets were given"):
        BLOCK.new().fit(Features(TRAIN, LABELS), None, Params.defaults(FOLDER), Context())
    with pytest.raises(BlockError, match="no feature is labelled 'y'"):
        BLOCK.new().describe(SPEC, Params.defaults(FOLDER, features=["y"]))
