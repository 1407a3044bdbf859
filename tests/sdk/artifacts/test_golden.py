"""Models written by the libraries themselves, of several versions: they predict as there (``make_golden.py``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright_sdk import Context, Features, FeatureSpec, artifacts
from edgewright_sdk.artifacts.tflite_file import read_tflite_file

GOLDEN = sorted((Path(__file__).parent / "golden").iterdir())
#: Largest difference: float32 sums in another order, and what float32 leaves of float64 numbers.
TOLERANCE = 2e-5


def converted(folder):
    """Model, windows as features, and expected outputs ``(n, k)``."""
    expected = np.load(folder / "expected.npz")
    x, y = expected["x"], expected["y"]
    mode, classes = "regression", []
    if y.ndim == 3:
        mode = "visual-anomaly"
    elif y.ndim == 2 and y.shape[1] > 1:
        mode, classes = "classification", [f"class {i}" for i in range(y.shape[1])]
    elif any(word in folder.name for word in ("-two", "-dart", "-forest")) and "sklearn" not in folder.name:
        mode, classes, y = "classification", ["no", "yes"], np.stack([1 - y, y], axis=1)
    labels = [f"f{i}" for i in range(x.shape[1])]
    spec = FeatureSpec(labels, {"type": "flat", "width": len(labels)})
    return artifacts.convert(folder, spec, Context(classes=classes), mode=mode), Features(x, labels), y


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_it_predicts_as_its_library(folder):
    model, features, expected = converted(folder)
    scores = artifacts.score(model, features)
    got = next(value for value in (scores.map, scores.probabilities, scores.scores) if value is not None)
    expected = expected.reshape(got.shape)
    if folder.name.endswith("softmax"):  # the library gives the class alone
        got = np.eye(got.shape[1])[got.argmax(axis=1)]
    allowed = TOLERANCE * np.maximum(1, np.abs(expected))
    if folder.name.endswith("int8"):  # a step of the output's grid, here and there
        file = read_tflite_file((folder / "model.tflite").read_bytes(), folder.name)
        step = float(file.tensors[file.outputs[0]].scale[0])
        assert np.abs(got - expected).mean() < 0.3 * step
        allowed = np.full(expected.shape, 2.001 * step)
    assert (np.abs(got - expected) <= allowed).all()


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_a_window_by_itself_scores_the_same(folder):
    model, features, _ = converted(folder)
    whole = artifacts.score(model, features)
    for row in (0, len(features) - 1):
        single = artifacts.score(model, Features(features.rows(row, row + 1), features.labels))
        for name in ("scores", "probabilities", "map"):
            if getattr(whole, name) is not None:
                np.testing.assert_array_equal(getattr(single, name)[0], getattr(whole, name)[row])


def test_every_library_is_there():
    assert {folder.name.split("-")[0] for folder in GOLDEN} == {
        "lightgbm",
        "sklearn",
        "tensorflow",
        "xgboost",
    }
