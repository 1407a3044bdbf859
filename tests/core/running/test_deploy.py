"""Packages of a finished run, built when they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgewright.running import Options, Run, deploy, run_impulse
from edgewright.running.packaging import shipped


def test_other_parameters_make_another_package(project: Path, tmp_path: Path) -> None:
    """The same target of the same run twice: what was built first is no answer to the second question."""
    process = Options(runner="process")
    run = run_impulse(project / "impulse.yaml", options=process)
    deploy(run, "cpp", tmp_path / "without", params={"selftest-data": "none"}, options=process)
    deploy(run, "cpp", tmp_path / "with", params={"selftest-data": "synthetic"}, options=process)
    assert not (tmp_path / "without" / "selftest").exists()
    assert (tmp_path / "with" / "selftest" / "selftest.cpp").is_file()
    deploy(run, "cpp", tmp_path / "names", params={"edge-impulse-names": True}, options=process)
    assert (tmp_path / "names" / "edge-impulse-sdk").is_dir()
    built = {task["id"]: task for task in Run(run.path).record["tasks"]}["cpp/build"]
    assert built["status"] == "ran"


@pytest.mark.parametrize(
    ("window", "shown"),
    [
        ({"kind": "time-series", "axes": ["x", "y", "z"], "frequency": 62.5}, "recorded"),
        ({"kind": "time-series", "axes": ["vibration x", "vibration y"], "frequency": 16000.0}, "recorded"),
        ({"kind": "time-series", "axes": ["audio"], "frequency": 16000.0}, "synthetic"),
        ({"kind": "image", "height": 96, "width": 96, "channels": 3}, "synthetic"),
    ],
)
def test_nothing_private_ships_unasked(window: dict[str, Any], shown: str) -> None:
    assert shipped("auto", window) == shown
    assert shipped("recorded", window) == "recorded"
