"""What the kit asks of learning blocks that choose features, or that score nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.conformance import Bench, checks_for
from edgewright.conformance.checks import Verdict, judge
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

if TYPE_CHECKING:
    from pathlib import Path

#: It looks features up by itself: the word would be a KeyError, not a refusal.
FAR = '''"""Distance from the mean of chosen features."""

from edgewright_sdk import LearningBlock, LearningDescription, Model, Scores


def chosen(features, params):
    if params.features == "all":
        return list(range(len(features.labels)))
    column = {label: i for i, label in enumerate(features.labels)}
    return [column[label] for label in params.features]


class Far(LearningBlock):
    def describe(self, features, params):
        return LearningDescription("anomaly", ["scores"])

    def fit(self, train, validation, params, context):
        return Model({}, {"mean": train.values[:, chosen(train, params)].mean(axis=0)})

    def score(self, model, features, params):
        return Scores(scores=((features.values[:, chosen(features, params)] - model.arrays["mean"]) ** 2).sum(axis=1))
'''
FEATURES = {
    "name": "Features",
    "param": "features",
    "type": "list",
    "value": "all",
    "valid": ["all", "suggested"],
}
SPEC: dict[str, Any] = {
    "version": 1,
    "type": "learning",
    "info": {"name": "far"},
    "parameters": [FEATURES],
    "edgewright": {"contract": 1, "training": "normal-only", "operations": ["describe", "fit", "score"]},
}


def verdicts(folder: Path, spec: dict[str, Any], *names: str) -> dict[str, Verdict]:
    (folder / "parameters.json").write_text(json.dumps(spec))
    (folder / "block.py").write_text(FAR)
    plugins = make_plugins()
    with Bench(resolve(str(folder), folder, plugins), plugins, docker=False) as bench:
        return {check.name: judge(check, bench) for check in checks_for("learning") if check.name in names}


def test_suggested_features_are_labels_as_in_a_run(tmp_path: Path) -> None:
    found = verdicts(tmp_path, SPEC, "defaults", "description", "bounds")
    assert {name: verdict.status for name, verdict in found.items()} == dict.fromkeys(found, "passed"), found


def test_a_block_that_scores_nothing_describes_no_output(tmp_path: Path) -> None:
    spec = {**SPEC, "edgewright": {**SPEC["edgewright"], "operations": ["describe", "fit"]}}
    found = verdicts(tmp_path, spec, "defaults", "description", "batch")
    assert found["defaults"].message == "it scores nothing"
    assert found["description"].status == "failed"
    assert found["description"].message == "described are scores, but the spec declares no `score`"
    assert found["batch"].status == "skipped"
