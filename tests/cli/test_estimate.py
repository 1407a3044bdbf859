"""``edgewright estimate``: profiles, refusals, and the table of what was found."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.cli.console import Console
from edgewright.cli.estimate import _show
from edgewright.estimating import Room, fits_document
from edgewright_specs.devices import profiles
from edgewright_specs.impulse import BudgetSpec

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.running import Run


def test_profiles_are_listed_with_where_they_come_from(cli: Any) -> None:
    listed = cli("estimate", "--list", "--json").json()["profiles"]
    assert {one["name"] for one in listed} == set(profiles())
    text = cli("estimate", "--list").out
    assert "nRF52840" in text
    assert "1 GB" in text


def test_what_is_missing_or_unknown_is_said(
    cli: Any, trained: tuple[Path, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("estimate").code == 2
    project, run = trained
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
    copy = tmp_path / "run"
    shutil.copytree(run.path, copy, symlinks=True)
    unknown = cli("estimate", copy, "--device", "cortex-m5")
    assert unknown.code == 2
    assert "allowed: cortex-m4f" in unknown.err
    unnamed = cli("estimate", copy)
    assert unnamed.code == 2
    assert "names no device" in unnamed.err


def test_the_table_tells_what_is_taken_what_there_is_and_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = profiles()["x86-64"]
    node = {"id": "far", "tables_bytes": 400, "state_bytes": 0, "live_bytes": 64, "code_bytes": 100}
    measured = {
        "flash_bytes": {"total": 2500, "code": 1900, "tables": 400, "other": 200},
        "ram_bytes": {"total": 700, "arena": 640, "model": 16, "stream": 44, "stack": None},
        "instructions": None,
        "missing": [{"tool": "valgrind", "for": "instruction counts", "get": "apt-get install valgrind"}],
        "compiler": "g++ 12",
        "optimisation": "-O2",
        "linked": True,
        "nodes": [{**node, "flash_bytes": 500, "instructions": None}],
    }
    room = Room.of(device, BudgetSpec(flash_kb=2))
    _show(Console(), fits_document({"nodes": [node]}, measured, device, room))
    shown = capsys.readouterr().out
    assert "far             500" in shown
    assert "a window        2,500" in shown
    assert "no instruction counts: valgrind isn't here (apt-get install valgrind)" in shown
    assert "the stack is not known" in shown
    assert (
        "doesn't fit: it takes 2,500 bytes of flash, node 'far' alone 500 bytes; the budget has 2,048"
        in shown
    )
