"""A run over few images learns from fewer of them too, unasked, and tells how many were enough."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.report.panels import panels
from edgewright.running import Options, run_impulse
from edgewright.running.learning_curve_steps import wanted_counts
from edgewright.store import Store

from ..data.image_folders import mvtec

if TYPE_CHECKING:
    from pathlib import Path

IMPULSE = """version: 1
name: lids
data: {path: data}
input: {kind: image, width: 24, height: 16}
processing:
  - {id: pixels, block: image, params: {channels: Grayscale}}
learning:
  - {id: few, block: kmeans, input: [pixels], params: {clusters: 2, features: all}}
  - {id: many, block: ./picky, input: [pixels], params: {clusters: 2, features: all}}
"""


@pytest.mark.parametrize(
    ("asked", "of", "expected"),
    [
        (None, {}, [10, 20, 50]),
        (None, {"within_fit": False}, []),  # ten fits each for its held-out scores: not cheap
        (None, {"kind": "time-series"}, []),
        (None, {"test": 400}, []),
        (True, {"test": 400, "kind": "time-series"}, [10, 20, 50]),
        (False, {}, []),
        ((4, 64, 2, 2), {}, [2, 4]),
        (True, {"test": 0}, []),  # nothing to judge models by
        (True, {"training": "labelled"}, []),
    ],
)
def test_it_is_drawn_unasked_where_it_is_cheap(asked: Any, of: Any, expected: list[int]) -> None:
    given = {"kind": "image", "test": 60, "training": "normal-only", "within_fit": True, **of}
    samples = SimpleNamespace(window={"kind": given["kind"]}, splits={"test": (64, 64 + given["test"])})
    node: Any = SimpleNamespace(
        trainer=None, training=given["training"], scores_its_training=given["within_fit"]
    )
    planner: Any = SimpleNamespace(samples=samples)
    assert wanted_counts(node, planner, {"samples": 64}, asked=asked) == expected


@pytest.mark.slow
def test_few_images_are_learned_from_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path / "store"))
    mvtec(tmp_path / "data", training=12)
    shutil.copytree(str(files("edgewright_blocks") / "learning/kmeans"), tmp_path / "picky")
    block = tmp_path / "picky/block.py"
    columns = "        columns = choose_columns(train.labels, params.features)\n"
    code = block.read_text()
    assert code.count(columns) == 1
    refusal = "        if len(train) < 11:\n            raise BlockError('give 11 windows')\n"
    block.write_text(code.replace(columns, columns + refusal))
    (tmp_path / "impulse.yaml").write_text(IMPULSE)
    options = Options(runner="process", trust=True, jobs=2)
    run = run_impulse(tmp_path / "impulse.yaml", out=tmp_path / "run", options=options)
    assert run.record["status"] == "ok"
    curve = run.learning_curve("few")
    assert curve is not None
    assert [(point["samples"], point["windows"]) for point in curve["points"]] == [(10, 10), (12, 12)]
    assert curve["points"][-1]["auroc"] == run.metrics("few")["windows"]["auroc"]
    assert (curve["normal"], curve["abnormal"]) == (4, 4)
    scores = run.scores("few", "test")[: curve["normal"]]
    keys = {task["id"]: task["key"] for task in run.record["tasks"] if task["status"] == "ran"}
    fewer = Store().lookup(keys["few/score/subset-10-0"])
    assert fewer is not None
    assert not np.array_equal(np.load(fewer.file("scores"))[: len(scores)], scores)
    assert not list((run.path / "outputs/few").glob("*subset*"))

    shown = {panel["id"]: panel["data"] for panel in panels(run)["panels"]}
    assert shown["learning-curve-few"]["text"].startswith(curve["text"])
    assert [plot["x"]["values"] for plot in shown["learning-curve-few"]["plots"]] == [[10, 12]] * 2

    events = [json.loads(line) for line in (run.path / "events.jsonl").read_text().splitlines()]
    said = [event["text"] for event in events if event["event"] == "warning"]
    (refused,) = [text for text in said if text.startswith("many: no model of so few samples: ")]
    assert "give 11 windows" in refused
    assert run.learning_curve("many") is None
