"""Which artifact is taken, and that a model fits the impulse."""

from __future__ import annotations

import json
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from edgewright_sdk import Context, Features, FeatureSpec, artifacts
from edgewright_sdk.errors import BlockError

GOLDEN = Path(__file__).parent / "golden"
X = np.random.default_rng(0).normal(size=(80, 6)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
SPEC = FeatureSpec([f"f{i}" for i in range(6)], {"type": "flat", "width": 6})


def put(folder, **files):
    """Files of golden models, by their names: model_pkl="sklearn-1.3.2-forest"."""
    for name, golden in files.items():
        file = name.replace("_", ".", 1) if name.count("_") == 1 else name
        shutil.copy(GOLDEN / golden / file, folder / file)


def convert(folder, classes="abc", spec=SPEC, context=None, **options):
    context = context or Context()
    context.classes = list(classes)
    return artifacts.convert(folder, spec, context, **options)


def dump(folder, estimator, targets):
    (folder / "model.pkl").write_bytes(pickle.dumps(estimator.fit(X, targets)))


def test_the_first_that_can_be_read_is_taken(tmp_path):
    put(tmp_path, model_pkl="sklearn-1.3.2-forest", model_tflite="tensorflow-2.18.1-dense")
    assert convert(tmp_path).meta["kind"] == "trees"
    context = Context()
    (tmp_path / "model.json").write_text('{"layers": []}')
    model = convert(tmp_path, context=context)
    assert model.meta["source"] == "model.pkl (RandomForestClassifier)"
    assert context.warnings[0].startswith(
        "passed over: model.json is no XGBoost model that can be read (KeyError: 'learner')"
    )


def test_an_artifact_can_be_chosen(tmp_path):
    put(tmp_path, model_pkl="sklearn-1.3.2-forest", model_tflite="tensorflow-2.18.1-dense")
    assert convert(tmp_path, artifact="model.tflite").meta["kind"] == "network"
    with pytest.raises(
        BlockError, match=r"'model.onnx' is not there; found: 'model.pkl', 'model.tflite'; allowed: "
    ):
        convert(tmp_path, artifact="model.onnx")


def test_what_was_found_is_listed(tmp_path):
    with pytest.raises(
        BlockError, match=r"no artifact can be converted; found: nothing; allowed: model.json, "
    ):
        convert(tmp_path)
    (tmp_path / "weights.h5").touch()
    with pytest.raises(BlockError, match=r"found: 'weights.h5'; allowed: "):
        convert(tmp_path)


def test_all_reasons_are_told(tmp_path):
    (tmp_path / "model.txt").write_text("tree\n")
    (tmp_path / "model.pkl").write_bytes(b"")
    with pytest.raises(
        BlockError, match=r"model.txt is no LightGBM model: .*; model.pkl is no pickle that can be read"
    ):
        convert(tmp_path)


def test_classes_that_training_never_saw_get_nothing(tmp_path):
    dump(tmp_path, LogisticRegression(), np.where(Y, 4, 1))
    model = convert(tmp_path, "abcd")
    made = artifacts.score(model, Features(X, SPEC.labels)).probabilities
    assert made.shape == (80, 4)
    assert not made[:, 1:3].any()
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-6)


def test_a_regressor_of_a_probability_classifies(tmp_path):
    put(tmp_path, model_json="xgboost-3.2.0-two")
    document = json.loads((tmp_path / "model.json").read_text())
    as_classifier = convert(tmp_path, "ab")
    document["learner"]["objective"]["name"] = "reg:logistic"
    (tmp_path / "model.json").write_text(json.dumps(document))
    batch = Features(X, SPEC.labels)
    np.testing.assert_array_equal(
        artifacts.score(convert(tmp_path, "ab"), batch).probabilities,
        artifacts.score(as_classifier, batch).probabilities,
    )
    assert artifacts.score(convert(tmp_path, "", mode="regression"), batch).scores.shape == (80,)


@pytest.mark.parametrize(
    ("estimator", "options", "message"),
    [
        (
            LinearRegression(),
            {},
            r"\(LinearRegression\) gives a number, not classes; this node is of kind classif",
        ),
        (LogisticRegression(), {"mode": "regression"}, "is a classifier; this node is of kind regression"),
        (LogisticRegression(), {"classes": ""}, "the impulse names no classes"),
        (
            LogisticRegression(),
            {"spec": FeatureSpec(["a"], {"type": "flat", "width": 1})},
            "takes 6 features; this node has 1: it must score what it was trained on",
        ),
    ],
)
def test_models_that_do_not_fit_are_refused(estimator, options, message, tmp_path):
    dump(tmp_path, estimator, Y)
    with pytest.raises(BlockError, match=message):
        convert(tmp_path, **({"classes": "ab"} | options))


