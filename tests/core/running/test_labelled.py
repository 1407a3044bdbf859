"""Runs of blocks that learn labels or numbers: what they are given, and what becomes of what they give."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.errors import EdgewrightError, TaskError, UsageError
from edgewright.report.anomaly import build as explorer
from edgewright.running import Options, Run, run_impulse
from edgewright.running.fresh import score
from edgewright.running.stream import follow
from edgewright.store import Store
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRUSTED = Options(runner="process", jobs=2, trust=True)

IMPULSE = """version: 1
name: gestures
data: {path: data}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: flat, block: flatten}
learning:
  - {id: classes, block: ./nearest, input: [flat]}
"""

BLOCK = '''"""The class, or the number, of the nearest mean; keeps what it was given."""

import numpy as np

from edgewright_sdk import LearningBlock, LearningDescription, Model, Scores


class Nearest(LearningBlock):
    def describe(self, features, params):
        if params.numbers:
            return LearningDescription("regression", ["scores"])
        return LearningDescription("classification", ["probabilities"], classes=self.context.classes)

    def fit(self, train, validation, params, context):
        x, y = np.asarray(train.values), np.asarray(context.targets)
        values = np.unique(y)
        means = np.stack([x[y == value].mean(axis=0) for value in values])
        return Model(
            {"classes": context.classes, "dtype": y.dtype.name},
            {
                "means": means, "values": values.astype(np.float32), "targets": y.astype(np.float32), "groups": context.groups,
                "validation": np.asarray(validation.values), "validation_targets": context.validation_targets.astype(np.float32),
                "validation_groups": context.validation_groups,
            },
        )

    def score(self, model, features, params):
        x, means = np.asarray(features.values), np.asarray(model.arrays["means"])
        far = ((x[:, None] - means[None]) ** 2).sum(axis=2)
        if params.numbers:
            return Scores(scores=np.asarray(model.arrays["values"])[far.argmin(axis=1)])
        near = np.exp(far.min(axis=1, keepdims=True) - far)
        return Scores(probabilities=near / near.sum(axis=1, keepdims=True))
'''

SPEC: dict[str, Any] = {
    "version": 1,
    "type": "learning",
    "info": {"name": "nearest"},
    "parameters": [{"name": "Numbers", "param": "numbers", "type": "boolean", "value": False}],
    "edgewright": {"contract": 1, "training": "labelled", "validation": True},
}


def write(folder: Path, text: str = IMPULSE, spec: dict[str, Any] = SPEC, code: str = BLOCK) -> Path:
    block = folder / "nearest"
    block.mkdir(exist_ok=True)
    (block / "parameters.json").write_text(json.dumps(spec))
    (block / "block.py").write_text(code)
    (folder / "impulse.yaml").write_text(text)
    return folder / "impulse.yaml"


def run(path: Path) -> Run:
    return run_impulse(path, runs=path.parent / "runs", options=TRUSTED, store=Store())


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One store for all: what runs share is computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="module")
def classified(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("classified")
    (folder / "data").symlink_to(recordings)
    return run(write(folder))


def arrays(trained: Run, node: str) -> dict[str, Any]:
    model = trained.model(node)
    found = json.loads((model / "model.json").read_text())
    return {**found["meta"], **{path.stem: np.load(path) for path in model.glob("*.npy")}}


def test_classes_are_told_apart(classified: Run) -> None:
    assert classified.record["status"] == "ok"
    assert classified.anomaly_nodes == []
    assert classified.description("classes")["classes"] == ["broken", "idle", "running"]
    metrics = classified.metrics("classes")
    assert (metrics["kind"], metrics["split"]) == ("classification", "test")
    assert metrics["recordings"]["accuracy"] == 1.0
    assert metrics["calibration"]["windows"]["n"] > 0
    assert {row["label"] for row in classified.decisions("classes")["recordings"]} == {
        "broken",
        "idle",
        "running",
    }


def test_the_block_is_given_targets_groups_and_validation(classified: Run) -> None:
    given = arrays(classified, "classes")
    first, last = classified.rows("training")
    owners = classified.index["sample"][first:last]
    cut = np.load(classified.path / "outputs" / "classes" / "validation.npy")[0]
    for side, prefix in ((0, ""), (1, "validation_")):
        own = owners[cut == side]
        labels = [classified.samples[number]["label"] for number in own]
        codes = given[f"{prefix}targets"]
        assert [given["classes"][int(code)] for code in codes] == labels
        groups = given[f"{prefix}groups"]
        assert len(set(zip(groups.tolist(), own.tolist(), strict=True))) == len(set(own.tolist()))
    features = classified.features("flat", "training").values
    np.testing.assert_array_equal(given["validation"], features[cut == 1])
    assert set(given["groups"].tolist()).isdisjoint(given["validation_groups"].tolist())


def test_the_report_and_the_record_show_it(classified: Run) -> None:
    page = (classified.path / "report.html").read_text()
    for title in ("Predictions \\u00b7 classes", "Confusion of windows", "Classes, by windows"):
        assert title in page, title
    notes = [json.loads(line) for line in (classified.path / "events.jsonl").read_text().splitlines()]
    told = [note["text"] for note in notes if note["event"] == "note"]
    assert any(
        "node 'classes' (block 'nearest') can't be deployed: it has no device code" in text for text in told
    )


def test_new_recordings_get_a_class(classified: Run, recordings: Path) -> None:
    results = list(score(classified, [recordings / "broken" / "1.csv"], options=TRUSTED))
    assert {result["nodes"]["classes"]["class"] for result in results} == {"broken"}
    chances = results[0]["nodes"]["classes"]["probabilities"]
    assert set(chances) == {"broken", "idle", "running"}
    assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
    lines = (recordings / "idle" / "2.csv").read_text().splitlines()
    streamed = list(follow(classified, lines, options=TRUSTED))
    files = list(score(classified, [recordings / "idle" / "2.csv"], options=TRUSTED))
    assert [s["nodes"] for s in streamed] == [f["nodes"] for f in files]


def test_a_label_that_only_test_has_is_wrong_and_named(tmp_path: Path, recordings: Path) -> None:
    for split, labels in (("training", ("idle", "running")), ("testing", ("idle", "broken"))):
        for label in labels:
            shutil.copytree(recordings / label, tmp_path / "data" / split / label)
    metrics = run(write(tmp_path)).metrics("classes")
    assert metrics["unknown_labels"] == {"broken": 55}
    assert metrics["windows"]["labels"] == ["idle", "running", "broken"]
    assert metrics["windows"]["accuracy"] == 0.5


def test_labels_may_be_chosen(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    text = IMPULSE.replace("input: [flat]}", "input: [flat], train: {labels: [idle, running]}}")
    trained = run(write(tmp_path, text))
    assert trained.description("classes")["classes"] == ["idle", "running"]
    assert list(trained.metrics("classes")["unknown_labels"]) == ["broken"]


def test_numbers_are_learned(tmp_path: Path, recordings: Path) -> None:
    for label, number in (("idle", "0.5"), ("running", "-2"), ("broken", "10")):
        shutil.copytree(recordings / label, tmp_path / "data" / number)
    text = IMPULSE.replace("input: [flat]}", "input: [flat], params: {numbers: true}}")
    trained = run(write(tmp_path, text))
    given = arrays(trained, "classes")
    assert (given["dtype"], given["classes"]) == ("float32", ["-2", "0.5", "10"])
    assert set(given["targets"].tolist()) == {-2.0, 0.5, 10.0}
    metrics = trained.metrics("classes")
    assert metrics["kind"] == "regression"
    assert metrics["recordings"]["mae"] == 0.0
    assert metrics["recordings"]["r2"] == 1.0


def test_a_label_that_is_no_number_is_refused_by_name(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    text = IMPULSE.replace("input: [flat]}", "input: [flat], params: {numbers: true}}")
    with pytest.raises(EdgewrightError, match=r"impulse\.yaml:8.*learns numbers.*0 \(broken\)") as caught:
        run(write(tmp_path, text))
    assert caught.value.exit_code == 2


def test_a_sample_without_a_label_is_refused_by_name(tmp_path: Path, recordings: Path) -> None:
    shutil.copytree(recordings, tmp_path / "data")
    shutil.copyfile(recordings / "idle" / "0.csv", tmp_path / "data" / "stray.csv")
    for number in range(8):  # so that some are for training
        rows = (recordings / "idle" / "1.csv").read_text().splitlines()
        (tmp_path / "data" / f"stray{number}.csv").write_text("\n".join(rows[: 60 + number]) + "\n")
    with pytest.raises(EdgewrightError, match=r"training sample\(s\) have none: .*stray\d \(no label\)"):
        run(write(tmp_path))


def test_one_class_is_none(tmp_path: Path, recordings: Path) -> None:
    shutil.copytree(recordings / "idle", tmp_path / "data" / "idle")
    with pytest.raises(EdgewrightError, match=r"block 'nearest'\) tells classes apart.*only these: idle"):
        run(write(tmp_path))


def test_an_output_that_was_described_must_come(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    code = BLOCK.replace("return Scores(probabilities=", "return Scores(contributions=")
    with pytest.raises(
        TaskError, match="probabilities: described, but not given; given: contributions"
    ) as caught:
        run(write(tmp_path, code=code))
    assert caught.value.reason == "bad_output"


def test_an_anomaly_block_beside_it_learns_from_normal_windows_only(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    text = IMPULSE.replace("path: data", "path: data, normal: [idle, running]") + (
        "  - {id: anomaly, block: kmeans, input: [flat], params: {clusters: 6}}\n"
    )
    trained = run(write(tmp_path, text))
    first, last = trained.rows("training")
    labels = np.array([trained.samples[number]["label"] for number in trained.index["sample"][first:last]])
    assert set(labels) == {"idle", "running", "broken"}
    used = np.load(trained.path / "outputs" / "anomaly" / "assignment.npy") != -2
    assert set(labels[used]) == {"idle", "running"}
    assert trained.metrics("anomaly")["windows"]["auroc"] > 0.95
    (largest,) = (r for r in trained.threshold("anomaly")["rules"] if r["rule"] == "max-of-training")
    assert largest["value"] == pytest.approx(trained.scores("anomaly", "training")[used].max(), rel=1e-6)
    panel = explorer(trained, "anomaly")
    assert panel is not None
    assert panel["known_total"] == used.sum() < len(used)

    # Of 66 windows 6 clusters are no more than a tenth. Fits without a fold have fewer; what they say is not told.
    assert used.sum() == 66
    assert not [text for text in trained.record["warnings"] if text.startswith("anomaly: ")]

    # Both together decide once: broken is a class, but an abnormal one.
    assert trained.combined
    metrics, decisions = trained.metrics("decision"), trained.decisions("decision")
    assert metrics["classes"] == ["idle", "running", "anomaly"]
    assert metrics["windows"]["n"] == len(decisions["windows"]["label"]) > 0
    flags = np.array(trained.decisions("anomaly")["windows"]["anomalous"])
    predicted = np.array(trained.decisions("classes")["windows"]["predicted"])
    anomaly = decisions["labels"].index("anomaly")
    np.testing.assert_array_equal(decisions["windows"]["label"], np.where(flags, anomaly, predicted))
    assert "Decision of all nodes together" in (trained.path / "report.html").read_text()
    results = list(score(trained, [recordings / "broken" / "1.csv"], options=TRUSTED))
    assert {result["decision"]["label"] for result in results} <= {"anomaly", "broken"}
    assert any(result["decision"]["nodes"] == ["anomaly"] for result in results)
    curve = trained.roc("classes", label="broken", table="recordings")
    assert curve is not None
    assert curve.auroc == 1.0
    curve = trained.roc("anomaly")
    assert curve is not None
    assert curve.auroc == trained.metrics("anomaly")["windows"]["auroc"]
    with pytest.raises(UsageError, match="must be one of broken, idle, running"):
        trained.roc("classes", label="fallen")


def test_a_node_without_device_code_is_refused_before_anything_runs(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    with pytest.raises(SpecError) as caught:
        run(write(tmp_path, IMPULSE + "deployment: [{block: cpp}]\n"))
    assert "impulse.yaml:9" in str(caught.value)
    assert "node 'classes' (block 'nearest') can't be deployed: it has no device code" in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_device_code_that_turns_out_to_be_missing_stops_only_what_needs_it(
    tmp_path: Path, recordings: Path
) -> None:
    (tmp_path / "data").symlink_to(recordings)
    spec = {**SPEC, "edgewright": {**SPEC["edgewright"], "device": True}}
    trained = run(write(tmp_path, spec=spec))
    assert trained.record["status"] == "ok"
    status = {task["id"]: task["status"] for task in trained.record["tasks"]}
    assert status["flat/export"] in ("hit", "ran")
    assert status["classes/export"] == "failed"
    events = [json.loads(line) for line in (trained.path / "events.jsonl").read_text().splitlines()]
    told = [event["text"] for event in events if event["event"] == "note"]
    assert any("classes/export" in text and "no device code" in text for text in told)
    with pytest.raises(TaskError, match=r"classes/export: block_error: .*no device code") as caught:
        run(write(tmp_path, IMPULSE + "deployment: [{block: cpp}]\n", spec=spec))
    assert "block 'nearest', node 'classes'" in (caught.value.hint or "")
