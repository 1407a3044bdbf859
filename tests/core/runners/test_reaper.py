"""The process that removes what a run left, while its engine is away and when it is back."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from edgewright.runners.docker import reaper

#: Answers `ps` from the third time on, names a container until it is removed, and notes what it is asked.
ENGINE = """#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> asked
[ "$(wc -l < asked)" -gt 2 ] || exit 1
case "$1" in
  ps) [ -e removed ] || echo c0ffee ;;
  rm) touch removed ;;
esac
"""


def test_it_waits_for_an_engine_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tmp_path / "engine"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    monkeypatch.setattr(reaper, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    reaper.main("mine", [str(engine)])
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked.count("rm --force --volumes c0ffee") == 1
    assert len([line for line in asked if line.startswith("ps")]) == 2 + reaper.ROUNDS


def test_it_gives_up_an_engine_that_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaper, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(reaper, "AWAY_SECONDS", 0.1)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    reaper.main("mine", ["/nowhere/engine"])
