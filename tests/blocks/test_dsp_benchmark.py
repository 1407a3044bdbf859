"""``benchmarks/dsp.py`` works: what it measures is not judged here, machines that run tests are busy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "dsp.py"


def test_it_times_every_case_at_both_batch_sizes():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--quick", "--json"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {row["batch"] for row in rows} == {64, 1}
    assert {"mfcc", "mfe", "spectrogram", "spectral_analysis"} <= {row["case"] for row in rows}
    assert all(row["microseconds"]["ours"] > 0 for row in rows)
    assert all(set(row["ratios"]) == set(row["microseconds"]) - {"ours"} for row in rows)
