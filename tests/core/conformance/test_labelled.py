"""Blocks that learn labels or numbers are fed by the kit what a run gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgewright.conformance import Bench, checks_for
from edgewright.conformance.checks import Verdict, judge
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

BLOCK = '''"""Means of what is learned; refuses what a run would never give it."""

import numpy as np

from edgewright_sdk import BlockError, LearningBlock, LearningDescription, Model, Scores


class Means(LearningBlock):
    def describe(self, features, params):
        if NUMBERS:
            return LearningDescription("regression", ["scores"])
        return LearningDescription("classification", ["probabilities"], classes=self.context.classes)

    def fit(self, train, validation, params, context):
        wanted = np.float32 if NUMBERS else np.int32
        for batch, targets, groups in (
            (train, context.targets, context.groups),
            (validation, context.validation_targets, context.validation_groups),
        ):
            if batch is None or targets.dtype != wanted or len(targets) != len(batch) or len(groups) != len(batch):
                raise BlockError("not what the contract promises")
        values = np.unique(context.targets)
        rows = np.asarray(train.values)
        means = np.stack([rows[context.targets == value].mean(axis=0) for value in values])
        return Model({}, {"means": means, "values": values.astype(np.float32)})

    def score(self, model, features, params):
        far = ((np.asarray(features.values)[:, None] - np.asarray(model.arrays["means"])[None]) ** 2).sum(axis=2)
        if NUMBERS:
            return Scores(scores=np.asarray(model.arrays["values"])[far.argmin(axis=1)])
        return Scores(probabilities=np.eye(far.shape[1], dtype=np.float32)[far.argmin(axis=1)])


NUMBERS = False
'''


@pytest.mark.parametrize("numbers", [False, True])
def test_targets_groups_and_validation_come_as_in_a_run(numbers: bool, tmp_path: Path) -> None:
    spec: dict[str, Any] = {
        "version": 1,
        "type": "learning",
        "info": {"name": "means"},
        "parameters": [],
        "edgewright": {"contract": 1, "training": "labelled", "validation": True},
    }
    folder = tmp_path / "means"
    folder.mkdir()
    (folder / "parameters.json").write_text(json.dumps(spec))
    (folder / "block.py").write_text(BLOCK.replace("NUMBERS = False", f"NUMBERS = {numbers}"))
    block = resolve(str(folder), tmp_path, make_plugins())
    with Bench(block, make_plugins(), docker=False) as bench:
        for check in checks_for("learning"):
            if check.name not in ("defaults", "description", "batch"):
                bench.verdicts[check.name] = Verdict(check.name, "", "passed")
                continue
            verdict = judge(check, bench)
            bench.verdicts[check.name] = verdict
            assert verdict.status == "passed", verdict
