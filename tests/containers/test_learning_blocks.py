"""Edge Impulse's learning blocks, unchanged, in an impulse: trained in a container, converted, scored, decided."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.contracts.training import TRAINING
from edgewright.errors import TaskError
from edgewright.images.commands import engine_command
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.request_folder import put_array, put_features, put_request
from edgewright.runners.docker import DockerRunner
from edgewright.running import Options, Run, run_impulse
from edgewright.single import run_once
from edgewright.store import Store
from edgewright_specs.catalog import load_file
from edgewright_specs.parameters import resolve_params

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent
STUMPS = HERE / "legacy" / "stumps"
IMPULSE = f"""version: 1
name: stumps
data: {{path: data}}
input: {{kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}}
processing:
  - {{id: flat, block: flatten, params: {{skewness: false, kurtosis: false}}}}
learning:
  - {{id: node, block: {STUMPS}, input: [flat], params: {{num-rounds: 8}}}}
"""


def run(folder: Path, text: str = IMPULSE) -> Run:
    (folder / "impulse.yaml").write_text(text)
    return run_impulse(
        folder / "impulse.yaml",
        runs=folder / "runs",
        options=Options(jobs=2),
        store=Store(),
    )


def statuses(of: Run) -> dict[str, str]:
    return {task["id"]: task["status"] for task in of.record["tasks"]}


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One store for all: features of the same recordings are computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="session")
def stumps(engine: Any) -> Block:
    return resolve(str(STUMPS), HERE, make_plugins())


@pytest.fixture(scope="module")
def classified(engine: Any, recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("classified")
    (folder / "data").symlink_to(recordings)
    return run(folder)


def test_it_trains_in_a_container_and_its_model_tells_classes_apart(classified: Run) -> None:
    assert classified.record["status"] == "ok"
    tasks = {task["id"]: task for task in classified.record["tasks"]}
    train = tasks["node/train"]
    assert (train["runner"], train["enforced"]["network"]) == ("docker", "none")
    assert {"node/convert", "node/describe", "node/score/test-0", "node/export", "node/decide"} <= set(tasks)
    assert "node/fit" not in tasks
    metrics = classified.metrics("node")
    assert metrics["classes"] == ["broken", "idle", "running"]
    assert metrics["recordings"]["accuracy"] == 1.0
    artifacts = classified.path / "outputs" / "node" / "artifacts"
    assert [path.name for path in artifacts.iterdir()] == ["model.json"]


def test_record_and_lock_name_the_block_that_trained(classified: Run) -> None:
    (node,) = [node for node in classified.nodes if node["id"] == "node"]
    assert (node["block"], node["params"]["num-rounds"]) == ("stumps", 8)
    (own,) = [node for node in classified.lock["identity"]["nodes"] if node["id"] == "node"]
    assert own["block"] == "converted_model"
    assert own["trainer"]["block"] == "stumps"
    assert own["trainer"]["digest"] in classified.lock["blocks"]
    outputs = classified.path / "outputs" / "node"
    for kind, path in (
        ("lock", classified.path / "impulse.lock"),
        ("run", classified.path / "run.json"),
        ("description", outputs / "description.json"),
        ("model", outputs / "model" / "model.json"),
        ("export", outputs / "export" / "export.json"),
    ):
        load_file(kind, path)


def test_a_changed_parameter_trains_again_and_computes_no_feature(classified: Run) -> None:
    folder = classified.path.parent.parent
    changed = run(folder, IMPULSE.replace("num-rounds: 8", "num-rounds: 9"))
    ran = {task for task, status in statuses(changed).items() if status == "ran"}
    assert {"node/train", "node/convert"} <= ran
    assert all(task.startswith("node/") for task in ran), ran
    why = {task["id"]: task["why"] for task in changed.record["tasks"]}
    assert why["node/train"] == ["parameters: num-rounds 8 → 9"]


def test_its_artifacts_are_what_it_makes_by_itself(
    runner: DockerRunner, stumps: Block, tmp_path: Path, engine: Any
) -> None:
    """The same folder, given to the block's image by hand."""
    random = np.random.default_rng(3)
    targets = np.arange(60, dtype=np.int32) % 3
    values = (random.standard_normal((60, 5)) + 3 * targets[:, None]).astype(np.float32)
    request = tmp_path / "in"
    request.mkdir()
    shape = {"type": "flat", "width": 5}
    labels = [f"f{i}" for i in range(5)]
    inputs = {
        "features": put_features(request, "features", values, labels, shape),
        "targets": put_array(request, "targets", targets),
        "groups": put_array(request, "groups", targets),
        "validation": put_features(request, "validation", values[:9], labels, shape),
        "validation_targets": put_array(request, "validation_targets", targets[:9]),
        "validation_groups": put_array(request, "validation_groups", targets[:9]),
    }
    params = resolve_params(stumps.spec, {"num-rounds": 4})
    put_request(request, "train", params, inputs=inputs, classes=["a", "b", "c"])
    prepared = runner.prepare(stumps, lambda _message: None)
    (tmp_path / "work").mkdir()
    ours = run_once(runner, prepared, request, tmp_path / "work", operation="train")
    assert "training on 60 rows of 5, 9 to validate, to tell ['a', 'b', 'c']" in ours.log

    home = tmp_path / "home"
    TRAINING.enter(stumps, json.loads((request / "request.json").read_text()), request, home)
    words = [
        "run", "--rm", "--network", "none", "-v", f"{home}:/home", prepared.image,
        "--info-file", "/home/train_input.json", "--data-directory", "/home", "--out-directory", "/home/out",
        "--num_rounds", "4", "--shrinkage", "0.5",
    ]  # fmt: skip
    subprocess.run([*engine_command(), *map(str, words)], check=True, capture_output=True)
    theirs = (home / "out" / "model.json").read_bytes()
    assert (ours.outputs["artifacts"] / "model.json").read_bytes() == theirs


