"""Held-out scores come from folds, in window order, of normal windows only."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.windowing import INDEX_DTYPE
from edgewright.planner.tasks import StepInputs
from edgewright.running.decision_steps import _held_out
from edgewright.running.unseen_steps import held_out_of_fit, training_scores

if TYPE_CHECKING:
    from pathlib import Path


def test_abnormal_windows_that_a_fold_holds_are_left_out(tmp_path: Path) -> None:
    samples = [{"normal": True}, {"normal": False}, {"normal": None}]
    index = np.zeros(8, INDEX_DTYPE)
    index["sample"] = [0, 0, 1, 1, 2, 0, 1, 1]  # the last two are of another split
    assignment = np.array([0, 1, 0, 1, -1, 1], np.int32)
    scores = {0: [10.0, 20.0], 1: [11.0, 21.0, 12.0]}
    files: dict[Any, Path] = {}
    for name, array in (("assignment", assignment), ("index", index)):
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "samples.json").write_text(json.dumps(samples))
    files["k/select", "assignment"] = tmp_path / "assignment.npy"
    files["data/index", "index"] = tmp_path / "index.npy"
    files["data/index", "samples"] = tmp_path / "samples.json"
    for fold, values in scores.items():
        np.save(tmp_path / f"scores{fold}.npy", np.array(values))
        files[f"k/score/fold-{fold}", "scores"] = tmp_path / f"scores{fold}.npy"
    node: Any = SimpleNamespace(id="k")
    planner: Any = SimpleNamespace(samples=SimpleNamespace(splits={"training": (0, 6)}))
    task = _held_out(node, planner, 2)
    assert {(source.task, source.output) for source in task.reads} == set(files)
    (tmp_path / "out").mkdir()
    made = task.step(StepInputs(files), task.settings, tmp_path / "out")
    assert np.load(tmp_path / "out" / made["held_out"]).tolist() == [10.0, 11.0, 12.0]


def test_a_blocks_own_scores_are_merged_with_the_models_by_fold(tmp_path: Path) -> None:
    # Windows: not learned from, straddling a cut, then two of each fold; the split is cut into two chunks.
    assignment = np.array([-2, 0, 1, -1, 1, 0], np.int32)
    own, unseen = np.arange(6.0), np.array([10.0, 20, 99, 40, 50])  # of the five that were learned from
    arrays = {
        ("k/select", "assignment"): assignment,
        ("k/fit", "train_scores"): unseen,
        ("k/fit", "train_contributions"): np.stack([unseen, -unseen], axis=1),
        ("k/score/model-0", "scores"): own[:4],
        ("k/score/model-0", "contributions"): np.stack([own, -own], axis=1)[:4],
        ("k/score/model-1", "scores"): own[4:],
        ("k/score/model-1", "contributions"): np.stack([own, -own], axis=1)[4:],
        ("data/index", "index"): np.zeros(6, INDEX_DTYPE),
    }
    files: dict[Any, Path] = {("data/index", "samples"): tmp_path / "samples.json"}
    (tmp_path / "samples.json").write_text(json.dumps([{"normal": None}]))
    for number, (source, array) in enumerate(arrays.items()):
        files[source] = tmp_path / f"{number}.npy"
        np.save(files[source], array)
    node: Any = SimpleNamespace(
        id="k",
        region=None,
        reads_windows=True,
        wants_validation=False,
        own_outputs=frozenset({"train_scores", "train_contributions"}),
    )
    planner: Any = SimpleNamespace(
        samples=SimpleNamespace(splits={"training": (0, 6)}, chunks=lambda _: [(0, 4), (4, 6)], length=1),
        model=lambda _node: None,
        description=lambda _node: {"outputs": []},
        task=lambda node, operation, _inputs, *, name, **_: SimpleNamespace(
            id=f"{node.id}/{operation}/{name}"
        ),
    )
    read: set[tuple[str, str]] = set()
    made = {}
    steps: list[Any] = [*training_scores(node, planner)[2:], held_out_of_fit(node, planner)]
    for task in steps:
        read |= {(source.task, source.output) for source in task.reads}
        out = tmp_path / task.id.replace("/", "-")
        out.mkdir()
        made[task.id] = {
            name: np.load(out / path).tolist()
            for name, path in task.step(StepInputs(files), task.settings, out).items()
        }
    assert read == set(files)
    assert made["k/score/training-0"]["scores"] == [0, 10, 20, 3]
    assert made["k/score/training-1"]["contributions"] == [[40, -40], [50, -50]]
    assert made["k/held-out"]["held_out"] == [10, 20, 40, 50]
