"""Generated damage on real textures: the impulse as it is, and over the number of normal images."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.running import Options, run_impulse
from edgewright.store import Store

from .test_people_and_speech import fetched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetched("surface", tmp_path_factory.mktemp("surface"))


def test_a_plain_patchcore_finds_most_of_the_damage(project: Path, tmp_path: Path) -> None:
    finished = run_impulse(
        project / "impulse.yaml", options=Options(runner="process"), store=Store(tmp_path / "store")
    )
    found = finished.metrics("anomaly")["windows"]
    assert found["n"] == 64
    assert 0.95 <= found["auroc"] <= 0.995
    normal, anomalous = (
        [sample for sample in finished.samples if sample["normal"] is side] for side in (True, False)
    )
    assert (len(normal), len(anomalous)) == (88, 40)


def test_few_images_find_most_of_it_already(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, project / "evaluate.py", "--most", "2", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["images"] for row in rows] == [1, 2]
    assert min(row["auroc"] for row in rows) > 0.85
