"""Operations: what blocks return is checked where the fault can be named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright_sdk import BlockError, load_block
from edgewright_sdk.driver import run_task
from edgewright_sdk.messages import Channel

from .conftest import ECHO

VALUES = np.arange(48, dtype=np.float32).reshape(3, 8, 2)

LEARNER = '''
import numpy as np
from edgewright_sdk import LearningBlock, LearningDescription, Model, Scores

class Distance(LearningBlock):
    """Distance from the mean."""
    batch_bytes = 16

    def describe(self, features, params):
        return LearningDescription("anomaly", ["scores", "contributions"], features.labels)

    def fit(self, train, validation, params, context):
        model = Model({"seed": context.seed}, {"mean": train.values.mean(axis=0)})
        model.train_scores = np.zeros(len(train))
        return model

    def score(self, model, features, params):
        off = np.abs(features.values - model.arrays["mean"])
        return Scores(off.sum(axis=1), off)

    def plot(self, model, features, params):
        return [{"kind": "lines", "title": "mean", "x": {"label": "i", "values": [0]}, "series": [
            {"name": "m", "values": model.arrays["mean"]}]}]
'''


def perform(block, task):
    loaded = load_block(block)
    try:
        run_task(loaded, task.in_dir, task.out_dir, Channel(None))
    finally:
        loaded.close()


def test_describe_is_a_transform_of_zeros_by_default(folder, block):
    task = folder().request("describe")
    perform(block(), task)
    assert json.loads((task.out_dir / "description.json").read_bytes()) == {
        "features": 2, "labels": ["x mean", "y mean"], "shape": {"type": "flat", "width": 2}, "dtype": "float32",
    }  # fmt: skip


def test_describe_without_a_window_says_so(folder, block):
    task = folder().request("describe", window=None)
    with pytest.raises(BlockError, match="window: got 'missing'"):
        perform(block(), task)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_windows_that_are_not_finite_are_refused(folder, block, value):
    broken = VALUES.copy()
    broken[1, 3, 1] = value
    task = folder().windows(broken[:1], broken[1:]).request("transform")
    with pytest.raises(BlockError, match=f"window 1, sample 3, axis y is {value}"):
        perform(block(), task)


def test_windows_of_another_shape_are_refused(folder, block):
    task = folder().windows(VALUES[:, :5]).request("transform")
    with pytest.raises(BlockError, match=r"shape \(5, 2\); the window spec says \(8, 2\)"):
        perform(block(), task)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("windows.values", "Echo.transform returned ndarray; expected Features"),
        ("Features(windows.values.mean(axis=1)[:1], ['a', 'b'])", "1 rows for 3 windows"),
        ("Features(windows.values.mean(axis=1), ['a'])", "for 1 labels"),
        ("Features(windows.values.mean(axis=1) * 1e38, ['a', 'b'])", "feature 'a' of window 0 is inf"),
        (
            "Features(windows.values.mean(axis=1) * float('nan'), ['a', 'b'])",
            "feature 'a' of window 0 is nan",
        ),
    ],
)
def test_what_transform_may_not_return(folder, block, result, message):
    code = ECHO.replace('Features(windows.values.mean(axis=1), [f"{a} mean" for a in windows.axes])', result)
    assert code != ECHO
    task = folder().windows(VALUES * 10).request("transform")
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(BlockError, match=message):
        perform(block(code), task)
    assert not (task.out_dir / "result.json").exists()


def test_a_block_without_device_code_says_so(folder, block):
    with pytest.raises(BlockError, match="no device code"):
        perform(block(), folder().request("export"))


def test_a_learner_goes_all_the_way(folder, block):
    path = block(LEARNER)
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    fit = folder().features((["a", "b"], [rows[:1], rows[1:]])).request("fit", seed=4)
    perform(path, fit)
    assert fit.output("train_scores").shape == (3,)
    document = json.loads((fit.out_dir / "model" / "model.json").read_bytes())
    assert document["meta"] == {"seed": 4}
    assert document["arrays"] == {"mean": {"file": "mean.npy", "dtype": "float32", "shape": [2]}}

    score = folder().features((["a", "b"], [rows]))
    (score.in_dir / "model").symlink_to(fit.out_dir / "model")
    score.inputs["model"] = {"kind": "folder", "path": "model", "sha256": ""}
    perform(path, score.request("score"))  # batches of two rows
    np.testing.assert_array_equal(score.output("scores"), [4, 0, 4])
    np.testing.assert_array_equal(score.output("contributions"), [[2, 2], [0, 0], [2, 2]])

    empty = folder().features((["a", "b"], [rows[:0]]))
    (empty.in_dir / "model").symlink_to(fit.out_dir / "model")
    empty.inputs["model"] = score.inputs["model"]
    perform(path, empty.request("score"))
    assert empty.output("scores").shape == (0,)
    assert empty.output("contributions").shape == (0, 2)

    plot = folder()
    (plot.in_dir / "model").symlink_to(fit.out_dir / "model")
    plot.inputs["model"] = score.inputs["model"]
    perform(path, plot.request("plot"))
    plots = json.loads((plot.out_dir / "plots.json").read_bytes())["plots"]
    assert plots[0]["series"][0]["values"] == [2.0, 3.0]


def test_a_learner_is_described_by_labels_alone(folder, block):
    task = folder()
    shape = {"type": "flat", "width": 1}
    part = {"node": "n", "labels": ["a"], "shape": shape, "chunks": []}
    task.inputs["features"] = {"kind": "features", "dtype": "float32", "parts": [part]}
    perform(block(LEARNER), task.request("describe"))
    description = json.loads((task.out_dir / "description.json").read_bytes())
    assert description == {
        "kind": "anomaly", "outputs": ["scores", "contributions"], "contributions": ["a"], "classes": [],
        "bounded_in_sample": False,
    }  # fmt: skip


def test_fit_gets_targets_and_groups(folder, block):
    code = LEARNER.replace(
        "        model = ",
        "        assert list(context.targets) == [0, 1, 0] and context.classes == ['p', 'q']\n        model = ",
    )
    rows = np.ones((3, 2), np.float32)
    task = folder().features((["a", "b"], [rows]))
    refs = [task.array("targets.npy", np.array([0, 1, 0], np.int32))]
    task.inputs["targets"] = {"kind": "array", "dtype": "int32", "chunks": refs}
    perform(block(code), task.request("fit", classes=["p", "q"]))


@pytest.mark.parametrize(("rows", "message"), [(0, "there are no training windows"), (2, "window 1 is nan")])
def test_training_data_that_can_not_work(folder, block, rows, message):
    values = np.ones((rows, 1), np.float32)
    values[1:] = np.nan
    task = folder().features((["a"], [values])).request("fit")
    with pytest.raises(BlockError, match=message):
        perform(block(LEARNER), task)


def test_a_plot_that_json_can_not_hold_is_refused(folder, block):
    code = ECHO + "    def plot(self, windows, params): return [{'kind': 'lines', 'x': float('nan')}]\n"
    task = folder().windows(VALUES).request("plot")
    with pytest.raises(BlockError, match=r"plots.json: the block returned what JSON can't hold"):
        perform(block(code), task)


def test_a_model_that_changed_is_refused(folder, block):
    path = block(LEARNER)
    rows = np.ones((3, 2), np.float32)
    fit = folder().features((["a", "b"], [rows])).request("fit")
    perform(path, fit)
    np.save(fit.out_dir / "model" / "mean.npy", np.ones(3))
    score = folder().features((["a", "b"], [rows]))
    (score.in_dir / "model").symlink_to(fit.out_dir / "model")
    score.inputs["model"] = {"kind": "folder", "path": "model", "sha256": ""}
    with pytest.raises(BlockError, match=r"array 'mean' is float64 \[3\], not float32 \[2\]"):
        perform(path, score.request("score"))
