"""``init``, ``data``, ``store``, ``runs``: real files in, real files out."""

from __future__ import annotations

import json

import numpy as np
import pytest


@pytest.fixture
def motion(tmp_path):
    """Three classes of eight recordings at 50 Hz."""
    random = np.random.default_rng(3)
    for place, label in enumerate(("normal", "running", "broken")):
        folder = tmp_path / "motion" / label
        folder.mkdir(parents=True)
        for number in range(8):
            time = np.arange(200) * 20
            values = np.sin(time[:, None] / (40 + 30 * place)) + 0.1 * random.normal(size=(200, 2))
            table = np.column_stack([time, values])
            np.savetxt(
                folder / f"{number}.csv",
                table,
                delimiter=",",
                header="timestamp,x,y",
                comments="",
                fmt="%.6g",
            )
    return tmp_path / "motion"


def test_data_are_shown(cli, motion):
    result = cli("data", "show", motion, "--json")
    assert result.code == 0, result.err
    found = result.json()
    assert (found["samples"], found["kind"], found["frequencies"]) == (24, "time-series", [[50.0, 24]])
    assert {label["label"] for label in found["labels"]} == {"normal", "running", "broken"}
    text = cli("data", "show", motion).out
    assert "24 recordings in 24 files" in text
    assert "running" in text


def test_a_bad_file_is_named_and_the_exit_code_says_so(cli, motion):
    (motion / "normal" / "9.csv").write_text("timestamp,x,y\n0,1,2\n20,2\n40,1\n")
    (motion / "normal" / "0.csv").rename(motion / "normal" / "\x1b[31m.csv")
    result = cli("data", "show", motion)
    assert result.code == 1
    assert "9.csv" in result.out
    assert "\x1b" not in result.out


def test_a_missing_folder_is_a_usage_error(cli, tmp_path):
    result = cli("data", "show", tmp_path / "nowhere", "--json")
    assert result.code == 2
    assert "no such file or folder" in result.json()["error"]["message"]


def test_init_writes_an_impulse_once(cli, motion, tmp_path):
    target = tmp_path / "impulse.yaml"
    result = cli("init", motion, "-o", target, "--json")
    assert result.code == 0, result.err
    assert target.read_text() == result.json()["text"]
    again = cli("init", motion, "-o", target)
    assert again.code == 2
    assert "is there already" in again.err
    assert cli("init", motion, "-o", target, "--force").code == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_init_of_nothing_writes_nothing(cli, tmp_path):
    (tmp_path / "empty").mkdir()
    result = cli("init", tmp_path / "empty", "-o", tmp_path / "impulse.yaml")
    assert result.code == 2
    assert not (tmp_path / "impulse.yaml").exists()
    assert cli("init", "-o", tmp_path / "impulse.yaml").code == 2


def test_splits_are_shown_before_anything_runs(cli, motion, tmp_path):
    target = tmp_path / "impulse.yaml"
    assert cli("init", motion, "-o", target).code == 0
    result = cli("data", "split", target, "--json")
    assert result.code == 0, result.err
    found = result.json()
    assert len(found["samples"]) == 24
    assert found["windows"]["training"] > 0
    assert {sample["label"] for sample in found["samples"] if sample["split"] == "training"} == {"normal"}
    assert "normal" in cli("data", "split", target, "--list").out


def test_a_copy_on_the_other_side_of_the_split_is_named(cli, motion, tmp_path):
    target = tmp_path / "impulse.yaml"
    assert cli("init", motion, "-o", target).code == 0
    clean = cli("data", "split", target, "--json").json()
    assert clean["leakage"]["pairs"] == []
    lines = (motion / clean["samples"][0]["file"]).read_text().splitlines()
    copy = motion / "normal" / "copy.csv"
    for dropped in range(
        1, 30
    ):  # where a recording goes is decided by its content; a whole copy stays with its original
        copy.write_text("\n".join(lines[:1] + lines[1 + dropped :]) + "\n")
        found = cli("data", "split", target, "--json").json()
        sides = {sample["name"]: sample["split"] for sample in found["samples"]}
        if sides["normal/copy"] != sides[clean["samples"][0]["name"]]:
            break
    (pair,) = found["leakage"]["pairs"]
    assert {side["recording"] for side in pair["sides"]} == {"normal/copy", clean["samples"][0]["name"]}
    shown = cli("data", "split", target)
    assert "near-duplicate windows on both sides of the split" in shown.out


def test_import_writes_plain_files_that_read_the_same(cli, motion, tmp_path):
    out = tmp_path / "plain"
    result = cli("data", "import", motion, "-o", out, "--json")
    assert result.code == 0, result.err
    assert result.json()["recordings"] == 24
    before, after = (cli("data", "show", place, "--json").json() for place in (motion, out))
    for name in ("samples", "axes", "frequencies", "labels", "lengths"):
        assert before[name] == after[name]
    again = cli("data", "import", motion, "-o", out)
    assert (again.code, "is not empty" in again.err) == (2, True)


