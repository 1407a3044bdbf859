"""From an impulse to nodes: who trains, who scores, and what is refused before anything runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.errors import PlanError
from edgewright.planner.describing import check_learning, describe_learning
from edgewright.planner.models import fit_tasks, fold_tasks
from edgewright.planner.nodes import training_of
from edgewright.planner.plan import Planner
from edgewright.planner.samples import Samples
from edgewright.planner.tasks import BlockTask, CodeRows, FeatureRows
from edgewright.plugins import make_plugins
from edgewright.running.session import load
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.planner.nodes import Node

IMPULSE = """version: 1
name: gestures
data: {path: data}
input: {kind: time-series, frequency: 50, window_ms: 400}
processing:
  - {id: flat, block: flatten}
learning:
  - {id: node, block: ./theirs, input: [flat], params: {trees: 5}, grants: {seconds: 7200}}
"""
PARAMETERS = [{"name": "Trees", "param": "trees", "type": "int", "value": "10"}]
#: What the nodes say of themselves.
DESCRIPTION: dict[str, Any] = {
    "kind": "classification",
    "outputs": ["probabilities"],
    "classes": ["idle", "wave"],
    "features": 7,
    "shape": {"type": "flat", "width": 7},
}


def write(folder: Path, text: str = IMPULSE, **info: Any) -> Path:
    block = folder / "theirs"
    block.mkdir(exist_ok=True)
    (block / "Dockerfile").write_text("FROM scratch\n")
    document = {"version": 1, "type": "machine-learning", "info": info, "parameters": PARAMETERS}
    (block / "parameters.json").write_text(json.dumps(document))
    (folder / "impulse.yaml").write_text(text)
    return folder / "impulse.yaml"


def planner(path: Path) -> tuple[Planner, Node]:
    impulse, processing, learning, _ = load(path, path.parent, make_plugins())
    window: Any = {"kind": "time-series", "length": 20, "axes": ["x"], "frequency": 50.0}
    splits: Any = {"training": (0, 60), "calibration": (60, 70), "test": (70, 90)}
    samples = Samples(window, splits, 20, ("idle", "wave"))
    return Planner(impulse, processing, learning, samples, lambda _node: DESCRIPTION), learning[0]


def tasks_of(found: list[Any]) -> dict[str, BlockTask]:
    return {task.id: task for task in found}


def test_a_foreign_block_trains_and_the_converter_does_the_rest(tmp_path: Path) -> None:
    plan, node = planner(write(tmp_path))
    assert [block.name for block in node.blocks] == ["theirs", "converted_model"]
    assert (node.title, node.training, node.wants_validation) == ("theirs", "labelled", True)
    tasks = tasks_of(fit_tasks(node, plan, every_window=True))
    assert list(tasks) == [
        "node/train",
        "node/convert",
        "node/score/training-0",
        "node/score/calibration-0",
        "node/score/test-0",
    ]
    train, convert, score = tasks["node/train"], tasks["node/convert"], tasks["node/score/test-0"]
    assert (train.block.name, train.params) == ("theirs", {"trees": 5})
    assert train.limits is not None
    assert train.limits.seconds == 7200
    assert (convert.block.name, convert.params["mode"]) == ("converted_model", "classification")
    assert train.classes == convert.classes == ("idle", "wave")
    assert set(train.inputs) == {
        "features", "targets", "groups", "validation", "validation_targets", "validation_groups",
    }  # fmt: skip
    assert next(iter(convert.needs())) == "node/train"
    assert "node/convert" in list(score.needs())
    assert (score.columns, score.required) == (2, ("probabilities",))
    (describe,) = describe_learning(plan)
    assert isinstance(describe, BlockTask)
    assert describe.block.name == "converted_model"


def test_what_teaches_and_what_validates_are_cut_by_the_same_step(tmp_path: Path) -> None:
    plan, node = planner(write(tmp_path))
    train = tasks_of(fit_tasks(node, plan, every_window=True))["node/train"]
    for name, source in train.inputs.items():
        assert isinstance(source, FeatureRows | CodeRows)
        assert source.rows is not None
        assert source.rows.task == "node/select"
        assert source.rows.part == ("validates" if name.startswith("validation") else "learned")


@pytest.mark.parametrize(
    ("works_on", "mode", "training", "validation"),
    [
        ("regression", "regression", "labelled", True),
        ("anomaly_detection", "anomaly", "normal-only", False),
        ("visual_anomaly_detection", "visual-anomaly", "normal-only", False),
        ("audio", "classification", "labelled", True),
    ],
)
def test_what_it_works_on_decides_what_is_learned(
    tmp_path: Path, works_on: str, mode: str, training: str, validation: bool
) -> None:
    _, node = planner(write(tmp_path, operatesOn=works_on))
    assert node.trainer is not None
    assert (node.trainer.mode, node.params["mode"]) == (mode, mode)
    assert (node.training, training_of(node.blocks[0]), node.wants_validation) == (
        training,
        training,
        validation,
    )


def test_an_anomaly_block_trains_for_each_fold_on_its_other_windows(tmp_path: Path) -> None:
    plan, node = planner(write(tmp_path, operatesOn="anomaly_detection"))
    tasks = tasks_of(fold_tasks(node, plan, 3))
    assert [name for name in tasks if "train" in name] == [f"node/train/fold-{fold}" for fold in range(3)]
    train, score = tasks["node/train/fold-1"], tasks["node/score/fold-1"]
    features = train.inputs["features"]
    assert isinstance(features, FeatureRows)
    assert features.rows is not None
    assert (features.rows.fold, features.rows.held, features.rows.part) == (1, False, None)
    assert set(train.inputs) == {"features", "groups"}
    assert "node/convert/fold-1" in list(score.needs())


def test_a_block_that_asks_is_told_the_folds_of_what_each_fit_learns_from(tmp_path: Path) -> None:
    asks = IMPULSE.replace("./theirs", "kmeans").replace(
        "params: {trees: 5}, grants: {seconds: 7200}", "params: {}"
    )
    asking, other = (
        planner(write(tmp_path, asks)),
        planner(write(tmp_path, asks.replace("kmeans", "classifier"))),
    )
    assert (asking[1].wants_folds, other[1].wants_folds) == (True, False)
    for task in (
        fit_tasks(asking[1], asking[0], every_window=True)[0],
        fold_tasks(asking[1], asking[0], 3)[0],
    ):
        assert isinstance(task, BlockTask)
        folds, features = task.inputs["folds"], task.inputs["features"]
        assert isinstance(folds, CodeRows)
        assert isinstance(features, FeatureRows)
        assert folds.output == "assignment"
        assert features.rows in (None, folds.rows)
    fit = fit_tasks(other[1], other[0], every_window=True)[0]
    assert isinstance(fit, BlockTask)
    assert "folds" not in fit.inputs


def test_what_cant_be_learned_here_is_refused_with_place_and_reason(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"impulse\.yaml:8: .*works on 'object_detection': it learns bounding boxes"
    ):
        planner(write(tmp_path, operatesOn="object_detection"))


def test_a_foreign_processing_block_is_refused_where_something_is_to_be_deployed(tmp_path: Path) -> None:
    block = tmp_path / "dsp"
    block.mkdir()
    (block / "Dockerfile").write_text("FROM scratch\n")
    (block / "parameters.json").write_text('{"type": "dsp", "info": {}, "parameters": []}')
    text = IMPULSE.replace("block: flatten", "block: ./dsp")
    planner(write(tmp_path, text))  # without a target it runs
    with pytest.raises(SpecError) as caught:
        planner(write(tmp_path, text + "deployment: [{block: cpp}]\n"))
    assert "impulse.yaml:9" in str(caught.value)
    assert "node 'flat' (block 'dsp') can't be deployed" in str(caught.value)


@pytest.mark.parametrize(("asked", "given"), [(None, "0..1"), ("torch", "torch")])
def test_images_are_scored_at_the_scale_that_they_train_at(
    tmp_path: Path, asked: str | None, given: str
) -> None:
    info = {} if asked is None else {"imageInputScaling": asked}
    _, node = planner(write(tmp_path, operatesOn="image", **info))
    assert node.params["image-input-scaling"] == given


def test_an_output_that_decisions_need_must_be_described(tmp_path: Path) -> None:
    plan, _ = planner(write(tmp_path))
    plan.description = lambda _node: DESCRIPTION | {"outputs": ["contributions"]}
    with pytest.raises(
        PlanError, match="classification block that gives no probabilities; it gives contributions"
    ):
        check_learning(plan)


def test_labels_to_learn_that_no_training_sample_has_are_named(tmp_path: Path) -> None:
    text = IMPULSE.replace("input: [flat]", "input: [flat], train: {labels: [idle, snake]}")
    plan, _ = planner(write(tmp_path, text))
    with pytest.raises(
        PlanError, match=r"trains on labels \['snake'\], which no training sample has"
    ) as caught:
        describe_learning(plan)
    assert caught.value.hint == "labels: idle, wave"
