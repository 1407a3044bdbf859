"""A task that we are interrupted in leaves no secret in its log."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from edgewright.carrying import carry_out
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.runners.base import Limits, Prepared
from edgewright.runners.grants import Grants


def test_the_log_is_masked_also_when_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret-value")
    request = tmp_path / "request"
    request.mkdir()
    (request / "request.json").write_text(json.dumps({"operation": "describe"}))
    prepared = Prepared(resolve("raw", tmp_path, make_plugins()), "process", ())

    def run(job: Any, *_: Any) -> None:
        job.log_path.write_text("the token is s3cret-value")
        raise KeyboardInterrupt

    runner: Any = SimpleNamespace(run=run)
    with pytest.raises(KeyboardInterrupt):
        carry_out(
            runner, prepared, request, tmp_path / "work", tmp_path / "staged", id="a", run_id="b", limits=Limits(),
            cancel=Event(), on_message=lambda _message: None, grants=Grants(secrets={"token": "env:TOKEN"}),
        )  # fmt: skip
    assert (tmp_path / "work" / "log.txt").read_text() == "the token is ************"
