"""``edgewright features`` and ``edgewright blocks``, with real blocks."""

from __future__ import annotations

import json

import numpy as np
import pytest

import edgewright
from edgewright.errors import TaskError, UsageError
from edgewright.face import _checked


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    path = tmp_path_factory.mktemp("windows") / "X.npy"
    np.save(path, np.random.default_rng(7).normal(size=(5, 40, 3)).astype(np.float32))
    return path


def test_features_are_written_with_labels_shape_and_timing(cli, windows, tmp_path):
    out = tmp_path / "new" / "F.npy"
    result = cli(
        "features",
        "flatten",
        windows,
        "-o",
        out,
        "--axes",
        "a,b,c",
        "--frequency",
        "20",
        "-p",
        "skewness=false",
        "--json",
    )
    assert result.code == 0, result.err
    document = result.json()
    features = np.load(out)
    assert features.dtype == np.float32
    assert features.shape == (5, 18)
    assert document["labels"][:2] == ["a Average", "a Minimum"]
    assert document["shape"] == {"type": "flat", "width": 18}
    assert document["params"]["skewness"] is False
    assert document["seconds"]["transform"] > 0
    np.testing.assert_allclose(features[:, 0], np.load(windows)[:, :, 0].mean(axis=1), rtol=1e-5, atol=1e-6)


