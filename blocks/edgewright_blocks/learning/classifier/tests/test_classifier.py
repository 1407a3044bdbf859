"""The classifier: scikit-learn's probabilities, from tables, in Python and on the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from edgewright_blocks.learning.classifier.folds import calibration_folds
from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Model, Params, load_block
from edgewright_sdk.codegen.compilers import WARNINGS
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
WIDTH = 7
LABELS = [f"x f{i}" for i in range(WIDTH)]
SPEC = FeatureSpec(LABELS, {"type": "flat", "width": WIDTH})
NAMES = ["idle", "run", "walk", "zero"]
TRAP = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")

ALGORITHMS = {
    "logistic": {"algorithm": "logistic-regression"},
    "logistic-loose": {"algorithm": "logistic-regression", "logistic_c": 1000.0},
    "forest": {"algorithm": "random-forest", "trees": 30},
    "stumps": {"algorithm": "random-forest", "trees": 9, "depth": 1, "leaf_windows": 4},
    "svm": {"algorithm": "svm"},
    "svm-stiff": {"algorithm": "svm", "svm_c": 300.0, "gamma": 0.5},
    "svm-linear": {"algorithm": "svm", "kernel": "linear", "svm_c": 0.3},
    "boosting": {"algorithm": "gradient-boosting", "stages": 20},
}


def windows(rows, seed=0):
    """Features of very different sizes: one far from 0, one constant, one of whole numbers."""
    values = np.random.default_rng(seed).normal(size=(rows, WIDTH))
    values[:, 2] = np.round(values[:, 2])
    values[:, 3] = 5000 + 300 * values[:, 3]
    values[:, 4] *= 1e-3
    values[:, 5] = -2.5
    return values.astype(np.float32)


TRAIN, SEEN = windows(240), np.concatenate([windows(150, seed=1), 4 * windows(30, seed=2), windows(10)])
GROUPS = (np.arange(240) // 6).astype(np.int32)
THREE = ((TRAIN[:, 0] + TRAIN[:, 2] > 0.4).astype(np.int32) + (TRAIN[:, 1] ** 2 > 1.2)).astype(np.int32)
TARGETS = {2: (THREE > 0).astype(np.int32), 3: THREE}


def learn(targets, classes, params, values=TRAIN, groups=GROUPS, seed=3):
    context = Context(seed=seed, classes=NAMES[:classes], targets=targets, groups=groups)
    given = Params.defaults(FOLDER, **params)
    return BLOCK.new(context).fit(Features(values, LABELS), None, given, context), context


FAR = np.array([[3e38] * WIDTH, [-3e38] * WIDTH], np.float32)


def probabilities(model, values):
    return BLOCK.new().score(model, Features(values, LABELS), Params.defaults(FOLDER)).probabilities


def reference(params, targets):
    """Scikit-learn's own estimator for parameters of the block, not fitted."""
    p = Params.defaults(FOLDER, **params)
    if p.algorithm == "logistic-regression":
        return LogisticRegression(C=p.logistic_c, max_iter=1000)
    if p.algorithm == "random-forest":
        return RandomForestClassifier(
            p.trees, max_depth=p.depth, min_samples_leaf=p.leaf_windows, random_state=3
        )
    if p.algorithm == "gradient-boosting":
        return HistGradientBoostingClassifier(
            max_iter=p.stages, max_leaf_nodes=15, min_samples_leaf=5, early_stopping=False, random_state=3
        )
    weight = "balanced" if p.class_weights == "balanced" else None
    machine = OneVsRestClassifier(SVC(C=p.svm_c, kernel=p.kernel, gamma=p.gamma, class_weight=weight))
    folds = list(StratifiedGroupKFold(5).split(TRAIN, targets, GROUPS))
    return CalibratedClassifierCV(machine, method="sigmoid", cv=folds, ensemble=False)


