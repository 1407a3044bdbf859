"""Another threshold for a finished run: decided anew, and nothing else computed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.errors import UsageError
from edgewright.running import Options, Run, deploy, run_impulse
from edgewright.running.redecide import redecide, with_threshold
from edgewright.running.stream import follow
from edgewright.scoring.streaming import smooth

if TYPE_CHECKING:
    from pathlib import Path

PROCESS = Options(runner="process")


@pytest.fixture(autouse=True)
def store(trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """The store of the finished run."""
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained[0] / "store"))


def files(run: Run, *names: str) -> list[Any]:
    return [json.loads((run.path / "outputs" / "anomaly" / f"{name}.json").read_text()) for name in names]


def test_it_is_what_a_run_with_that_threshold_gives(trained: tuple[Path, Run], tmp_path: Path) -> None:
    project, run = trained
    again = redecide(run, "anomaly", {"method": "f1", "aggregate": "mean"}, out=tmp_path / "again")
    ran = {task["id"] for task in again.record["tasks"] if task["status"] == "ran"}
    assert ran <= {"anomaly/threshold", "anomaly/decide"}
    text = (project / "impulse.yaml").read_text()
    (project / "f1.yaml").write_text(f"{text}thresholds: {{anomaly: {{method: f1, aggregate: mean}}}}\n")
    whole = run_impulse(project / "f1.yaml", out=tmp_path / "whole", options=PROCESS)
    names = ("threshold", "decisions", "metrics", "roc")
    assert files(again, *names) == files(whole, *names)
    assert again.record["build_id"] == whole.record["build_id"] != run.record["build_id"]
    assert again.lock["decided_from"]["id"] == run.record["id"]
    assert again.lock["blocks"] == run.lock["blocks"]
    assert run.threshold("anomaly")["method"] == "held-out"  # the run stays as it was
    assert "Scores and threshold" in (again.path / "report.html").read_text()

    # Once more from there: the aggregate is kept, and a package has the new threshold.
    third = redecide(again, "anomaly", {"method": "manual", "value": 0.25}, out=tmp_path / "third")
    assert third.decisions("anomaly")["aggregate"]["method"] == "mean"
    deploy(third, "cpp", tmp_path / "package", params={"selftest-data": "none"}, options=PROCESS)
    assert "const float thresholds[1] = {0.25f};" in (tmp_path / "package/src/pump_tables.h").read_text()
    assert Run(third.path).lock["decided_from"]["id"] == again.record["id"]


def test_the_test_split_chooses_only_if_asked_and_marks_it(trained: tuple[Path, Run], tmp_path: Path) -> None:
    _, run = trained
    again = redecide(run, "anomaly", {"method": "roc"}, on_test=True, out=tmp_path / "run")
    assert again.metrics("anomaly")["threshold_chosen_on_test"] is True
    windows = again.metrics("anomaly")["windows"]
    note = f"chosen on {windows['normal']} normal and {windows['abnormal']} abnormal scores of the test split"
    assert again.threshold("anomaly")["note"].startswith(note)
    assert run.metrics("anomaly")["threshold_chosen_on_test"] is False
    assert "chosen on the test split" in (again.path / "impulse.yaml").read_text().splitlines()[0]
    assert again.lock["decided_from"]["on_test"] is True


def test_a_smoothing_holds_for_streams_and_packages(trained: tuple[Path, Run], tmp_path: Path) -> None:
    project, run = trained
    again = redecide(run, "anomaly", {"smoothing": 0.75}, out=tmp_path / "run")
    assert again.threshold("anomaly")["value"] == run.threshold("anomaly")["value"]
    lines = (project / "data" / "broken" / "0.csv").read_text().splitlines()
    plain = [one["nodes"]["anomaly"] for one in follow(run, lines, options=PROCESS)]
    smoothed = [one["nodes"]["anomaly"] for one in follow(again, lines, options=PROCESS)]
    scores = [one["score"] for one in plain]
    assert [one["score"] for one in smoothed] == scores
    assert [one["smoothed"] for one in smoothed] == pytest.approx(smooth(scores, 0.75), rel=1e-6)
    assert all(one["anomalous"] == (one["smoothed"] > one["threshold"]) for one in smoothed)
    deploy(again, "cpp", tmp_path / "package", params={"selftest-data": "none"}, options=PROCESS)
    assert "const float smoothings[1] = {0.75f};" in (tmp_path / "package/src/pump_tables.h").read_text()
    # A stream of the package smooths likewise: tests/runtime/test_package.py.


@pytest.mark.parametrize(
    ("settings", "on_test", "message"),
    [
        (
            {"method": "held-out", "fpr": 1e-4},
            False,
            r"^threshold: a false-alarm rate of 0.0001 needs 9999 held-out",
        ),
        ({"method": "sigma", "fpr": 0.1}, False, "--fpr doesn't go with method sigma"),
        ({"method": "percentile"}, False, "percentile needs --percentile"),
        (
            {"method": "manual", "value": float("inf")},
            False,
            "--set: got inf: input should be a finite number",
        ),
        ({"method": "held-out", "fpr": 3.0}, False, "--fpr: got 3.0: input should be less than 1"),
        ({"method": "median"}, False, "got 'median', must be one of held-out"),
        ({"method": "sigma"}, True, "--on-test: method sigma reads no labels"),
        ({"smoothing": 1.0}, False, "--smoothing: got 1.0: input should be less than 1"),
        ({}, False, "nothing to change"),
    ],
)
def test_what_cannot_be_leaves_nothing_behind(
    trained: tuple[Path, Run], tmp_path: Path, settings: dict[str, Any], on_test: bool, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        redecide(trained[1], "anomaly", settings, on_test=on_test, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_another_node_or_the_run_itself_is_refused(trained: tuple[Path, Run]) -> None:
    _, run = trained
    with pytest.raises(UsageError, match="'flat' is no anomaly node"):
        redecide(run, "flat", {"method": "f1"})
    with pytest.raises(UsageError, match="is the run itself"):
        redecide(run, "anomaly", {"method": "f1"}, out=run.path)
    assert run.metrics("anomaly")


def test_the_rest_of_the_impulse_stays() -> None:
    text = (
        "# Pumps\nversion: 1\ndata: {path: d, normal: [007, no, 'on', 1e3]}  # labels\n"
        "learning:\n  - {id: a, block: kmeans}\nthresholds:\n  b: {fpr: 0.050}\ndeployment: [{block: cpp}]\n"
    )
    changed = with_threshold(text, "a", {"method": "sigma", "sigma": 2.5})
    assert "normal: [007, no, 'on', 1e3]}  # labels" in changed
    assert "  b: {fpr: 0.050}\n  a: {method: sigma, sigma: 2.5}\n" in changed
    assert changed.startswith("# Pumps\n")
    assert '"a": {"x": 1}, thresholds: {a: {method: f1}}' in with_threshold(
        '{"a": {"x": 1}}', "a", {"method": "f1"}
    )