def test_import_stops_at_a_bad_file_unless_told_otherwise(cli, motion, tmp_path):
    (motion / "normal" / "9.csv").write_text("timestamp,x,y\n0,1,2\n20,2\n40,1\n")
    out = tmp_path / "plain"
    refused = cli("data", "import", motion, "-o", out)
    assert refused.code == 2
    assert "9.csv" in refused.err
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    skipped = cli("data", "import", motion, "-o", out, "--skip-bad", "--json")
    assert skipped.code == 0, skipped.err
    assert skipped.json()["recordings"] == 24
    assert "9.csv" in skipped.json()["skipped"][0][0]


def test_an_empty_store_is_listed_checked_and_cleaned(cli):
    assert cli("store", "ls", "--json").json()["entries"] == []
    assert cli("store", "fsck", "--json").json() == {"sound": 0, "damaged": {}}
    assert cli("store", "gc", "--json").json()["removed"] == []
    assert cli("store", "gc", "--days", "-1").code == 2


@pytest.fixture
def runs(tmp_path):
    """Two run folders as the engine leaves them, one of them cut short."""
    for number, (name, clusters, auroc) in enumerate([("a", 4, 0.91), ("b", 8, 0.97)]):
        folder = tmp_path / "runs" / name
        (folder / "outputs" / "anomaly" / "model").mkdir(parents=True)
        (folder / "outputs" / "anomaly" / "model" / "model.json").write_text("{}" * (number + 1))
        (folder / "outputs" / "anomaly" / "metrics.json").write_text(
            json.dumps({"windows": {"auroc": auroc, "fpr": 0.01}})
        )
        (folder / "outputs" / "anomaly" / "threshold.json").write_text(json.dumps({"value": 0.5}))
        node = {
            "id": "anomaly",
            "type": "learning",
            "block": "kmeans",
            "inputs": [],
            "params": {"clusters": clusters},
        }
        record = {
            "name": "pump", "status": "ok", "started": f"2026-01-0{number + 1}T00:00:00+00:00", "seconds": 3.5,
            "tasks": [{"id": "anomaly/fit", "status": "ran", "seconds": 1.0}], "nodes": [node],
        }  # fmt: skip
        (folder / "run.json").write_text(json.dumps(record))
        lock = {
            "blocks": {"kmeans": {"digest": "1" * 64, "runner": "process", "environment": ["numpy==2.2.6"]}}
        }
        (folder / "impulse.lock").write_text(json.dumps(lock))
    (tmp_path / "runs" / "torn").mkdir()
    (tmp_path / "runs" / "torn" / "run.json").write_text('{"name": ')
    return tmp_path / "runs"


def test_runs_are_listed_the_latest_first(cli, runs):
    result = cli("runs", "ls", runs, "--json")
    assert [(entry["run"][-1], entry["auroc"]) for entry in result.json()] == [("b", 0.97), ("a", 0.91)]
    assert "torn" in result.err
    assert "no runs in" in cli("runs", "ls", runs / "a").out


def test_two_runs_are_put_side_by_side(cli, runs):
    rows = cli("runs", "compare", runs / "a", runs / "b", "--json").json()["rows"]
    found = {(row["section"], row["name"]): (row["first"], row["second"], row["differs"]) for row in rows}
    assert found["parameters", "anomaly.clusters"] == (4, 8, True)
    assert found["metrics", "anomaly windows auroc"] == (0.91, 0.97, True)
    assert found["environment", "numpy"] == ("2.2.6", "2.2.6", False)
    assert found["sizes", "anomaly model"] == (2, 4, True)
    text = cli("runs", "compare", runs / "a", runs / "b").out
    assert "anomaly.clusters" in text
    assert "numpy" not in text
    assert "numpy" in cli("runs", "compare", runs / "a", runs / "b", "--all").out
    assert cli("runs", "compare", runs / "a", runs / "torn").code != 0


def test_without_an_engine_images_say_so(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    for arguments in (["build"], ["save", "x.tar"]):
        result = cli("images", *arguments)
        assert result.code == 1
        assert "does not answer" in result.err
    (tmp_path / "x.tar").write_text("no archive")
    result = cli("images", "load", tmp_path / "x.tar")  # is unpacked then
    assert result.code == 1
    assert "is no archive of images" in result.err
    assert cli("blocks", "build", "flatten").code == 1


def test_doctor_names_what_is_missing_and_how_to_get_it(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = cli("doctor", "--json")
    assert result.code == 0
    found = {finding["name"]: finding for finding in result.json()["findings"]}
    assert found["python"]["present"]
    assert not found["runner docker"]["present"]
    assert "docker" in found["runner docker"]["remedy"]
    assert found["g++"]["remedy"] == "apt install g++"
    assert found["store"]["present"]
