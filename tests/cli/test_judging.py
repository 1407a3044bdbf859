"""`test` and `threshold`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgewright.running import Run


@pytest.fixture
def command(cli: Any, trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line over the finished run's store."""

    def call(*arguments: object) -> Any:
        monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained[0] / "store"))
        return cli(*arguments)

    return call


def test_another_threshold_is_a_new_run_and_its_mistakes_are_listed(
    command: Any, trained: tuple[Path, Run], tmp_path: Path
) -> None:
    _, run = trained
    done = command("threshold", run.path, "--set", "-100", "-o", tmp_path / "low", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["run"] == str(tmp_path / "low")
    assert document["nodes"]["anomaly"]["value"] == -100.0
    low, high = document["metrics"]["anomaly"]["windows"], run.metrics("anomaly")["windows"]
    assert low["fpr"] >= high["fpr"]
    assert low["auroc"] == high["auroc"]

    done = command("test", tmp_path / "low", "--json")
    found = json.loads(done.out)["nodes"]["anomaly"]
    alarms = found["mistakes"]["windows"]["false_alarms"]
    assert len(alarms) == found["metrics"]["windows"]["confusion"]["false_positive"] > 0
    distances = [row["distance"] for row in alarms]
    assert distances == sorted(distances, reverse=True)
    first = alarms[0]
    row = found["decisions"]["windows"]
    assert first["from"] == pytest.approx(row["start"][first["row"]] / 50)
    assert len(first["contributions"]) == 3
    shown = command("test", tmp_path / "low", "--worst", "2").out
    assert f"{first['name']}" in shown
    assert "window(s), the farthest from the threshold first" in shown


def test_new_labelled_recordings_are_judged_by_the_old_threshold(
    command: Any, trained: tuple[Path, Run], tmp_path: Path
) -> None:
    project, run = trained
    for label in ("idle", "broken", "humming"):
        (tmp_path / "new" / label).mkdir(parents=True)
        source = project / "data" / ("idle" if label == "idle" else "broken") / "0.csv"
        (tmp_path / "new" / label / "a.csv").write_text(source.read_text())
    done = command("test", run.path, "--data", tmp_path / "new", "--runner", "process", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)["nodes"]["anomaly"]
    assert found["decisions"]["threshold"] == run.threshold("anomaly")["value"]
    assert found["metrics"]["split"] == "new"
    normal = {row["label"]: row["normal"] for row in found["decisions"]["recordings"]}
    assert normal == {"idle": True, "broken": False, "humming": False}  # the impulse: abnormal is the rest
    windows = found["metrics"]["windows"]
    assert (windows["n"], windows["normal"]) == (33, 11)
    flags = found["decisions"]["windows"]["anomalous"]
    assert windows["confusion"]["true_positive"] + windows["confusion"]["false_positive"] == sum(flags)


def test_recordings_without_labels_are_nothing_to_test_by(
    command: Any, trained: tuple[Path, Run], tmp_path: Path
) -> None:
    project, run = trained
    (tmp_path / "x.csv").write_text((project / "data" / "idle" / "0.csv").read_text())
    done = command("test", run.path, "--data", tmp_path / "x.csv", "--runner", "process")
    assert done.code == 2
    assert "no recording has a label, so there is nothing to judge by" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fpr", "0.1"], "--fpr needs --method"),
        (["--set", "1", "--method", "f1"], "--set doesn't go with --method f1"),
        (["-o", "x"], "-o needs something to change"),
        (["--on-test"], "nothing to change"),
        (["--set", "1", "--node", "flat"], "'flat' is no anomaly node"),
    ],
)
def test_what_a_threshold_is_refused(
    command: Any, trained: tuple[Path, Run], options: list[str], message: str
) -> None:
    done = command("threshold", trained[1].path, *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_stream_is_calibrated_on_the_test_split_or_on_new_recordings(
    command: Any, trained: tuple[Path, Run]
) -> None:
    project, run = trained
    done = command("calibrate", run.path, "--averaging", "1,3", "--suppression", "0,1", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    recordings = run.decisions("anomaly")["recordings"]
    quiet = [row["windows"] for row in recordings if row["normal"]]
    assert document["hours"] * 3600 == pytest.approx(sum((count - 1) * 0.2 + 0.4 for count in quiet))
    assert document["events"] == len(recordings) - len(quiet)
    assert document["now"]["threshold"] == pytest.approx(run.threshold("anomaly")["value"])
    assert document["now"]["missed"] == sum(not row["anomalous"] for row in recordings if not row["normal"])
    assert document["front"][-1]["missed"] == 0
    assert {one["averaging"] for one in document["front"]} <= {1, 3}
    whole = command("calibrate", run.path, "--data", project / "data", "--runner", "process")
    assert "5 recordings of the event" in whole.out
    for options, message in (
        (["--averaging", "1,x"], "must be whole numbers with commas"),
        (["--suppression", "-1"], "seconds from 0 on"),
        (["--class", "idle"], "has no classes"),
    ):
        done = command("calibrate", run.path, *options)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
