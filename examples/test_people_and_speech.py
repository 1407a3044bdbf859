"""The examples whose data come from packages: shoulder exercises by people left out, and spoken digits."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.running import Options, run_impulse
from edgewright.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EXAMPLES = Path(__file__).parent


def fetched(example: str, folder: Path) -> Path:
    project = folder / example
    shutil.copytree(EXAMPLES / example, project, ignore=shutil.ignore_patterns("runs", "data", ".cache"))
    done = subprocess.run([sys.executable, project / "fetch.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return project


def test_exercises_of_people_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = fetched("shoulder", tmp_path)
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path / "store"))
    done = subprocess.run(
        [sys.executable, project / "evaluate.py", "--folds", "2", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["edgewright"]["accuracy"][0] > 0.75
    assert found["edgewright"]["AUROC"][0] > max(0.6, found["scikit-learn"]["AUROC"][0])
    for low, high in (figure[1:] for figures in found.values() for figure in figures.values()):
        assert 0 <= low <= high <= 1


def test_spoken_digits(tmp_path: Path) -> None:
    project = fetched("keywords", tmp_path)
    finished = run_impulse(
        project / "impulse.yaml",
        options=Options(runner="process", verify=True),
        store=Store(tmp_path / "store"),
    )
    windows = finished.metrics("word")["windows"]
    assert windows["n"] == 112
    assert windows["accuracy"] > 0.8
    for target in ("cpp", "wasm"):
        verification = json.loads(
            (finished.path / "outputs" / target / "verification.json").read_text(encoding="utf-8")
        )
        assert verification["ok"] is True
        assert verification["decisions_differ"] == []
