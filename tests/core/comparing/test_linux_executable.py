"""The program that a run deploys, asked as what it is to others: a Linux ``.eim``."""

from __future__ import annotations

import os
import platform

import pytest

from edgewright.running import Options, deploy
from edgewright_sdk.codegen.compilers import has_zig

PROCESSOR = {"x86_64": "x86-64", "aarch64": "aarch64"}.get(platform.machine())


@pytest.mark.slow
@pytest.mark.skipif(
    not (has_zig() and PROCESSOR), reason="needs ziglang, and a processor that programs are built for"
)
def test_a_deployed_program_gives_the_scores_of_its_run(compare, trained, store, tmp_path):
    found = deploy(
        trained[1],
        "linux_executable",
        tmp_path / "package",
        params={"processors": PROCESSOR, "selftest-data": "synthetic"},
        options=Options(runner="process", verify=True),
    )
    assert found["ok"]
    assert found["not_run"] == {}
    (program,) = (tmp_path / "package").glob("*.eim")
    assert os.access(program, os.X_OK)
    told = compare(program)
    assert told["second"]["kind"] == "Linux .eim"
    assert told["windows"]["pearson"] == pytest.approx(1.0, abs=1e-6)
    assert told["second"]["threshold"] == pytest.approx(trained[1].threshold("anomaly")["value"], rel=1e-6)
    assert told["windows"]["first"]["anomalous"] == told["windows"]["second"]["anomalous"]
