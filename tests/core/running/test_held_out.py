"""Held-out scores come from folds, in window order, of normal windows only."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.windowing import INDEX_DTYPE
from edgewright.planner.tasks import StepInputs
from edgewright.running.decision_steps import _held_out

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
