"""One run of a block on a sample: values, and each kind of mistake with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright.blocks_init import NewBlock, write_block
from edgewright.devloop import Sample, attempt, compare
from edgewright.errors import UsageError
from edgewright.plugins import make_plugins


@pytest.fixture(scope="module")
def plugins():
    return make_plugins()


@pytest.fixture
def mine(tmp_path):
    """Write a block from a template, change its code, and give its folder."""

    def write(kind="processing", *changes, **options):
        folder = tmp_path / "mine"
        write_block(NewBlock(kind, folder, **options))
        for file, old, new in changes:
            path = folder / file
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new, 1))
        return folder

    return write


def tried(folder, plugins, sample=None, **params):
    return attempt(folder, plugins, sample, lambda _spec: params)


def line_of(folder, text):
    lines = (folder / "block.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_features_of_a_signal_that_is_made_up(mine, plugins):
    result = tried(mine(), plugins)
    assert (result.status, result.origin, result.problems) == ("ok", "a made-up signal", ())
    assert result.table.labels[:2] == ("accX Level", "accX Span")
    assert result.table.values.shape == (8, 6)
    assert result.window["frequency"] == 62.5
    assert [plot["title"] for plot in result.plots] == ["Scaled samples"]
    assert 0 < result.seconds < 10


def test_features_of_a_sample_with_parameters(mine, plugins):
    windows = np.array([[[1.0], [-3.0], [2.0], [0.0]]], dtype=np.float32)
    sample = Sample(windows, 10.0, ("x",), ("one",), "here")
    folder = mine()
    before, now = (tried(folder, plugins, sample, **{"scale-axes": scale}) for scale in (1.0, 2.0))
    np.testing.assert_allclose(now.table.values, [[3.0, 10.0]])
    changes = compare(before.table, now.table)
    assert changes.before == {"x Level": 1.5, "x Span": 5.0}
    assert changes.summary(2) == "2 of 2 columns changed"
    assert not compare(now.table, now.table)
    without = tried(folder, plugins, sample, span=False)
    assert compare(now.table, without.table).removed == ("x Span",)


@pytest.mark.parametrize(
    ("old", "new", "marked", "message"),
    [
        ("scaled = windows", "scaled = missing + windows", "scaled = missing", "NameError: name 'missing' is not defined"),
        ("chosen = [", "chosen = = [", "chosen = = [", "SyntaxError: invalid syntax"),
        ("import numpy as np", "import numpyy as np", "import numpyy", "ModuleNotFoundError: No module named 'numpyy'"),
    ],
)  # fmt: skip
def test_a_fault_is_placed_in_its_file(mine, plugins, old, new, marked, message):
    folder = mine("processing", ("block.py", old, new))
    result = tried(folder, plugins)
    assert result.status == "failed"
    assert result.problems[0] == f"block.py:{line_of(folder, marked)}: {message}"
    assert marked.strip() in result.problems[1]


def test_a_plot_that_fails_leaves_the_features(mine, plugins):
    folder = mine("processing", ("block.py", "seconds = np.arange", "seconds = 1 / 0 * np.arange"))
    result = tried(folder, plugins)
    assert result.status == "failed"
    assert result.table.values.shape == (8, 6)
    place = line_of(folder, "1 / 0")
    assert result.problems[0] == f"plot: block.py:{place}: ZeroDivisionError: division by zero"


def test_a_plot_of_a_wrong_form_is_told(mine, plugins):
    folder = mine("processing", ("block.py", '"kind": "lines"', '"kind": "line"'))
    result = tried(folder, plugins)
    assert result.status == "failed"
    assert "plots.json" in result.problems[0]
    assert "line" in result.problems[0]


def test_a_refusal_comes_in_the_blocks_own_words(mine, plugins):
    raises = 'raise __import__("edgewright_sdk").BlockError("too quiet: 0.1; at least 1")'
    result = tried(
        mine("processing", ("block.py", "scaled = windows", f"{raises}\n        scaled = windows")), plugins
    )
    assert (result.status, result.problems) == ("failed", ("too quiet: 0.1; at least 1",))


def test_every_problem_of_a_spec_with_its_line(mine, plugins):
    folder = mine(
        "processing",
        ("parameters.json", '"value": 1.0', '"value": "loud"'),
        ("parameters.json", '"boolean"', '"bolean"'),
    )
    result = tried(folder, plugins)
    assert result.status == "spec"
    assert len(result.problems) >= 2
    assert all(problem.startswith("parameters.json:") for problem in result.problems)


def test_parameters_that_the_block_does_not_take(mine, plugins):
    from edgewright.cli.parameters import read_params

    folder = mine()
    wrong = attempt(folder, plugins, None, lambda spec: read_params(spec, ["scale-axis=2"], None))
    assert wrong.status == "spec"
    assert "scale-axes" in wrong.problems[0]


def test_a_learner_fits_and_scores(mine, plugins):
    result = tried(mine("learning"), plugins)
    assert (result.status, result.what) == ("ok", "score")
    assert result.table.labels[0] == "score"
    assert result.table.labels[1] == "contribution of x feature 0"
    assert result.table.values.shape == (8, 7)
    assert [plot["title"] for plot in result.plots] == ["Means"]


def test_a_learner_on_features_of_ones_own(mine, plugins):
    rows = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    folder = mine("learning", device=False)
    result = tried(folder, plugins, Sample(rows, None, ("a", "b"), tuple("abcdefgh"), "F.npy"))
    assert result.table.labels == ("score", "contribution of a", "contribution of b")
    wrong = tried(folder, plugins, Sample(np.zeros((2, 5, 3), np.float32), 10.0, None, ("a", "b"), "X.npy"))
    assert wrong.status == "failed"
    assert "learns from features" in wrong.problems[0]


def test_a_detector_sees_images(mine, plugins):
    result = tried(mine("learning", visual=True), plugins)
    assert (result.status, result.origin) == ("ok", "made-up images")
    assert result.table.labels == ("score", "largest of map 6×8")


@pytest.mark.parametrize("kind", ["deployment", "transform"])
def test_blocks_without_a_sample(mine, plugins, kind):
    with pytest.raises(UsageError, match=f"mine is a {kind} block, which no sample is run on"):
        tried(mine(kind), plugins)


def test_a_block_of_edge_impulses_with_its_graphs(plugins):
    folder = Path(__file__).parents[2] / "containers" / "legacy" / "http_peak"
    result = tried(
        folder, plugins, Sample(np.array([[[1.0], [-3.0]]], np.float32), 10.0, ("accX",), ("one",), "here")
    )
    assert result.table.labels == ("Minimum", "Maximum")
    np.testing.assert_array_equal(result.table.values, [[-3.0, 1.0]])
    assert {plot["kind"] for plot in result.plots} >= {"lines"}
