"""The table of a real run: by the runners that are here, natively, by emulation, and on boards that QEMU has."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.parity import parity

if TYPE_CHECKING:
    from edgewright.running import Run

#: What each engine needs beside a native compiler.
NEEDED = {
    "x86-64": (),
    "aarch64": ("qemu-aarch64",),
    "Cortex-M4": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "Cortex-M7": ("arm-none-eabi-gcc", "qemu-system-arm"),
}


@pytest.mark.slow
def test_every_engine_agrees_or_is_named(
    trained: tuple[Path, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, run = trained
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing")
    before = (run.path / "run.json").read_bytes()
    table = parity(run, targets=("cpp",))
    assert (run.path / "run.json").read_bytes() == before
    assert table.ok, table.document()
    assert table.nodes == {"flat": "features", "plain": "features", "anomaly": "scores"}
    cells: dict[str, Any] = table.cells
    assert {cell.text() for cell in cells["process"].values()} == {"same bytes"}
    assert {cell.text() for cell in cells["docker"].values()} == {"not here: docker"}
    assert "docker" in table.absent
    for engine, tools in NEEDED.items():
        missing = tuple(tool for tool in tools if shutil.which(tool) is None)
        for cell in cells[engine].values():
            assert cell.missing[: len(missing)] == missing, engine
            assert (cell.largest_difference is None) == bool(cell.missing)
            assert cell.missing or cell.largest_difference < 1e-4
