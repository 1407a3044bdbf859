"""``edgewright features --importance``: of an array with labels, and of a node of an impulse."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright.cli.console import Console
from edgewright.cli.importance import read_labels, show_importance
from edgewright.scoring.importance import importance_document


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with windows whose axis `u` is louder for each label, and `v` tells nothing."""
    random = np.random.default_rng(0)
    codes = np.arange(60) % 3
    windows = random.normal(size=(60, 40, 2))
    windows[:, :, 0] *= (1 + codes)[:, None]
    np.save(tmp_path / "X.npy", windows.astype(np.float32))
    labels = [["off", "idle", "full"][code] for code in codes]
    labels[7] = ""  # a window that nobody labelled
    (tmp_path / "y.txt").write_text("\n".join(labels) + "\n")
    (tmp_path / "y.json").write_text(json.dumps([label or None for label in labels]))
    np.save(tmp_path / "y.npy", codes)
    (tmp_path / "short.txt").write_text("off\nidle\n")
    (tmp_path / "one.txt").write_text("off\n" * 60)
    (tmp_path / "odd.json").write_text('{"a": 1}')
    np.save(tmp_path / "float.npy", codes / 2)
    (tmp_path / "impulse.yaml").write_text("version: 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_features_are_ranked_and_written_in_one_go(cli, here):
    call = ("features", "flatten", "X.npy", "--axes", "u,v", "--importance", "--labels")
    result = cli(*call, "y.txt", "-o", "F.npy", "--json")
    assert result.code == 0, result.err
    ranking = result.json()["importance"]
    assert ranking["classes"] == ["full", "idle", "off"]
    assert ranking["windows"] == 59
    assert 2 <= len(ranking["suggested"]) <= 8
    assert all(label.startswith("u ") for label in ranking["suggested"])
    for entry in ranking["features"]:
        assert sum(entry["by_label"]) == pytest.approx(entry["importance"])
    assert np.load(here / "F.npy").shape == (60, 14)
    assert [path.name for path in here.glob("F*")] == ["F.npy"]


def test_labels_are_read_from_text_json_and_arrays(here):
    text = read_labels(here / "y.txt")
    assert (len(text), text[:3], text[7]) == (60, ["off", "idle", "full"], "")
    assert read_labels(here / "y.json") == text
    assert read_labels(here / "y.npy")[:3] == ["0", "1", "2"]


def test_the_list_says_what_is_suggested(capsys):
    by_label = [[0.3, 0.0], [0.1, 0.1], [0.1, 0.4]]
    document = importance_document(["u RMS", "v RMS"], [0.5, 0.5], by_label, ["off", "idle", "full"], 60)
    show_importance(Console(), "flatten", document)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "flatten: 2 features, 60 windows, labels off, idle, full",
        "     feature  importance  off    idle   full",
        "  *  u RMS    0.500       0.300  0.100  0.100",
    ]
    assert lines[-2] == "suggested (*): u RMS, v RMS (100% of importance)"
    show_importance(
        Console(), "flatten", {**document, "features": [], "note": "no training window has a label"}
    )
    assert capsys.readouterr().out == "flatten: nothing to rank by: no training window has a label\n"


def test_a_node_of_an_impulse_is_ranked_as_its_run_would(cli, project):
    text = (project / "impulse.yaml").read_text().replace("clusters: 3", "clusters: 3, features: suggested")
    (project / "impulse.yaml").write_text(text)
    result = cli("features", "anomaly", "impulse.yaml", "--importance", "--runner", "process", "--json")
    assert result.code == 0, result.err
    document = result.json()
    assert document["node"] == "anomaly"
    assert document["importance"]["classes"] == ["idle", "running"]
    assert not (project / "runs").exists()
    again = cli("features", "flat", "impulse.yaml", "--importance", "--runner", "process")
    assert f"suggested (*): {', '.join(document['importance']['suggested'])}" in again.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["X.npy", "--importance"], "give one a window by --labels FILE"),
        (["X.npy", "--labels", "y.txt", "-o", "F.npy"], "--labels is for --importance"),
        (["X.npy"], "give -o F.npy"),
        (["X.npy", "--importance", "--labels", "short.txt", "-o", "F.npy"], "2 labels for 60 windows"),
        (["X.npy", "--importance", "--labels", "one.txt", "-o", "F.npy"], "labels that differ: off"),
        (["X.npy", "--importance", "--labels", "odd.json"], "odd.json: is no list of labels"),
        (["X.npy", "--importance", "--labels", "float.npy"], "dtype float64"),
        (["X.npy", "--importance", "--labels", "X.npy"], "an array of shape (60, 40, 2)"),
        (["X.npy", "--importance", "--labels", "none.txt"], "none.txt: no such file"),
        (["impulse.yaml"], "impulse.yaml is an impulse"),
        (["impulse.yaml", "--importance", "-o", "F.npy"], "-o doesn't go with an impulse"),
        (["impulse.yaml", "--importance"], 'lacks "data"'),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_writes_nothing(cli, here, arguments, text):
    result = cli("features", "flatten", *arguments)
    assert result.code == 2
    assert text in result.err
    assert "Traceback" not in result.err
    assert not list(here.glob("F.*"))


def test_an_unknown_node_is_answered_with_those_there_are(cli, project):
    result = cli("features", "flatten", "impulse.yaml", "--importance")
    assert result.code == 2
    assert "has no node 'flatten'" in result.err
    assert "its nodes: flat, plain, anomaly" in result.err
