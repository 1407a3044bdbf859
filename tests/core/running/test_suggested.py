"""`features: suggested`: the run chooses, and blocks, record, lock and new data only ever see labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.planner.nodes import Node
from edgewright.planner.plan import INDEX, Planner
from edgewright.planner.samples import Samples
from edgewright.planner.tasks import StepInputs
from edgewright.plugins import make_plugins
from edgewright.running import Options, Run, run_impulse
from edgewright.running.fresh import score
from edgewright.running.importance_steps import labels_task, ranker_node
from edgewright.store import Store
from edgewright_sdk import BlockError
from edgewright_sdk.columns import choose_columns
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRUSTED = Options(runner="process", jobs=2, trust=True)

IMPULSE = """version: 1
name: pump
data: {path: data, normal: [idle, running], abnormal: rest}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: flat, block: flatten}
  - {id: plain, block: raw, axes: [accY]}
learning:
  - {id: far, block: ./far, input: [plain, flat], params: {features: suggested}}
"""
#: A stranger's block: its author never heard of the word, and looks at the parameter whenever it is asked.
SPEC: dict[str, Any] = {
    "version": 1,
    "type": "learning",
    "info": {"name": "far"},
    "parameters": [
        {"name": "Features", "param": "features", "type": "list", "value": "all", "valid": ["all"]}
    ],
    "edgewright": {
        "contract": 1,
        "training": "normal-only",
        "operations": ["describe", "fit", "score"],
        "outputs": {"train_scores": {"kind": "array", "required": True}},
    },
}
BLOCK = '''"""How far a window is from the mean of normal ones."""

import numpy as np

from edgewright_sdk import LearningBlock, LearningDescription, Model, Scores
from edgewright_sdk.columns import choose_columns


class Far(LearningBlock):
    def describe(self, features, params):
        labels = [features.labels[i] for i in choose_columns(features.labels, params.features)]
        return LearningDescription("anomaly", ["scores", "contributions"], contributions=labels)

    def fit(self, train, validation, params, context):
        values = train.values[:, choose_columns(train.labels, params.features)]
        mean = values.mean(axis=0)
        return Model({}, {"mean": mean}, train_scores=((values - mean) ** 2).sum(axis=1))

    def score(self, model, features, params):
        parts = (features.values[:, choose_columns(features.labels, params.features)] - model.arrays["mean"]) ** 2
        return Scores(scores=parts.sum(axis=1), contributions=parts)
'''


def write(folder: Path, recordings: Path, text: str = IMPULSE, spec: dict[str, Any] = SPEC) -> Path:
    block = folder / "far"
    block.mkdir(exist_ok=True)
    (block / "parameters.json").write_text(json.dumps(spec))
    (block / "block.py").write_text(BLOCK)
    if not (folder / "data").exists():
        (folder / "data").symlink_to(recordings)
    (folder / "impulse.yaml").write_text(text)
    return folder / "impulse.yaml"


def run(path: Path, options: Options = TRUSTED) -> Run:
    return run_impulse(path, runs=path.parent / "runs", options=options, store=Store())


def notes(found: Run) -> list[str]:
    events = [json.loads(line) for line in (found.path / "events.jsonl").read_text().splitlines()]
    return [event["text"] for event in events if event["event"] == "note"]


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One store for all: what runs share is computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="module")
def project(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suggested")
    write(folder, recordings)
    return folder


@pytest.fixture(scope="module")
def chosen(project: Path) -> Run:
    return run(project / "impulse.yaml")


def test_a_block_that_never_heard_of_it_sees_labels(chosen: Run) -> None:
    document = chosen.importance("far")
    assert document is not None
    labels = document["suggested"]
    assert 2 <= len(labels) <= 8
    assert labels == [entry["label"] for entry in document["features"][: len(labels)]]
    # Sines of two sizes: what measures size tells idle from running, not a single sample nor where a sine begins.
    assert {label.split()[-1] for label in labels} <= {"RMS", "Stdev", "Maximum", "Minimum"}
    assert document["classes"] == ["idle", "running"]
    assert sum(entry["importance"] for entry in document["features"]) == pytest.approx(1)
    assert chosen.description("far")["contributions"] == labels
    assert chosen.contributions("far", "test").values.shape[1] == len(labels)  # type: ignore[union-attr]
    assert chosen.metrics("far")["windows"]["auroc"] > 0.9


def test_record_lock_and_report_say_what_was_chosen_and_why(chosen: Run) -> None:
    labels = chosen.importance("far")["suggested"]  # type: ignore[index]
    (node,) = [entry for entry in chosen.nodes if entry["id"] == "far"]
    assert node["params"]["features"] == labels
    said = chosen.suggestion("far")
    assert said is not None
    assert said["features"] == labels
    assert said["note"].endswith(f"of importance by {len(labels)} of 34 features")
    assert chosen.lock["suggested"] == {"far": said}
    (locked,) = [entry for entry in chosen.lock["identity"]["nodes"] if entry["id"] == "far"]
    assert locked["params"]["features"] == labels
    assert "features: suggested" in (chosen.path / "impulse.yaml").read_text()
    assert f"far: features: suggested is {', '.join(labels)} ({said['note']})" in notes(chosen)
    assert "Feature importance \\u00b7 far" in (chosen.path / "report.html").read_text()


def test_again_everything_is_found_and_by_name_it_is_the_same_build(
    chosen: Run, project: Path, recordings: Path
) -> None:
    again = run(project / "impulse.yaml")
    assert {task["status"] for task in again.record["tasks"]} == {"hit"}
    labels = chosen.importance("far")["suggested"]  # type: ignore[index]
    named = run(write(project, recordings, IMPULSE.replace("suggested", json.dumps(labels))))
    write(project, recordings)
    assert {task["status"] for task in named.record["tasks"]} == {"hit"}
    assert named.record["build_id"] == again.record["build_id"] == chosen.record["build_id"]
    assert named.suggestion("far") is None
    assert named.importance("far") is None


def test_new_recordings_are_scored_by_the_features_that_were_chosen(chosen: Run, recordings: Path) -> None:
    new = list(score(chosen, [recordings / "broken" / "1.csv"], options=TRUSTED))
    number = next(i for i, sample in enumerate(chosen.samples) if sample["name"] == "broken/1")
    split = chosen.samples[number]["split"]
    first, last = chosen.rows(split)
    own = np.asarray(chosen.scores("far", split))[chosen.index["sample"][first:last] == number]
    assert [result["nodes"]["far"]["score"] for result in new] == pytest.approx(own.tolist())


def test_one_label_leaves_all_features_with_the_reason(project: Path, recordings: Path) -> None:
    text = IMPULSE.replace("[idle, running]", "[idle]")
    spec = {
        **SPEC,
        "parameters": [{**SPEC["parameters"][0], "value": "suggested", "valid": ["all", "suggested"]}],
    }
    found = run(write(project, recordings, text.replace(", params: {features: suggested}", ""), spec))
    write(project, recordings)
    assert found.suggestion("far") == {"features": "all", "note": "all training windows are labelled 'idle'"}
    assert found.lock["suggested"]["far"]["features"] == "all"
    assert len(found.description("far")["contributions"]) == 34
    assert not [task for task in found.record["tasks"] if task["id"] == "far/fit/importance"]
    page = (found.path / "report.html").read_text()
    assert "all training windows are labelled" in page


def test_importance_of_every_processing_node_where_asked(chosen: Run, project: Path) -> None:
    assert chosen.importance("flat") is None
    found = run(project / "impulse.yaml", Options(runner="process", jobs=2, trust=True, importance=True))
    flat = found.importance("flat")
    assert flat is not None
    assert len(flat["features"]) == 14
    assert len(found.importance("plain")["features"]) == 20  # type: ignore[index]
    ran = {task["id"] for task in found.record["tasks"] if task["status"] == "ran"}
    assert {name.partition("/")[0] for name in ran} == {"flat", "plain"}


def test_only_a_list_of_features_takes_the_word(tmp_path: Path, recordings: Path) -> None:
    text = {**SPEC["parameters"][0], "type": "select"}
    with pytest.raises(SpecError, match=r'impulse\.yaml:9: .*is not one of the options; got "suggested"'):
        run(write(tmp_path, recordings, spec={**SPEC, "parameters": [text]}))
    assert not (tmp_path / "runs").exists()


def test_a_block_that_is_asked_by_hand_says_what_to_do() -> None:
    with pytest.raises(BlockError, match=r'worked out by the run of an impulse.*name labels, or give "all"'):
        choose_columns(["x RMS", "y RMS"], "suggested")
    assert choose_columns(["suggested", "y RMS"], ["suggested"]) == [0]


def labelled(folder: Path, samples: list[Any], *, numbers: bool) -> dict[str, Any]:
    """What the step makes of one window of each sample."""
    node = ranker_node(make_plugins())
    window: Any = {"kind": "time-series", "length": 20, "axes": ["x"], "frequency": 50.0}
    count = len(samples)
    splits: Any = {"training": (0, count), "calibration": (count, count), "test": (count, count)}
    plan = Planner(None, [], [node], Samples(window, splits, 20), lambda _node: {})  # type: ignore[arg-type]
    task = labels_task(Node(**{**vars(node), "id": "n"}), plan, numbers=numbers)
    (folder / "samples.json").write_text(json.dumps([{"label": label, "normal": None} for label in samples]))
    index = np.zeros(count, [("sample", "<i4"), ("start", "<i8"), ("valid", "<i4")])
    index["sample"] = range(count)
    np.save(folder / "index.npy", index)
    files = {(INDEX, "samples"): folder / "samples.json", (INDEX, "index"): folder / "index.npy"}
    task.step(StepInputs(files), task.settings, folder)
    arrays = {name: np.load(folder / f"{name}.npy") for name in ("targets", "assignment")}
    return {**json.loads((folder / "labels.json").read_text()), **arrays}


def test_many_numbers_are_learned_as_numbers_and_too_many_names_not_at_all(tmp_path: Path) -> None:
    sizes = labelled(tmp_path, [str(size / 4) for size in range(21)], numbers=False)
    assert (sizes["classes"], sizes["note"], sizes["targets"][3]) == ([], "", 0.75)
    few = labelled(tmp_path, [str(size / 4) for size in range(20)], numbers=False)
    assert (len(few["classes"]), few["targets"].dtype) == (20, np.int32)
    names = labelled(tmp_path, [f"file {number}" for number in range(501)], numbers=False)
    assert names["note"] == "501 labels are too many to tell apart, more than 500"


@pytest.mark.parametrize(
    ("numbers", "samples", "targets", "used", "classes", "note"),
    [
        (False, ["b", "a", None, "b"], [1, 0, -1, 1], [1, 1, 0, 1], ["a", "b"], ""),
        (True, ["10", "2.5", "x", "10"], [10, 2.5, -1, 10], [1, 1, 0, 1], [], ""),
        (False, ["10", "9", None, None], [1, 0, -1, -1], [1, 1, 0, 0], ["9", "10"], ""),
        (False, [None] * 4, [-1] * 4, [0] * 4, [], "no training window has a label"),
        (True, ["a", "b", "c", None], [-1] * 4, [0] * 4, [], "no training window has a label"),
        (
            True,
            ["1", "1.0", None, None],
            [1, 1, -1, -1],
            [1, 1, 0, 0],
            [],
            "all training windows are labelled 1.0",
        ),
    ],
)
def test_windows_without_a_label_teach_nothing(
    tmp_path: Path, numbers: bool, samples: list[Any], targets: list[float], used: list[int], classes: list[str],
    note: str,
) -> None:  # fmt: skip
    made = labelled(tmp_path, samples, numbers=numbers)
    assert made["targets"].dtype == (np.float32 if numbers else np.int32)
    assert made["targets"].tolist() == targets
    assert (made["assignment"] == 0).astype(int).tolist() == used
    assert (made["classes"], made["note"], made["windows"]) == (classes, note, sum(used))
