"""The command line as a function: ``cli("blocks", "list")`` gives code, stdout and stderr."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edgewright.cli.app import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path / "store"))

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def environment(tmp_path):
    """Environment of a real ``python -m edgewright`` in a process of its own."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("core", "specs", "sdk", "blocks"))
    return {**os.environ, "PYTHONPATH": paths, "EDGEWRIGHT_STORE": str(tmp_path / "store")}
