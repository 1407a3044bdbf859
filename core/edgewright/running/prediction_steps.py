"""Host step from probabilities or numbers to decisions and metrics of one classification or regression node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.plan import INDEX, Planner
from edgewright.planner.tasks import FromTask, HostTask, StepInputs, Task
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.planner.nodes import Node

VERSION = 3


def prediction_tasks(node: Node, planner: Planner, description: Mapping[str, Any]) -> list[Task]:
    """The step ``<node>/decide``: writes ``decisions.json`` and ``metrics.json`` over the test split, and metrics over calibration."""
    kind = str(description["kind"])
    output = "probabilities" if kind == "classification" else "scores"
    tested = "training" if planner.samples.unlabelled else "test"
    scores = {
        split: [f"{node.id}/score/{split}-{number}" for number in range(len(planner.samples.chunks(split)))]
        for split in SPLITS
        if split in (tested, "calibration")
    }
    return [
        HostTask(
            id=f"{node.id}/decide", node=node.id, operation="decide", step=_decide, version=VERSION,
            settings={
                "node": node.id, "kind": kind, "output": output, "classes": list(description.get("classes") or ()),
                "split": tested, "splits": {split: list(planner.samples.splits[split]) for split in SPLITS}, "scores": scores,
                "seed": planner.impulse.seed,
            },
            reads=(
                FromTask(INDEX, "index"), FromTask(INDEX, "samples"),
                *(FromTask(task, output) for tasks in scores.values() for task in tasks),
            ),
        )
    ]  # fmt: skip


def _decide(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    import numpy as np

    from edgewright.scoring import (
        class_roc_document,
        classification_metrics,
        predictions_document,
        regression_metrics,
        values_document,
    )

    samples = json.loads(inputs[INDEX, "samples"].read_text(encoding="utf-8"))
    index = load_array(inputs[INDEX, "index"])
    offsets = np.array([sample["offset"] for sample in samples], np.int64)
    classes, tested = settings["classes"], settings["split"]
    classifies = settings["kind"] == "classification"

    def part(split: str) -> tuple[Any, Any]:
        width = (len(classes),) if classifies else ()
        files = [load_array(inputs[task, settings["output"]]) for task in settings["scores"][split]]
        values = np.concatenate([np.zeros((0, *width), np.float32), *files])
        return values, index[slice(*settings["splits"][split])]

    def judge(split: str) -> dict[str, Any]:
        values, rows = part(split)
        if classifies:
            return classification_metrics(values, rows["sample"], samples, classes, seed=settings["seed"])
        return regression_metrics(values, rows["sample"], samples)

    values, rows = part(tested)
    windows = {"sample": rows["sample"], "start": rows["start"] - offsets[rows["sample"]]}
    decisions = (
        predictions_document(values, windows, samples, classes, split=tested)
        if classifies
        else values_document(values, windows, samples, split=tested)
    )
    metrics = {"kind": settings["kind"], "split": tested, "classes": classes, **judge(tested)}
    metrics["calibration"] = judge("calibration")
    documents = {"decisions": decisions, "metrics": metrics}
    if classifies:
        documents["roc"] = class_roc_document(values, rows["sample"], samples, classes)
    for name, document in documents.items():
        path = out / f"{name}.json"
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    return {name: f"{name}.json" for name in documents}