@pytest.mark.filterwarnings("ignore:.*does not appear to accept sample_weight")
@pytest.mark.parametrize(("classes", "weights"), [(2, "none"), (3, "balanced")])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_probabilities_are_those_of_scikit_learn(name, classes, weights):
    params, targets = ALGORITHMS[name] | {"class_weights": weights}, TARGETS[classes]
    model, context = learn(targets, classes, params)
    assert context.warnings == []
    train, seen = TRAIN, SEEN
    if "mean" in model.arrays:
        scaler = StandardScaler().fit(TRAIN.astype(np.float64))
        np.testing.assert_allclose(model.arrays["mean"], scaler.mean_, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.arrays["scale"], scaler.scale_, rtol=1e-5)
        mean, scale = (model.arrays[key].astype(np.float64) for key in ("mean", "scale"))
        train, seen = (TRAIN - mean) / scale, (SEEN - mean) / scale
    weight = compute_sample_weight("balanced", targets) if weights == "balanced" else None
    estimator = reference(params, targets).fit(train, targets, sample_weight=weight)
    np.testing.assert_allclose(probabilities(model, SEEN), estimator.predict_proba(seen), atol=1e-6)


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """Nodes of all algorithms over two and three of four classes, with what Python gives, in one library."""
    folder, cases = tmp_path_factory.mktemp("classifier"), {}
    for name, params in ALGORITHMS.items():
        for classes in (2, 3):
            given = params | ({"features": [LABELS[i] for i in (3, 0, 6, 2, 1)]} if classes == 3 else {})
            model, _ = learn(TARGETS[classes], 4, given)
            path = folder / f"{name}-{classes}"
            BLOCK.new().export(model, SPEC, Params.defaults(FOLDER)).write(path, FOLDER / "device")
            cases[path.name] = (load_node(path), model)
    work = folder / "build"
    work.mkdir()
    library = build_library([node for node, _ in cases.values()], work, options=[*WARNINGS, *TRAP])
    return {name: (DeviceNode(library, node), model) for name, (node, model) in cases.items()}


def same_on_the_device(node, model, values):
    """Compare a node with Python, and give what Python says."""
    allowed, got, expected = (
        node.node.tolerance,
        node.batch(values)["probabilities"],
        probabilities(model, values),
    )
    assert np.all(np.abs(got - expected) <= allowed["absolute"] + allowed["relative"] * expected)
    np.testing.assert_allclose(got, expected, atol=1e-4)
    return expected


@pytest.mark.parametrize("name", [f"{name}-{classes}" for name in ALGORITHMS for classes in (2, 3)])
def test_the_device_computes_what_python_computes(name, device):
    node, model = device[name]
    assert node.node.tolerance["absolute"] <= 3e-4
    expected = same_on_the_device(node, model, np.concatenate([SEEN, FAR]))
    assert np.ptp(expected[:, 0]) > 0.2
    assert not expected[:, 3].any()  # a class that training never saw


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([0.0, 0.3, 1.0, 10.0, 1000.0]))
def test_any_windows_are_the_same_on_the_device(device, seed, size):
    values = (windows(6, seed) * np.float32(size)).astype(np.float32)
    for node, model in device.values():
        same_on_the_device(node, model, values)


def test_only_chosen_features_count():
    chosen = ["x f3", "x f0"]
    for params in ({"algorithm": "random-forest"}, {"algorithm": "svm"}):
        model, _ = learn(THREE, 3, params | {"features": chosen})
        assert model.meta["labels"] == chosen
        changed = SEEN.copy()
        changed[:, [1, 2, 4, 5, 6]] += 7
        np.testing.assert_array_equal(probabilities(model, SEEN), probabilities(model, changed))
        with pytest.raises(BlockError, match="trained on feature 'x f0' in column 0"):
            BLOCK.new().score(model, Features(SEEN, LABELS[::-1]), Params.defaults(FOLDER))


