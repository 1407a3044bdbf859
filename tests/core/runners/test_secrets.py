"""Secrets are read when a task starts, lie in files that only the task reads, and are gone afterwards."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright import scratch
from edgewright.errors import UsageError
from edgewright.runners.secrets import opened, read_secret


def test_a_secret_is_a_private_file_while_the_task_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MY_TOKEN", "from the environment")
    (tmp_path / "key").write_bytes(b"from a file\n")
    with opened({"TOKEN": "env:MY_TOKEN", "KEY": f"file:{tmp_path / 'key'}"}) as found:
        assert found is not None
        folder = found.folder
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            "TOKEN": b"from the environment",
            "KEY": b"from a file",
        }
        assert stat.S_IMODE(folder.stat().st_mode) == 0o500
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o400}
        assert "environment" not in repr(found)
    assert not folder.exists()


def test_without_secrets_there_is_no_folder() -> None:
    with opened({}) as found:
        assert found is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("env:EDGEWRIGHT_TEST_UNSET", "variable EDGEWRIGHT_TEST_UNSET, which is not set"),
        ("env:EDGEWRIGHT_TEST_EMPTY", "is empty"),
        ("file:/nowhere/at/all", "No such file"),
        ("file:BIG", "larger than 64 KiB"),
    ],
)
def test_what_is_not_there_is_said_without_a_value(
    source: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EDGEWRIGHT_TEST_EMPTY", "")
    (tmp_path / "big").write_bytes(b"geheim" * 20_000)
    with pytest.raises(UsageError, match=message) as caught:
        read_secret("TOKEN", source.replace("BIG", str(tmp_path / "big")))
    assert "'TOKEN'" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_what_a_killed_process_left_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scratch, "SHARED_MEMORY", tmp_path)
    monkeypatch.setenv("MY_TOKEN", "geheim7")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f"edgewright-secrets-{dead.pid}-0123456789abcdef"
    left.mkdir()
    (left / "TOKEN").write_text("old")
    left.chmod(0o500)
    with opened({"TOKEN": "env:MY_TOKEN"}) as alive, opened({"TOKEN": "env:MY_TOKEN"}) as found:
        assert alive is not None
        assert found is not None
        assert {alive.folder, found.folder} == set(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_a_warm_block_has_its_secret_and_what_it_says_is_masked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import numpy as np

    from edgewright.errors import TaskError
    from edgewright.plugins import make_plugins
    from edgewright.registry import resolve
    from edgewright.request_folder import put_array, put_request
    from edgewright.runners.grants import Grants, Mounted
    from edgewright.runners.process import ProcessRunner
    from edgewright.runners.warm import WarmWorker

    monkeypatch.setenv("MY_TOKEN", "geheim-Zq7")
    (tmp_path / "factor.txt").write_text("2")
    evil = Path(__file__).parents[2] / "evil"
    block = resolve("./F33_secret", evil, make_plugins())
    grants = Grants(secrets={"TOKEN": "env:MY_TOKEN"}, mounts=(Mounted("tables", tmp_path, "/data/tables"),))
    messages: list[str] = []
    runner = ProcessRunner()
    prepared = runner.prepare(block, lambda _message: None)
    with WarmWorker(runner, prepared, grants=grants, on_message=lambda m: messages.append(repr(m))) as worker:
        for number, where in enumerate(["everywhere", "error"]):
            in_dir, out_dir = tmp_path / f"in{number}", tmp_path / f"out{number}"
            in_dir.mkdir()
            out_dir.mkdir()
            values = np.zeros((2, 20, 1), np.float32)
            put_request(
                in_dir, "transform", {"where": where}, inputs={"windows": put_array(in_dir, "windows", values)},
                window={"kind": "time-series", "length": 20, "axes": ["x"], "frequency": 1.0},
            )  # fmt: skip
            if where == "error":
                with pytest.raises(TaskError, match=r"the service refuses \*\*\*") as caught:
                    worker.request("transform", in_dir, out_dir)
                assert "geheim" not in caught.value.log_tail
                assert "printed ***" in caught.value.log_tail
            else:
                worker.request("transform", in_dir, out_dir)
                assert (np.load(out_dir / "features.npy") == 20).all()
                assert not any(b"geheim" in path.read_bytes() for path in out_dir.iterdir())
    assert any("logged ***" in text for text in messages)
    assert not any("geheim" in text for text in messages)
