"""A small motion-like data set, an impulse over it, and one finished run that many tests read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.running import Run

IMPULSE = """version: 1
name: pump
data: {path: data, normal: [idle, running], abnormal: rest}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: flat, block: flatten}
  - {id: plain, block: raw, axes: [accY]}
learning:
  - {id: anomaly, block: kmeans, input: [flat], params: {clusters: 3}}
"""


def write_recordings(folder: Path, *, count: int = 5, length: int = 120) -> None:
    """Sines of a label's own size, seeded, as CSV files in a folder a label."""
    for number, (label, size) in enumerate({"idle": 0.1, "running": 1.0, "broken": 4.0}.items()):
        (folder / label).mkdir(parents=True)
        for recording in range(count):
            random = np.random.default_rng([number, recording])
            time = np.arange(length) * 20
            values = size * np.sin(
                np.outer(time / 300.0, [1.0, 1.7]) + recording
            ) + 0.05 * random.standard_normal((length, 2))
            rows = "\n".join(f"{t},{a:.6f},{b:.6f}" for t, (a, b) in zip(time, values, strict=True))
            (folder / label / f"{recording}.csv").write_text(f"timestamp,accX,accY\n{rows}\n")


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set, made once."""
    folder = tmp_path_factory.mktemp("recordings") / "data"
    write_recordings(folder)
    return folder


@pytest.fixture(scope="session")
def impulse_text() -> str:
    """The impulse that `project` and `trained` run."""
    return IMPULSE


@pytest.fixture(scope="session")
def trained(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A project (with its store in `store/`) and a finished run of it by the process runner, for tests that only read."""
    from edgewright.running import Options, run_impulse
    from edgewright.store import Store

    project = tmp_path_factory.mktemp("project")
    (project / "data").symlink_to(recordings)
    (project / "impulse.yaml").write_text(IMPULSE)
    run = run_impulse(
        project / "impulse.yaml",
        runs=project / "runs",
        options=Options(runner="process"),
        store=Store(project / "store"),
    )
    return project, run


@pytest.fixture
def project(tmp_path: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an impulse, the data and a store of its own, as the working directory."""
    (tmp_path / "data").symlink_to(recordings)
    (tmp_path / "impulse.yaml").write_text(IMPULSE)
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