def changed(tmp_path, golden, change):
    put(tmp_path, model_json=golden)
    document = json.loads((tmp_path / "model.json").read_text())
    change(document["learner"])
    (tmp_path / "model.json").write_text(json.dumps(document))
    return tmp_path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda m: m["objective"].update(name="rank:ndcg"),
            "rank:ndcg.: this objective is not supported; allowed: binary",
        ),
        (lambda m: m["learner_model_param"].update(num_target="2"), "has 2 targets; allowed: 1"),
        (
            lambda m: trees(m)[0].update(split_type=[1]),
            "tree 0 has a categorical split, which is not supported",
        ),
        (lambda m: trees(m)[1]["tree_param"].update(size_leaf_vector="3"), "leaves with several values"),
        (
            lambda m: trees(m)[0].update(left_children=[0, 0, 0, 0, 0, 0, 0]),
            "tree 0 is damaged|is no XGBoost model",
        ),
        (lambda m: m.pop("gradient_booster"), "no XGBoost model that can be read .KeyError"),
    ],
)
def test_what_of_xgboost_is_not_supported_is_named(change, message, tmp_path):
    with pytest.raises(BlockError, match=message):
        convert(changed(tmp_path, "xgboost-3.2.0-three", change))


def trees(learner):
    return learner["gradient_booster"]["model"]["trees"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("decision_type=2 2", "decision_type=1 2", "tree 0 has a categorical split, which is not supported"),
        (
            "is_linear=0",
            "is_linear=1",
            "linear leaves, which are not supported; train with linear_tree=false",
        ),
        (
            "objective=multiclass num_class:3",
            "objective=none",
            "none.: this objective is not supported; allowed: binary",
        ),
        ("decision_type=2 2", "decision_type=4 4", "sends zeros another way|tree 0"),
        ("leaf_value=", "leaf_valu=", "no LightGBM model that can be read .KeyError: 'leaf_value'"),
        ("max_feature_idx", "m", "it has no max_feature_idx"),
    ],
)
def test_what_of_lightgbm_is_not_supported_is_named(old, new, message, tmp_path):
    put(tmp_path, model_txt="lightgbm-4.7.0-three")
    text = (tmp_path / "model.txt").read_text()
    assert old in text
    (tmp_path / "model.txt").write_text(
        text.replace(old, new, 1) if "decision" in old else text.replace(old, new)
    )
    with pytest.raises(BlockError, match=message):
        convert(tmp_path)


def zipped(folder, **changes):
    """A golden SavedModel with some of its files changed or left out."""
    golden = GOLDEN / "tensorflow-2.15.1-saved-dense" / "saved_model.zip"
    with zipfile.ZipFile(golden) as old, zipfile.ZipFile(folder / "saved_model.zip", "w") as new:
        for name in old.namelist():
            change = changes.get(
                name.rpartition("/")[2].replace(".", "_").replace("-", "_"), lambda data: data
            )
            if change is not None:
                new.writestr(name, change(old.read(name)))
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, None),
        ({"saved_model_pb": None}, "holds no saved_model.pb, neither at its root nor below saved_model/"),
        ({"variables_index": None}, "is no SavedModel that can be read .KeyError"),
        ({"variables_index": lambda data: data[:-1]}, "no table of variables"),
        ({"variables_data_00000_of_00001": lambda data: data[:50]}, "a variable lies outside its file"),
        ({"saved_model_pb": lambda data: data[:2000]}, "a field is longer than its message"),
        (
            {"saved_model_pb": lambda data: data.replace(b"\x12\x04Relu", b"\x12\x04Lrnn")},
            "an operator that is not supported: Lrnn .*; let the training program write model.tflite",
        ),
    ],
)
def test_saved_models_are_read_or_refused_in_one_line(changes, message, tmp_path):
    zipped(tmp_path, **changes)
    if message is None:
        assert convert(tmp_path).meta["kind"] == "network"
        return
    with pytest.raises(BlockError, match=message):
        convert(tmp_path)


def test_what_is_no_zip_is_refused(tmp_path):
    (tmp_path / "saved_model.zip").write_bytes(b"no zip")
    with pytest.raises(BlockError, match=r"saved_model.zip is no SavedModel that can be read .BadZipFile"):
        convert(tmp_path)
