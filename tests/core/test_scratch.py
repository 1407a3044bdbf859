"""``edgewright.scratch``: what a killed process left goes, what others hold or own stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edgewright.scratch import scratch_folder

if TYPE_CHECKING:
    from pathlib import Path

CHILD = """
import sys, time
from pathlib import Path
from edgewright.scratch import scratch_folder
with scratch_folder("test", Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder.name, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such lock")
def test_the_next_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    place, kept = tmp_path / "place", tmp_path / "kept"
    place.mkdir()
    kept.mkdir()
    (kept / "file").write_text("mine")
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(place)], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:  # fmt: skip
        assert child.stdout is not None
        left = place / child.stdout.readline().decode().strip()
        with scratch_folder("test", place) as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            assert {folder, left} == set(place.iterdir())
        assert [left] == list(place.iterdir())
        child.send_signal(signal.SIGKILL)
    assert (left / "half").exists()
    link = place / f".edgewright-test-1-{'0' * 16}"
    link.symlink_to(kept)
    mine = place / ".edgewright-test-results"
    mine.mkdir()
    with scratch_folder("test", place):
        pass
    assert {link, mine} == set(place.iterdir())
    assert (kept / "file").read_text() == "mine"