def test_a_regression_learns_the_numbers_that_labels_are(
    engine: Any, recordings: Path, tmp_path: Path
) -> None:
    for label, number in (("idle", "0"), ("running", "1.5"), ("broken", "-4")):
        shutil.copytree(recordings / label, tmp_path / "data" / number)
    text = IMPULSE.replace("input: [flat]", "operates-on: regression, input: [flat]")
    trained = run(tmp_path, text)
    metrics = trained.metrics("node")
    assert metrics["kind"] == "regression"
    assert metrics["recordings"]["r2"] > 0.95
    assert metrics["recordings"]["mae"] < 0.5


def test_an_anomaly_block_trains_again_for_each_fold(engine: Any, recordings: Path, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(recordings)
    text = IMPULSE.replace("input: [flat]", "operates-on: anomaly_detection, input: [flat]")
    trained = run(tmp_path, text.replace("path: data", "path: data, normal: [idle, running]"))
    tasks = statuses(trained)
    folds = json.loads((trained.path / "outputs" / "node" / "selection.json").read_text())["folds"]
    assert folds > 1
    for fold in range(folds):
        assert {f"node/{word}/fold-{fold}" for word in ("train", "convert", "score")} <= set(tasks)
    assert trained.anomaly_nodes == ["node"]
    assert trained.metrics("node")["windows"]["auroc"] > 0.9
    first, last = trained.rows("training")
    assert {trained.samples[number]["normal"] for number in trained.index["sample"][first:last]} == {True}


def test_a_training_that_leaves_no_model_is_bad_output(engine: Any, recordings: Path, tmp_path: Path) -> None:
    block = tmp_path / "stumps"
    shutil.copytree(STUMPS, block)
    program = (block / "train.py").read_text().replace('"model.json"', '"model.h5"')
    (block / "train.py").write_text(program)
    (tmp_path / "data").symlink_to(recordings)
    with pytest.raises(TaskError, match=r"found: model\.h5; wanted is one of model\.onnx") as caught:
        run(tmp_path, IMPULSE.replace(str(STUMPS), "./stumps"))
    assert caught.value.reason == "bad_output"


def test_a_training_that_fails_names_node_and_block_and_keeps_its_log(
    engine: Any, recordings: Path, tmp_path: Path
) -> None:
    block = tmp_path / "stumps"
    shutil.copytree(STUMPS, block)
    program = (block / "train.py").read_text().replace('print("done")', 'sys.exit("no more memory")')
    (block / "train.py").write_text(program)
    (tmp_path / "data").symlink_to(recordings)
    with pytest.raises(TaskError) as caught:
        run(tmp_path, IMPULSE.replace(str(STUMPS), "./stumps"))
    assert caught.value.reason == "block_error"
    assert "no more memory" in caught.value.log_tail
    assert "block 'stumps', node 'node'" in (caught.value.hint or "")
