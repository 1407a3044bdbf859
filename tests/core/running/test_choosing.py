"""Blocks that choose parameters for the device, budgets that are too small, and what a compiled impulse takes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.errors import PlanError, TaskError
from edgewright.estimating import estimate
from edgewright.plugins import make_plugins
from edgewright.running import Options, Run, run_impulse
from edgewright.running.session import load
from edgewright.running.suggesting import chosen_before
from edgewright_specs.catalog import load_file

if TYPE_CHECKING:
    from pathlib import Path

TRUSTED = Options(runner="process", jobs=2, trust=True)
SPEC: dict[str, Any] = {
    "version": 1,
    "type": "learning",
    "info": {"name": "near"},
    "parameters": [
        {"name": "Mode", "param": "mode", "type": "select", "value": "auto", "valid": ["auto", "small", "large"]},
        {"name": "Share", "param": "share", "type": "float", "value": 0.5, "min": 0, "max": 1},
    ],
    "edgewright": {
        "contract": 1, "training": "normal-only", "operations": ["describe", "fit", "score"], "chooses": True,
        "outputs": {"train_scores": {"kind": "array", "required": True}},
    },
}  # fmt: skip
BLOCK = '''"""How far a window is from the mean of normal ones, times what it chose."""

import numpy as np

from edgewright_sdk import LearningBlock, LearningDescription, Model, Scores


class Near(LearningBlock):
    def describe(self, features, params):
        told = self.context.choosing
        if told is None:
            assert params.mode != "auto"
            return LearningDescription("anomaly", ["scores"])
        device = told["device"]
        small = device is not None and not device["os"]
        choices = [{"parameter": "mode", "value": "small" if small else "large", "reason": "so it is"}]
        if device is not None:
            choices.append({"parameter": "share", "value": 0.25, "reason": f"{told['training_windows']} windows"})
        return LearningDescription("anomaly", ["scores"], choices=choices, device={"ram_bytes": 2048, "note": "a bank"})

    def fit(self, train, validation, params, context):
        mean = train.values.mean(axis=0) * (2 if params.mode == "large" else 1) * params.share
        return Model({}, {"mean": mean}, train_scores=((train.values - mean) ** 2).sum(axis=1))

    def score(self, model, features, params):
        return Scores(scores=((features.values - model.arrays["mean"]) ** 2).sum(axis=1))
'''


def write(project: Path, more: str, params: str = "") -> Path:
    block = project / "near"
    block.mkdir(exist_ok=True)
    (block / "parameters.json").write_text(json.dumps(SPEC))
    (block / "block.py").write_text(BLOCK)
    path = project / "impulse.yaml"
    text = path.read_text().rpartition("learning:")[0]
    path.write_text(f"{text}learning:\n  - {{id: anomaly, block: ./near, input: [flat]{params}}}\n{more}\n")
    return path


def test_a_run_goes_on_with_what_a_block_chose(project: Path) -> None:
    path = write(project, "device: cortex-m4f")
    run = run_impulse(path, options=TRUSTED)
    told = {choice["parameter"]: choice["value"] for choice in run.choices("anomaly")}
    assert told == {"mode": "small", "share": 0.25}
    assert load_file("run", run.path / "run.json")
    lock = load_file("lock", run.path / "impulse.lock")
    (node,) = [one for one in lock.identity.nodes if one.id == "anomaly"]  # type: ignore[attr-defined]
    assert node.params == told
    assert [choice.parameter for choice in lock.chosen["anomaly"]] == ["mode", "share"]  # type: ignore[attr-defined]
    _, _, learning, _ = load(path, project, make_plugins())
    assert dict(chosen_before(learning, Run(run.path))[0].params) == told
    page = (run.path / "report.html").read_text()
    assert "Chosen for the device" in page


def test_what_a_block_may_not_choose_is_refused(project: Path) -> None:
    path = write(project, "device: cortex-m4f", ", params: {mode: auto, share: 0.5}")
    with pytest.raises(PlanError, match=r"impulse.yaml:9: .*'near'\) chose share, which the impulse gives"):
        run_impulse(path, options=TRUSTED)


def test_what_cannot_fit_is_refused_while_planning(project: Path) -> None:
    path = write(project, "budget: {ram-kb: 1}", ", params: {share: 0.5}")
    with pytest.raises(
        PlanError, match=r"at least 2,048 bytes of RAM \(a bank\); the budget has 1,024"
    ) as refused:
        run_impulse(path, options=TRUSTED)
    assert refused.value.hint is not None


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")), reason="no tools for Cortex-M"
)  # fmt: skip
def test_exported_nodes_are_held_against_the_device_and_compiled_for_it(project: Path) -> None:
    path = project / "impulse.yaml"
    text = path.read_text()
    path.write_text(text + "device: cortex-m4f\nbudget: {flash-kb: 0.1}\n")
    with pytest.raises(
        TaskError, match=r"fits: refused: it takes at least [0-9,]+ bytes of flash, node 'anomaly'"
    ):
        run_impulse(path, options=TRUSTED)
    path.write_text(text + "device: cortex-m4f\n")
    run = run_impulse(path, options=TRUSTED)
    before = run.record["fits"]
    assert not before["measured"]
    document = estimate(run, options=TRUSTED)
    assert document["exceeded"] == []
    assert document["flash_bytes"]["total"] > before["flash_bytes"]["total"]
    assert document["ram_bytes"]["arena"] == before["ram_bytes"]["arena"]
    spent = [node["instructions"]["mean"] for node in document["nodes"]]
    assert [node["id"] for node in document["nodes"]] == ["flat", "plain", "anomaly"]
    assert min(spent) > 50
    assert sum(spent) == pytest.approx(document["instructions"]["mean"], rel=0.01)
    low, high = document["milliseconds"]
    assert high == pytest.approx(2 * low, abs=1e-5)
    assert Run(run.path).record["fits"] == document