def test_a_model_is_plain_files_and_the_same_for_the_same_seed(tmp_path):
    params = {"algorithm": "random-forest", "trees": 5}
    model, _ = learn(THREE, 3, params)
    model.save(tmp_path / "model")
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".json", ".npy"}
    again = Model.load(tmp_path / "model")
    np.testing.assert_array_equal(probabilities(again, SEEN), probabilities(model, SEEN))
    same, other = learn(THREE, 3, params)[0], learn(THREE, 3, params, seed=4)[0]
    assert same.arrays["threshold"].tobytes() == model.arrays["threshold"].tobytes()
    assert other.arrays["threshold"].tobytes() != model.arrays["threshold"].tobytes()


@pytest.mark.parametrize("name", ["logistic", "stumps", "svm", "svm-linear"])
def test_balanced_weights_help_a_rare_class(name):
    rare = np.where(np.arange(240) % 12 == 0, THREE.clip(max=1), 0).astype(np.int32)
    plain, even = (
        probabilities(learn(rare, 2, ALGORITHMS[name] | {"class_weights": weights})[0], SEEN)[:, 1].mean()
        for weights in ("none", "balanced")
    )
    assert even > 2 * plain


@pytest.mark.parametrize("algorithm", ["logistic-regression", "random-forest", "svm", "gradient-boosting"])
@pytest.mark.parametrize("case", ["two windows", "one window of a class", "equal windows", "one group"])
def test_little_data_give_a_right_answer(algorithm, case):
    rows = {"two windows": 2, "one window of a class": 12, "equal windows": 8, "one group": 30}[case]
    values, targets = windows(rows), (np.arange(rows) % 2).astype(np.int32)
    if case == "one window of a class":
        targets = (np.arange(rows) == 5).astype(np.int32)
    if case == "equal windows":
        values = np.repeat(values[:1], rows, axis=0)
    groups = np.zeros(rows, np.int32)
    model, context = learn(targets, 2, {"algorithm": algorithm}, values, groups)
    found = probabilities(model, np.concatenate([SEEN, np.full((1, WIDTH), 3e38, np.float32)]))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    if case == "equal windows":
        np.testing.assert_allclose(probabilities(model, values), 0.5, atol=1e-2)
    warned = [text for text in context.warnings if "only one training window" in text]
    assert len(warned) == (algorithm == "svm" and case in ("two windows", "one window of a class"))


def test_one_label_is_refused_and_a_missing_one_told():
    with pytest.raises(BlockError, match="every training window is labelled 'idle'; a classifier needs two"):
        BLOCK.new(Context(classes=["idle"])).describe(SPEC, Params.defaults(FOLDER))
    with pytest.raises(BlockError, match="every training window is labelled 'run'"):
        learn(np.ones(240, np.int32), 3, {})
    _, context = learn(THREE, 4, {})
    assert context.warnings == ["no training window is labelled zero: such classes get probability 0"]
    with pytest.raises(BlockError, match="no feature is labelled 'y'"):
        BLOCK.new(Context(classes=["a", "b"])).describe(SPEC, Params.defaults(FOLDER, features=["y"]))


@pytest.mark.parametrize(
    ("groups", "targets", "count", "apart"),
    [
        (np.arange(60) // 6, np.arange(60) % 3, 5, True),  # ten recordings, each with every class
        (np.arange(60) // 6, np.arange(60) // 20, 4, True),  # four recordings a class
        (np.arange(60) // 20, np.arange(60) // 20, 5, False),  # one recording a class: along time
        (np.arange(60), np.arange(60) == 7, 1, False),  # one window: nothing to keep back
    ],
)
def test_calibration_keeps_groups_together_where_it_can(groups, targets, count, apart):
    context = Context(groups=groups.astype(np.int32))
    folds = calibration_folds(targets.astype(np.int32), context)
    assert len(folds) == count
    assert bool(context.warnings) == (count == 1)
    np.testing.assert_array_equal(np.sort(np.concatenate([kept for _, kept in folds])), np.arange(60))
    for learned, kept in folds:
        assert set(targets[learned]) == set(targets)
        assert (set(groups[learned]) & set(groups[kept]) == set()) == apart
        assert count == 1 or not set(learned) & set(kept)
