"""``benchmarks/network.py`` works: what it measures is not judged here, machines that run tests are busy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "network.py"


@pytest.mark.slow
def test_it_measures_a_network_and_its_calls() -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--json", "--layers", "--rounds", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["networks"]
    times = row["milliseconds"]
    assert row["ratio"] == pytest.approx(times["ours"] / times["onnxruntime"])
    assert 0 < row["difference"] < 1e-4
    convolutions = [name for name, _ in row["layers"] if name.startswith("conv")]
    assert len(convolutions) == 10  # the first, four times depthwise and pointwise, the dense layer
    assert all(microseconds > 0 for _, microseconds in row["layers"])