def test_the_file_and_the_face_agree(cli, windows, tmp_path):
    parameters = tmp_path / "p.json"
    parameters.write_text('{"fft_length": 32, "filter-type": "low"}')
    out = tmp_path / "F.npy"
    result = cli(
        "features",
        "spectral-analysis",
        windows,
        "-o",
        out,
        "--frequency",
        "62.5",
        "--params",
        parameters,
        "-p",
        "filter-cutoff=12",
    )
    assert result.code == 0, result.err
    with edgewright.open_block("spectral_analysis") as block:
        features = block.transform(
            np.load(windows),
            frequency=62.5,
            params={"fft-length": 32, "filter-type": "low", "filter-cutoff": 12.0},
        )
    assert np.load(out).tobytes() == features.values.tobytes()
    assert features.values.shape[1] == len(features.labels)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["flaten", "X.npy", "-o", "F.npy"], "did you mean 'flatten'?"),
        (["kmeans", "X.npy", "-o", "F.npy"], "kmeans is a learning block"),
        (["flatten", "missing.npy", "-o", "F.npy"], "missing.npy: no such file"),
        (["flatten", "text.npy", "-o", "F.npy"], "text.npy: not an array that can be read"),
        (["flatten", "flat.npy", "-o", "F.npy"], "windows have shape (4,)"),
        (["flatten", "none.npy", "-o", "F.npy"], "windows have shape (2, 0, 1): they are empty"),
        (["flatten", "X.npy"], "nowhere to write the features"),
        (["flatten", "nan.npy", "-o", "F.npy"], "holds NaN or infinity"),
        (["flatten", "X.npy", "-o", "F.txt"], "-o F.npy"),
        (["flatten", "X.npy", "-o", "F.npy", "-p", "scale-axes"], "no name=value"),
        (["flatten", "X.npy", "-o", "F.npy", "-p", "scale-axs=2"], "scale-axes"),
        (["flatten", "X.npy", "-o", "F.npy", "-p", "scale-axes=big"], "big"),
        (["flatten", "X.npy", "-o", "F.npy", "--axes", "x,y"], "2 axes (x, y) for windows with 3 columns"),
        (["flatten", "X.npy", "-o", "F.npy", "--frequency", "-1"], "frequency is -1.0"),
        (["flatten", "X.npy", "-o", "F.npy", "--params", "text.npy"], "not a JSON file"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_writes_nothing(
    cli, windows, tmp_path, monkeypatch, arguments, text
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "X.npy").write_bytes(windows.read_bytes())
    (tmp_path / "text.npy").write_text("not an array")
    np.save(tmp_path / "flat.npy", np.zeros(4))
    np.save(tmp_path / "none.npy", np.zeros((2, 0, 1)))
    np.save(tmp_path / "nan.npy", np.full((1, 4, 1), np.nan))
    result = cli("features", *arguments)
    assert result.code == 2
    assert text in result.err
    assert "Traceback" not in result.err
    assert not list(tmp_path.glob("F.*"))


def test_what_a_block_refuses_is_said_in_its_own_words(cli, windows, tmp_path):
    off = [
        word
        for name in ("average", "minimum", "maximum", "rms", "stdev", "skewness", "kurtosis")
        for word in ("-p", f"{name}=false")
    ]
    result = cli("features", "flatten", windows, "-o", tmp_path / "F.npy", *off)
    assert result.code == 1
    assert "every statistic is switched off" in result.err
    assert not (tmp_path / "F.npy").exists()


def test_a_strangers_block_needs_isolation_or_trust(cli, windows, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    assert cli("blocks", "init", "processing", tmp_path / "mine").code == 0
    refused = cli("features", tmp_path / "mine", windows, "-o", tmp_path / "F.npy")
    assert refused.code == 1
    assert "--trust" in refused.err
    trusted = cli("features", tmp_path / "mine", windows, "-o", tmp_path / "F.npy", "--trust", "--json")
    assert trusted.code == 0, trusted.err
    assert trusted.json()["features"] == 6


def test_a_page_shows_what_the_block_draws(cli, windows, tmp_path):
    result = cli(
        "features",
        "spectral_analysis",
        windows,
        "--plot",
        tmp_path / "page.html",
        "--json",
    )
    assert result.code == 0, result.err
    assert result.json()["page"] == str(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "What the block draws" in page
    assert "Features of each window" in page


def test_no_windows_give_no_rows(cli, tmp_path):
    np.save(tmp_path / "none.npy", np.zeros((0, 40, 2), np.float32))
    result = cli("features", "raw", tmp_path / "none.npy", "-o", tmp_path / "F.npy")
    assert result.code == 0, result.err
    assert np.load(tmp_path / "F.npy").shape == (0, 80)


def test_blocks_are_listed_and_shown(cli):
    listed = cli("blocks", "list", "--json").json()
    assert {"flatten", "raw", "spectral_analysis", "kmeans", "cpp", "wasm"} <= {
        block["name"] for block in listed
    }
    targets = cli("blocks", "list", "--type", "deployment", "--json").json()
    assert {block["type"] for block in targets} == {"deployment"}
    shown = cli("blocks", "show", "spectral_analysis", "--json").json()
    assert {"fft-length", "filter-cutoff"} <= {parameter["param"] for parameter in shown["parameters"]}
    assert "applies when filter-type" in cli("blocks", "show", "spectral_analysis").out


def test_one_operation_runs_from_a_request_folder(cli, windows, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    window = {"kind": "time-series", "length": 40, "axes": ["x"], "frequency": 10.0}
    (folder / "request.json").write_text(
        json.dumps({"operation": "describe", "window": window, "params": {"rms": False}})
    )
    result = cli(
        "blocks",
        "run",
        "flatten",
        "--in",
        folder,
        "--out",
        tmp_path / "out",
        "-p",
        "stdev=false",
        "--runner",
        "process",
        "--json",
    )
    assert result.code == 0, result.err
    description = json.loads((tmp_path / "out" / "description.json").read_text())
    assert description["labels"] == ["x Average", "x Minimum", "x Maximum", "x Skewness", "x Kurtosis"]
    again = cli("blocks", "run", "flatten", "--in", folder, "--out", tmp_path / "out")
    assert (again.code, "not empty" in again.err) == (2, True)
    (folder / "request.json").write_text('{"operation": "fit"}')
    wrong = cli("blocks", "run", "flatten", "--in", folder, "--out", tmp_path / "other")
    assert wrong.code == 2
    assert "processing blocks have: describe, transform, plot, export" in wrong.err
    assert not (tmp_path / "other").exists()


def test_an_open_block_answers_again_and_again():
    values = np.ones((1, 10, 1), np.float32)
    with edgewright.open_block("flatten") as block:
        first = block.transform(values, frequency=1.0, axes=["x"])
        with pytest.raises(UsageError, match="2 columns"):
            block.transform(np.ones((1, 10, 2)), axes=["x"])
        again = block.transform(values, frequency=1.0, axes=["x"])
        folder = block._folder
        assert list((folder / "out").iterdir()) == []
    assert first.values.tobytes() == again.values.tobytes()
    assert not folder.exists()


@pytest.mark.parametrize(
    "said", [[], {"features": 2}, {"features": 2, "labels": ["a"], "shape": {"type": "flat"}}]
)
def test_a_description_that_says_less_is_the_blocks_error(said):
    with pytest.raises(TaskError, match=r"b describe: bad_output: .*`features`") as caught:
        _checked(said, "b")
    assert "blocks check" in caught.value.hint
