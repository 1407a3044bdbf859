"""``benchmarks/device.py`` works: what it measures is not judged here, machines that run tests are busy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright_sdk.codegen.compilers import has_zig

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "device.py"


@pytest.mark.slow
def test_it_measures_blocks_in_each_form() -> None:
    pytest.importorskip("wasmtime")
    pytest.importorskip("scipy")
    if not has_zig():
        pytest.skip("the ziglang wheel isn't installed")
    command = [sys.executable, str(SCRIPT), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["blocks"]}
    raw, mfcc = rows["raw"], rows["mfcc"]
    forms = {"-Os", "-O3 v3", "wasm32"}
    for row in (raw, mfcc):
        assert forms <= set(row["microseconds"])
        assert set(row["code_bytes"]) == forms
        assert all(size > 0 for size in row["code_bytes"].values())
        assert all(value > 0 for value in row["microseconds"].values())
    assert mfcc["code_bytes"]["-Os"] < mfcc["code_bytes"]["-O3 v3"]
    assert mfcc["ratios"]["-O3 v3"] == pytest.approx(
        mfcc["microseconds"]["-O3 v3"] / mfcc["microseconds"]["scipy"]
    )
    assert raw["ratios"] == {}


def test_cortex_m_needs_the_sources_of_the_peer(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--cortex-m", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "install" in done.stderr or "is no folder of CMSIS-DSP" in done.stderr
    assert "Traceback" not in done.stderr
