"""Drift that ``score --follow`` tells: that of the features against the model's own scaler, as on a device."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgewright.errors import TaskError
from edgewright.runners.bwrap import BwrapRunner
from edgewright.running import Options, Run
from edgewright.running.drifting import drift_of
from edgewright.running.stream import _row_of, follow
from edgewright.scoring import Drift

PROCESS = Options(runner="process")


@pytest.mark.bwrap
def test_follow_says_the_same_in_a_sandbox(
    trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing := BwrapRunner().available():
        pytest.skip(missing)
    project, run = trained
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
    lines = (project / "data" / "broken" / "0.csv").read_text().splitlines()
    one, other = (list(follow(run, lines, options=options)) for options in (PROCESS, Options(runner="bwrap")))
    assert one == other


def test_follow_tells_drift(trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    project, run = trained
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
    lines = (project / "data" / "broken" / "0.csv").read_text().splitlines()
    found = [one["nodes"]["anomaly"] for one in follow(run, lines, options=PROCESS)]
    number = next(i for i, one in enumerate(run.samples) if one["file"].endswith("broken/0.csv"))
    split = run.samples[number]["split"]
    rows = np.flatnonzero(run.index["sample"] == number) - run.rows(split)[0]
    features = run.features("flat", split).values[rows]
    model = {name: np.load(run.model("anomaly") / f"{name}.npy") for name in ("selected", "mean", "scale")}
    drift = Drift(**model)
    assert [one["drift"] for one in found] == [drift.of(row) for row in features]
    assert [one["drifting"] for one in found] == [one["drift"] > 2 for one in found]


@pytest.mark.parametrize(
    "given", [{}, {"scores": np.zeros(0)}, {"scores": np.zeros(2)}, {"scores": np.zeros(())}]
)
def test_an_answer_for_no_window_is_the_blocks_error(given: dict[str, np.ndarray]) -> None:
    warm: Any = SimpleNamespace(node=SimpleNamespace(id="anomaly"))
    with pytest.raises(TaskError, match="anomaly: bad_output: scores must have one row") as caught:
        _row_of(warm, given, "scores")
    assert "blocks check" in str(caught.value.hint)


def test_no_drift_without_device_code_or_standardisation(trained: tuple[Path, Run], tmp_path: Path) -> None:
    _, run = trained
    shutil.copytree(run.path, tmp_path / "run", symlinks=False)
    copy = Run(tmp_path / "run")
    assert drift_of(copy, "anomaly") is not None
    document = copy.path / "outputs" / "anomaly" / "export" / "export.json"
    text = document.read_text()
    document.chmod(0o644)
    document.write_text(text.replace('"standardisation"', '"other"'))
    assert drift_of(copy, "anomaly") is None
    document.parent.chmod(0o755)
    document.unlink()
    assert drift_of(copy, "anomaly") is None
