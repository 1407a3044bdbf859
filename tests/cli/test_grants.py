"""What a block is granted on the command line, where no impulse says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from edgewright.cli.app import run as run_command

F33 = Path(__file__).parents[1] / "evil" / "F33_secret"
TOKEN = "geheim-Zq7"


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A request folder for F33, and a folder to mount."""
    from edgewright.request_folder import put_array, put_request

    (tmp_path / "in").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "factor.txt").write_text("2")
    values = np.zeros((3, 20, 1), np.float32)
    window: Any = {"kind": "time-series", "length": 20, "axes": ["x"], "frequency": 10.0}
    inputs = {"windows": put_array(tmp_path / "in", "windows", values)}
    put_request(tmp_path / "in", "transform", {"where": "everywhere"}, inputs=inputs, window=window)
    monkeypatch.setenv("F33_TOKEN", TOKEN)
    return tmp_path


def run(task: Path, *words: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    arguments = ["blocks", "run", str(F33), "--in", str(task / "in"), "--out", str(task / "out")]
    code = run_command([*arguments, "--runner", "process", "--trust", *words])
    out, err = capfd.readouterr()
    return code, out, err


def test_a_block_gets_what_the_command_line_grants(task: Path, capfd: pytest.CaptureFixture[str]) -> None:
    grants = ["--secret", "TOKEN=env:F33_TOKEN", "--mount", f"tables={task / 'tables'}"]
    code, out, err = run(task, *grants, "--json", capfd=capfd)
    assert code == 0, err
    assert (np.load(task / "out" / "features.npy") == 2 * len(TOKEN)).all()
    assert TOKEN not in out + err
    assert "*" in json.loads(out)["warnings"][0]
    assert not any(TOKEN.encode() in path.read_bytes() for path in (task / "out").rglob("*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--secret TOKEN=env:VARIABLE on a command line"),
        (["--secret", "TOKEN"], "not NAME=env:VARIABLE"),
        (["--secret", "TOKEN=geheim"], "grant secrets.TOKEN"),
        (["--secret", "OTHER=env:X"], "is no secret that block"),
        (["--secret", "TOKEN=env:F33_TOKEN", "--mount", "tables=/nowhere"], "is no folder"),
        (["--secret", "TOKEN=env:F33_TOKEN", "--mount", "tables=.", "--network"], "grants the network"),
        (["--secret", "TOKEN=env:F33_TOKEN", "--mount", "tables=.", "--gpu", "many"], "not a number of GPUs"),
        (["--secret", "TOKEN=env:F33_TOKEN", "--mount", "tables=.", "--limit", "seconds=0"], "grant seconds"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(
    task: Path, words: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(task, *words, capfd=capfd)
    assert code == 2
    assert message in err
    assert not (task / "out").exists()


def test_a_check_gets_what_the_command_line_grants(task: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["blocks", "check", str(F33), "--no-docker", "--json"]
    for name in ("defaults", "warm", "deterministic"):
        words += ["--only", name]
    assert run_command(words) == 1
    assert "the secret 'TOKEN' was not granted" in capfd.readouterr().out
    granted = ["--secret", "TOKEN=env:F33_TOKEN", "--mount", f"tables={task / 'tables'}"]
    assert run_command([*words, *granted]) == 0
    assert json.loads(capfd.readouterr().out)["passed"] == 3


def test_show_says_what_a_block_asks_for() -> None:
    from edgewright.cli.app import application

    done: Result = CliRunner().invoke(application, ["blocks", "show", str(F33), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["asks_for"] == ["the secret TOKEN", "the mount tables at /data/tables"]
