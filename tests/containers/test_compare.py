"""A foreign program beside a run, in a container: no trust is needed, and it reaches nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from edgewright.comparing import compare_scores
from edgewright.running import Options

pytestmark = pytest.mark.docker

PROGRAMS = Path(__file__).parents[1] / "core" / "comparing" / "programs.py"

SPY = """
import socket as net
for reach in (lambda: net.create_connection(("192.0.2.1", 80), 2), lambda: open("/block/program/written", "w")):
    try:
        reach()
    except OSError:
        continue
    sys.exit(9)
"""


def test_an_eim_runs_in_a_container_without_trust(engine, trained, recordings, tmp_path, monkeypatch):
    found = importlib.util.spec_from_file_location("stand_ins", PROGRAMS)
    programs = importlib.util.module_from_spec(found)
    found.loader.exec_module(programs)
    path = programs.write_eim(tmp_path / "model.eim", 40, python="/usr/bin/env python3")
    source = path.read_text()
    head, mark, rest = source.partition("import json, os, socket, sys\n")
    path.write_text(head + mark + SPY + rest)
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained[0] / "store"))
    told = compare_scores(trained[1], path, recordings, options=Options(runner="docker")).document
    assert told["windows"]["n"] == 165
    assert told["second"]["threshold"] == 1.5
    assert "runner docker" in told["notes"][0]
