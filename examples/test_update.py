"""`update/update.sh` switches programs, and back again where one can't be used."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "update" / "update.sh"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("sha256sum"), reason="a script for Linux"
)


def program(folder: Path, build_id: str, *, selftest: int = 0) -> Path:
    """Answers what the script asks of a program."""
    path = folder / f"{build_id}.eim"
    path.write_text(
        f'#!/bin/sh\ncase $1 in --version) echo "a fan {build_id}";; --selftest) exit {selftest};; esac\n'
    )
    path.chmod(0o644)  # as it comes from a download
    return path


def update(folder: Path, *words: str, ready: str = "true") -> tuple[int, str, str]:
    """Exit code, what was said, and the release that runs then."""
    done = subprocess.run(
        [str(SCRIPT), str(folder), *words],
        env={"PATH": "/usr/bin:/bin", "RESTART": f"echo x >> {folder}/restarts", "READY": ready},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    current = folder / "current"
    return done.returncode, done.stderr, current.resolve().name if current.is_symlink() else ""


def test_it_switches_and_goes_back(tmp_path: Path) -> None:
    folder = tmp_path / "fan"
    first, second, broken = (
        program(tmp_path, "aa11"), program(tmp_path, "bb22"), program(tmp_path, "cc33", selftest=1),
    )  # fmt: skip
    assert update(folder, "--rollback")[0] == 1
    assert update(folder, str(first))[::2] == (0, "aa11")
    summed = hashlib.sha256(second.read_bytes()).hexdigest()
    code, said, current = update(folder, str(second), "0" * 64)
    assert (code, "doesn't have the sum" in said, current) == (1, True, "aa11")
    assert update(folder, str(second), summed)[::2] == (0, "bb22")
    code, said, current = update(folder, str(broken))
    assert (code, "fails its self-test" in said, current) == (1, True, "bb22")
    assert update(folder, "--rollback")[::2] == (0, "aa11")
    assert update(folder, "--rollback")[::2] == (0, "bb22")
    assert "runs already" in update(folder, str(second))[1]
    assert sorted(path.name for path in (folder / "releases").iterdir()) == ["aa11", "bb22"]


def test_one_that_does_not_get_ready_is_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "fan"
    assert update(folder, str(program(tmp_path, "aa11")))[0] == 0
    ready = f'test "$(basename "$(readlink {folder}/current)")" = aa11'
    script = SCRIPT.read_text().replace("sleep 1", "sleep 0.01")
    (tmp_path / "fast.sh").write_text(script)
    done = subprocess.run(
        ["sh", str(tmp_path / "fast.sh"), str(folder), str(program(tmp_path, "bb22"))],
        env={"PATH": "/usr/bin:/bin", "READY": ready}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "bb22 doesn't get ready" in done.stderr
    assert "back to aa11" in done.stderr
    assert (folder / "current").resolve().name == "aa11"
