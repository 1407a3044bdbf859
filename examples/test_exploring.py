"""The example of unlabelled audio: most of the planted oddities are among the first fifteen of the ranking."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.running import Options, run_impulse
from edgewright.store import Store

EXAMPLE = Path(__file__).parent / "audio_six"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_planted_oddities_come_first(tmp_path: Path) -> None:
    project = tmp_path / "audio_six"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("runs", "data", ".cache"))
    done = subprocess.run([sys.executable, project / "fetch.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    odd = json.loads((project / "oddities.json").read_text(encoding="utf-8"))
    run = run_impulse(
        project / "impulse.yaml",
        runs=tmp_path / "runs",
        options=Options(runner="process"),
        store=Store(tmp_path / "store"),
    )
    assert len(run.samples) == 240
    ranking = run.ranking
    assert ranking is not None
    first = [run.samples[run.index[row]["sample"]]["name"] for row in ranking["windows"][:15]]
    found = {odd[name] for name in first if name in odd}
    assert len(odd) == 10
    assert len(found) >= 8, f"missed: {sorted(set(odd.values()) - found)}"
    report = (run.path / "report.html").read_text(encoding="utf-8")
    for panel in ("Anomaly map", "Map of errors", "Original and reconstructed", "The oddest windows"):
        assert panel in report
