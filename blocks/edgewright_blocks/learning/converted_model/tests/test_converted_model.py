"""The converter block: what it makes of pickled estimators scores as they do, on the device too."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR

from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Params, load_block
from edgewright_sdk.codegen.compilers import WARNINGS
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
WIDTH = 6
SPEC = FeatureSpec([f"f{i}" for i in range(WIDTH)], {"type": "flat", "width": WIDTH})
TRAP = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")

CLASSIFIERS = {
    "logistic": LogisticRegression(),
    "one-against-rest": SGDClassifier(loss="log_loss", random_state=0),
    "ridge": RidgeClassifier(),
    "svc": SVC(kernel="linear"),
    "svc-probability": SVC(kernel="linear", probability=True, random_state=0),
    "radial": make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)),
    "radial-votes": SVC(gamma=0.3),
    "calibrated": make_pipeline(
        MinMaxScaler(),
        StandardScaler(),
        CalibratedClassifierCV(OneVsRestClassifier(SVC()), method="sigmoid", cv=3, ensemble=False),
    ),
    "calibrated-linear": CalibratedClassifierCV(
        OneVsRestClassifier(SVC(kernel="linear")), method="sigmoid", cv=3, ensemble=False
    ),
    "forest": RandomForestClassifier(20, random_state=0),
    "scaled-forest": make_pipeline(StandardScaler(), RandomForestClassifier(10, random_state=0)),
    "boosting": GradientBoostingClassifier(n_estimators=10, random_state=0),
}
REGRESSORS = {
    "linear": LinearRegression(),
    "radial-numbers": make_pipeline(StandardScaler(), SVR(C=10)),
    "forest-of-numbers": RandomForestRegressor(10, random_state=0),
    "poisson": HistGradientBoostingRegressor(loss="poisson", max_iter=10),
}


def features(rows, seed=0):
    values = np.random.default_rng(seed).normal(size=(rows, WIDTH)).astype(np.float32)
    values[:, 2] = np.round(values[:, 2])  # ties with thresholds
    return values


TRAIN, SEEN = features(300), np.concatenate([features(80, seed=1), features(20)])
THREE = (TRAIN[:, 0] + TRAIN[:, 2] > 0.3).astype(int) + (TRAIN[:, 3] > 0.5)
TWO = (THREE > 0).astype(int)
NUMBERS = np.abs(TRAIN @ np.arange(WIDTH) + 5)


def converted(folder, estimator, targets, mode, classes=()):
    """Fit, pickle, convert; returns block, model and parameters."""
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(estimator.fit(TRAIN, targets)))
    context, params = Context(classes=list(classes)), Params.defaults(FOLDER, mode=mode)
    block = BLOCK.new(context)
    return block, block.convert(folder, SPEC, params, context), params


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """Every model's node, Python's outputs and the estimator's, with one library for all."""
    folder, cases = tmp_path_factory.mktemp("converted"), {}
    wanted = [
        (f"{name}-{len(set(y))}", e, y, "classification")
        for name, e in CLASSIFIERS.items()
        for y in (TWO, THREE + 1)
    ]
    wanted += [(name, estimator, NUMBERS, "regression") for name, estimator in REGRESSORS.items()]
    for name, estimator, targets, mode in wanted:
        classes = ["a", "b", "c"][: len(set(targets))] if mode == "classification" else []
        block, model, params = converted(folder / name, estimator, targets, mode, classes)
        scores = block.score(model, Features(SEEN, SPEC.labels), params)
        block.export(model, SPEC, params).write(folder / name / "export", FOLDER / "device")
        expected = {"probabilities": scores.probabilities, "scores": scores.scores}
        exact = estimator.predict_proba(SEEN) if hasattr(estimator, "predict_proba") else None
        cases[name] = (load_node(folder / name / "export"), expected | {"exact": exact})
    work = folder / "build"
    work.mkdir()
    library = build_library([node for node, _ in cases.values()], work, options=[*WARNINGS, *TRAP])
    nodes = {name: (DeviceNode(library, node), expected) for name, (node, expected) in cases.items()}
    return nodes | {"library": library}


@pytest.mark.parametrize(
    "name", [*REGRESSORS, *(f"{name}-{classes}" for name in CLASSIFIERS for classes in (2, 3))]
)
def test_the_device_computes_what_python_computes(name, device):
    node, expected = device[name]
    (output,) = node.node.outputs
    got, want = node.batch(SEEN)[output.name], expected[output.name]
    allowed = node.node.tolerance
    want = want.reshape(got.shape)
    assert (np.abs(got - want) <= allowed["absolute"] + allowed["relative"] * np.abs(want)).all()
    assert np.ptp(want) > 0
    if expected["exact"] is not None:  # scikit-learn's own; its scalers round to float32
        close = 1e-3 if "radial" in name or "svc" in name else 2e-6
        np.testing.assert_allclose(want, expected["exact"], atol=close)


@pytest.mark.parametrize(
    "damage",
    [
        {"left": 10**6, "right": 10**6},
        {"left": 0, "right": 0},
        {"feature": 99},
        {"feature": -1},
        {"roots": 10**6},
    ],
)
def test_damaged_trees_are_refused_on_the_device(damage, tmp_path, device):
    whole = device["forest-3"][0].node
    shutil.copytree(whole.folder, tmp_path / "export")
    for name, value in damage.items():
        path = tmp_path / "export" / f"{name}.npy"
        np.save(path, np.full_like(np.load(path), value))
    with pytest.raises(BlockError, match="the tables contradict each other"):
        DeviceNode(device["library"], load_node(tmp_path / "export")).run(SEEN[0])


@pytest.mark.parametrize(
    ("mode", "kind", "outputs", "classes"),
    [
        ("classification", "classification", ["probabilities"], ["a", "b"]),
        ("regression", "regression", ["scores"], []),
        ("anomaly", "anomaly", ["scores"], []),
        ("visual-anomaly", "anomaly", ["scores", "map"], []),
    ],
)
def test_the_mode_decides_what_is_described(mode, kind, outputs, classes):
    block = BLOCK.new(Context(classes=["a", "b"]))
    described = block.describe(SPEC, Params.defaults(FOLDER, mode=mode)).document()
    assert (described["kind"], described["outputs"], described["classes"]) == (kind, outputs, classes)


def test_a_model_survives_its_files(tmp_path):
    from edgewright_sdk import Model

    block, model, params = converted(tmp_path / "a", CLASSIFIERS["forest"], THREE, "classification", "abc")
    model.save(tmp_path / "model")
    again = Model.load(tmp_path / "model")
    batch = Features(SEEN, SPEC.labels)
    np.testing.assert_array_equal(
        block.score(again, batch, params).probabilities, block.score(model, batch, params).probabilities
    )


def test_it_learns_nothing():
    with pytest.raises(BlockError, match="this block learns nothing: it converts"):
        BLOCK.new().fit(Features(TRAIN, SPEC.labels), None, Params.defaults(FOLDER), Context())


def test_other_features_are_refused(tmp_path):
    block, model, params = converted(tmp_path / "a", CLASSIFIERS["ridge"], TWO, "classification", "ab")
    with pytest.raises(BlockError, match="the model takes 6 features, not 5"):
        block.score(model, Features(SEEN[:, :5], SPEC.labels[:5]), params)
