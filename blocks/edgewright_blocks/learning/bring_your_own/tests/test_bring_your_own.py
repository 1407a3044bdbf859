"""A network brought along: what fits is scored as it is, what doesn't is refused while describing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright_blocks.learning.bring_your_own.tests.networks import write_network
from edgewright_sdk import BlockError, Context, Features, FeatureSpec, Model, Params, load_block

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)
LABELS = [f"x f{i}" for i in range(4)]
SPEC = FeatureSpec(LABELS, {"type": "flat", "width": 4})
VALUES = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
THREE = {"kind": "classification", "labels": ["c", "a", "b"]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the impulse grants."""
    (tmp_path / "granted").mkdir()
    monkeypatch.setenv("EDGEWRIGHT_MOUNT_NETWORK", str(tmp_path / "granted"))
    return tmp_path / "granted"


def scored(tmp_path, **params):
    """Describe, fit, save, load and score, as tasks do it."""
    given, features = Params.defaults(FOLDER, **params), Features(VALUES, LABELS)
    described = BLOCK.new().describe(SPEC, given).document()
    BLOCK.new().fit(features, None, given, Context()).save(tmp_path / "model")
    return described, BLOCK.new().score(Model.load(tmp_path / "model"), features, given)


def softmax(values):
    e = np.exp(values - values.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["anomaly", "regression"])
@pytest.mark.parametrize("batch", ["N", 1])
def test_one_value_is_the_score(kind, batch, folder, tmp_path):
    write_network(folder / "model.onnx", WEIGHTS[:, :1], batch=batch)
    described, scores = scored(tmp_path, kind=kind)
    assert (described["kind"], described["outputs"], described["classes"]) == (kind, ["scores"], [])
    np.testing.assert_allclose(scores.scores, VALUES @ WEIGHTS[:, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("end", "output"), [("Softmax", "probabilities"), (None, "logits")])
def test_classes_are_named_in_the_order_of_the_outputs(end, output, folder, tmp_path):
    write_network(folder / "mine.onnx", WEIGHTS, end=end)
    described, scores = scored(tmp_path, file="mine.onnx", output=output, **THREE)
    assert (described["kind"], described["classes"]) == ("classification", ["c", "a", "b"])
    np.testing.assert_allclose(scores.probabilities, softmax(VALUES @ WEIGHTS), atol=1e-6)


@pytest.mark.parametrize(("end", "output"), [("Sigmoid", "probabilities"), (None, "logits")])
def test_one_output_is_the_second_of_two_classes(end, output, folder, tmp_path):
    write_network(folder / "model.onnx", 20 * WEIGHTS[:, :1], end=end)
    _, scores = scored(tmp_path, kind="classification", labels=["no", "yes"], output=output)
    second = 1 / (1 + np.exp(-20.0 * (VALUES @ WEIGHTS[:, 0])))
    np.testing.assert_allclose(scores.probabilities, np.stack([1 - second, second], axis=1), atol=1e-4)


def test_features_are_chosen_and_ordered(folder, tmp_path):
    write_network(folder / "model.onnx", [[1.0], [10.0]])
    _, scores = scored(tmp_path, features=["x f3", "x f1"])
    np.testing.assert_allclose(scores.scores, VALUES[:, 3] + 10 * VALUES[:, 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("params", [{}, {"output": "logits", **THREE}], ids=["anomaly", "classes"])
def test_int8_scores_nearly_the_same_and_keeps_float32_beside(params, folder, tmp_path):
    write_network(folder / "model.onnx", WEIGHTS if params else WEIGHTS[:, :1])
    described, scores = scored(tmp_path, precision="int8", **params)
    found = scores.probabilities if params else scores.scores[:, None]
    want = softmax(VALUES @ WEIGHTS) if params else VALUES @ WEIGHTS[:, :1]
    assert described["outputs"] == ["probabilities" if params else "scores", "in_float32"]
    np.testing.assert_allclose(scores.in_float32, want, atol=1e-5)
    assert 0 < np.abs(found - want).max() < 0.05
    assert len(np.unique(found[:, 0])) == len(found)  # the last sums keep their bits


@pytest.mark.parametrize(
    ("shape", "params", "message"),
    [
        ((5, 1), {}, "has an input of shape .*5.*; this node has 4 features"),
        ((4, 2), {}, "gives 2 values a window; an anomaly score is 1 value"),
        ((4, 2), {"kind": "regression"}, "has an output of shape .*2.*; allowed: 1 value"),
        ((4, 2), THREE, "has an output of shape .*2.*; allowed: 3 values, one a class"),
        ((4, 3), THREE | {"labels": []}, "names two classes at least"),
        ((4, 3), THREE | {"labels": ["a", "b", "a"]}, "names two classes at least, each once"),
        ((4, 1), {"file": "other.onnx"}, "has no file 'other.onnx'; it holds folder, model.onnx"),
        ((4, 1), {"file": "../granted/model.onnx"}, "allowed: the name of a file in the granted folder"),
        ((4, 1), {"features": ["x f9"]}, "no feature is labelled 'x f9'"),
        ((4, 1), {"file": "folder"}, "can't be read as the task's user .*chmod -R a"),
        (None, {}, "is no ONNX network that can be run"),
    ],
)
def test_what_does_not_fit_is_refused_while_describing(shape, params, message, folder):
    (folder / "folder").mkdir()
    if shape is None:
        (folder / "model.onnx").write_bytes(b"\x08\x07not a network")
    else:
        write_network(folder / "model.onnx", np.ones(shape))
    with pytest.raises(BlockError, match=message):
        BLOCK.new().describe(SPEC, Params.defaults(FOLDER, **params))


def test_what_the_device_does_not_have_is_refused_while_describing_if_it_is_deployed(folder):
    write_network(folder / "model.onnx", WEIGHTS[:, :1], end="Erf")
    block, params = BLOCK.new(), Params.defaults(FOLDER)
    assert block.describe(SPEC, params).kind == "anomaly"
    block.context.deploys = True
    with pytest.raises(BlockError, match=r"can't be deployed: the device doesn't have Erf"):
        block.describe(SPEC, params)


def test_values_that_are_no_probabilities_are_refused(folder, tmp_path):
    write_network(folder / "model.onnx", WEIGHTS)
    with pytest.raises(BlockError, match="which are no probabilities; set output: logits"):
        scored(tmp_path, **THREE)


def test_without_the_folder_it_says_what_to_grant():
    with pytest.raises(BlockError, match=r"in the impulse, grants: \{mounts: \{network: path/to/folder\}\}"):
        BLOCK.new().describe(SPEC, Params.defaults(FOLDER))
