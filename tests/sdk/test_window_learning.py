"""Learning blocks that read the windows themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright_sdk import BlockError, Windows, load_block
from edgewright_sdk.arrays import Chunked
from edgewright_sdk.driver import run_task
from edgewright_sdk.messages import Channel

WINDOW = {"kind": "image", "width": 4, "height": 3, "channels": 2}
IMAGES = np.random.default_rng(3).integers(0, 256, (5, 3, 4, 2), dtype=np.uint8)

DETECTOR = '''
import numpy as np
from edgewright_sdk import LearningDescription, Model, Scores, WindowLearningBlock

class Detector(WindowLearningBlock):
    """Distance from the mean image, cell by cell."""
    batch_bytes = 48

    def describe(self, window, params):
        return LearningDescription("anomaly", ["scores", "map"])

    def fit(self, train, validation, params, context):
        total = sum(batch.values.sum(axis=0, dtype=np.float64) for batch in train.batches(48))
        meta = {"validation": 0 if validation is None else len(validation)}
        if context.validation_targets is not None:
            meta["targets"] = context.validation_targets.tolist()
        return Model(meta, {"mean": total / len(train)})

    def score(self, model, windows, params):
        off = np.abs(windows.values - model.arrays["mean"]).mean(axis=3)
        return Scores(off.max(axis=(1, 2)), map=off)

    def plot(self, model, windows, params):
        return [{"kind": "image", "title": "mean", "width": 4, "height": 3, "channels": 2,
                 "values": model.arrays["mean"]}] if windows is None else []
'''


def perform(block, task):
    loaded = load_block(block)
    try:
        run_task(loaded, task.in_dir, task.out_dir, Channel(None))
    finally:
        loaded.close()
    return task


def with_model(task, fit):
    (task.in_dir / "model").symlink_to(fit.out_dir / "model")
    task.inputs["model"] = {"kind": "folder", "path": "model", "sha256": ""}
    return task


def test_a_detector_goes_all_the_way(folder, block):
    path = block(DETECTOR)
    described = perform(path, folder().request("describe", window=WINDOW))
    assert json.loads((described.out_dir / "description.json").read_bytes())["outputs"] == ["scores", "map"]

    fit = perform(path, folder().windows(IMAGES[:2], IMAGES[2:]).request("fit", window=WINDOW))
    task = with_model(folder().windows(IMAGES), fit).request("score", window=WINDOW)
    scored = perform(path, task)  # batches of two images
    expected = np.abs(IMAGES - IMAGES.mean(axis=0, dtype=np.float64)).mean(axis=3)
    np.testing.assert_allclose(scored.output("scores"), expected.max(axis=(1, 2)))
    assert scored.output("map").shape == (5, 3, 4)
    np.testing.assert_allclose(scored.output("map"), expected, rtol=1e-6)

    none = perform(path, with_model(folder().windows(IMAGES[:0]), fit).request("score", window=WINDOW))
    assert none.output("scores").shape == (0,)
    plot = perform(path, with_model(folder(), fit).request("plot", window=WINDOW))
    assert len(json.loads((plot.out_dir / "plots.json").read_bytes())["plots"]) == 1


def test_nearest_cells_are_whole_numbers(folder, block):
    outputs = DETECTOR.replace('["scores", "map"]', '["scores", "map", "nearest"]')
    path = block(outputs.replace("map=off)", "map=off, nearest=np.full((len(windows), 3), 2))"))
    fit = perform(path, folder().windows(IMAGES).request("fit", window=WINDOW))
    for count in (0, 5):
        scored = perform(
            path, with_model(folder().windows(IMAGES[:count]), fit).request("score", window=WINDOW)
        )
        nearest = scored.output("nearest")
        assert (nearest.dtype, nearest.shape, (nearest == 2).all()) == (np.int32, (count, 3), True)


def test_validation_windows_and_their_targets(folder, block):
    task = folder().windows(IMAGES[:3])
    task.inputs["validation"] = {
        "kind": "array",
        "dtype": "uint8",
        "chunks": [task.array("v.npy", IMAGES[3:])],
    }
    refs = [task.array("t.npy", np.array([0, 1], np.int32))]
    task.inputs["validation_targets"] = {"kind": "array", "dtype": "int32", "chunks": refs}
    perform(block(DETECTOR), task.request("fit", window=WINDOW))
    meta = json.loads((task.out_dir / "model" / "model.json").read_bytes())["meta"]
    assert meta == {"validation": 2, "targets": [0, 1]}


def test_validation_targets_without_their_windows(folder, block):
    task = folder().windows(IMAGES)
    refs = [task.array("t.npy", np.array([0, 1], np.int32))]
    task.inputs["validation_targets"] = {"kind": "array", "dtype": "int32", "chunks": refs}
    with pytest.raises(BlockError, match=r"validation_targets has shape \(2,\) for 0 validation windows"):
        perform(block(DETECTOR), task.request("fit", window=WINDOW))


def test_what_a_detector_is_given(folder, block):
    path = block(DETECTOR)
    with pytest.raises(
        BlockError, match="inputs: got 'neither'; allowed: for fit: one of features and windows"
    ):
        perform(path, folder().request("fit", window=WINDOW))
    both = folder().windows(IMAGES).features((["a"], [np.zeros((5, 1), np.float32)]))
    with pytest.raises(BlockError, match="inputs: got 'features, windows'"):
        perform(path, both.request("fit", window=WINDOW))
    features = folder().features((["a"], [np.zeros((5, 1), np.float32)]))
    with pytest.raises(
        BlockError, match=r"inputs\.windows: got 'missing'; allowed: fit of this block reads it"
    ):
        perform(path, features.request("fit", window=WINDOW))
    other = folder().windows(IMAGES[:, :2])
    with pytest.raises(BlockError, match=r"shape \(2, 4, 2\); the window spec says \(3, 4, 2\)"):
        perform(path, other.request("fit", window=WINDOW))


def test_maps_of_two_shapes_are_refused(folder, block):
    code = DETECTOR.replace("map=off", "map=off[:, : len(windows) + 1]")
    path = block(code)
    fit = perform(path, folder().windows(IMAGES).request("fit", window=WINDOW))
    with pytest.raises(BlockError, match=r"map has rows of shape \(3, 4\), then \(2, 4\)"):
        perform(path, with_model(folder().windows(IMAGES), fit).request("score", window=WINDOW))


def test_windows_are_cut_across_chunks():
    windows = Windows(Chunked([IMAGES[:2], IMAGES[2:]]), WINDOW)
    batches = list(windows.batches(3 * 24))
    assert [len(batch) for batch in batches] == [3, 2]
    np.testing.assert_array_equal(np.concatenate([batch.values for batch in batches]), windows.values)
    np.testing.assert_array_equal(windows.values, IMAGES)
