"""An impulse of built-in blocks gives the same bytes in sandboxes as in plain processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.runners.bwrap import BwrapRunner
from edgewright.running import Options, Run, run_impulse
from edgewright.store import Store

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.bwrap

IMPULSE = """version: 1
name: same
data: {path: data, normal: [idle, running], abnormal: rest}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: flat, block: flatten}
learning:
  - {id: clusters, block: kmeans, input: [flat], params: {clusters: 3}}
"""


def test_sandboxes_give_the_bytes_of_processes(recordings: Path, tmp_path: Path) -> None:
    missing = BwrapRunner().available()
    if missing and not os.environ.get("EDGEWRIGHT_REQUIRE_ENGINE"):
        pytest.skip(missing)
    (tmp_path / "data").symlink_to(recordings)
    (tmp_path / "impulse.yaml").write_text(IMPULSE)

    def run(runner: str) -> Run:
        return run_impulse(
            tmp_path / "impulse.yaml",
            runs=tmp_path / "runs",
            options=Options(runner=runner, jobs=2),
            store=Store(tmp_path / runner),
        )

    def outputs(of: Run) -> dict[str, Any]:
        return {task: entry["outputs"] for task, entry in of.lock["tasks"].items()}

    boxed, plain = run("bwrap"), run("process")
    assert {task["runner"] for task in boxed.record["tasks"] if task["operation"] == "fit"} == {"bwrap"}
    assert outputs(boxed) == outputs(plain)
    assert boxed.lock["build_id"] == plain.lock["build_id"]
