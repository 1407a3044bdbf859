"""The same checks as tests of an author's own: one a promise, with what to do; in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.testing import parametrize_with_checks

from .faults import FAULTS, SOUND, plant

ROOT = Path(__file__).parents[3]
TESTS = """
from pathlib import Path
from edgewright.testing import parametrize_with_checks

@parametrize_with_checks(Path(__file__).parents[1], skip=["cancel"])
def test_block_keeps_its_promises(check):
    check()
"""


def run_tests(folder, *words):
    (folder / "level" / "tests").mkdir()
    (folder / "level" / "tests" / "test_block.py").write_text(TESTS)
    paths = ":".join(str(ROOT / name) for name in ("core", "specs", "sdk", "blocks"))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rsf", "-p", "no:cacheprovider", "--no-docker", "-W", "error",
         "--rootdir", str(folder), str(folder / "level"), *words],
        capture_output=True, text=True, check=False, cwd=folder, env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


@pytest.mark.parametrize("name", ["state between requests", "network use"])
def test_a_planted_fault_fails_one_test_with_the_remedy(name, tmp_path):
    fault = FAULTS[name]
    plant(tmp_path, *fault.edits)
    done = run_tests(tmp_path, "-k", f"spec or container or cancel or {fault.check}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert fault.place in done.stdout
    assert fault.remedy in done.stdout
    assert f"FAILED level/tests/test_block.py::test_block_keeps_its_promises[{fault.check}]" in done.stdout
    assert "1 failed" in done.stdout
    assert "left out (--no-docker)" in done.stdout
    assert "[cancel]" not in done.stdout


def test_a_check_that_there_is_not_can_not_be_left_out():
    with pytest.raises(ValueError, match="no check 'efect'; checks: spec, readme"):
        parametrize_with_checks(SOUND, skip=["efect"])
