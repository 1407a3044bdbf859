"""What the footprint block measures of the smallest impulse: one `raw` node."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edgewright_sdk import Params, TrainedImpulse
from edgewright_sdk.codegen.compilers import has_zig
from edgewright_sdk.loading import load_block

HERE = Path(__file__).resolve().parents[1]


def measured(impulse: TrainedImpulse, out: Path, **given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan of a package, and what verify finds."""
    out.mkdir()
    block, params = load_block(HERE), Params.defaults(HERE, **given)
    block.new().build(impulse, params, out)
    found = block.new().verify(out, params)
    block.close()
    return json.loads((out / "plan.json").read_text()), found


def check(plan: dict[str, Any], found: dict[str, Any]) -> None:
    """Hold what every processor must give."""
    assert plan["nodes"][0]["live_bytes"] <= plan["arena_bytes"]
    assert found["ram_bytes"]["arena"] == plan["arena_bytes"]
    assert found["flash_bytes"]["total"] == sum(
        found["flash_bytes"][name] for name in ("code", "tables", "other")
    )
    assert 500 < found["flash_bytes"]["code"] < 20_000
    assert [node["id"] for node in found["nodes"]] == ["raw"]


@pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")),
    reason="no tools for Cortex-M",
)
def test_a_cortex_m_is_linked_and_counted(impulse: TrainedImpulse, tmp_path: Path) -> None:
    plan, found = measured(impulse, tmp_path / "m4", cpu="cortex-m4f")
    check(plan, found)
    assert found["linked"]
    assert found["missing"] == []
    assert found["windows"] == 2
    # Six products and a decision: more than one instruction each, less than a hundred.
    assert 20 < found["instructions"]["mean"] <= found["instructions"]["largest"] < 2000
    assert 16 < found["ram_bytes"]["stack"] < 4096
    assert found["stream_instructions"] > 10


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
def test_a_pc_is_counted_by_callgrind(impulse: TrainedImpulse, tmp_path: Path) -> None:
    plan, found = measured(impulse, tmp_path / "one", cpu="x86-64")
    check(plan, found)
    assert found["nodes"][0]["instructions"] == found["instructions"]


@pytest.mark.skipif(not has_zig(), reason="the ziglang wheel isn't installed")
def test_without_linker_and_counter_sizes_are_told_and_what_is_missing(
    impulse: TrainedImpulse, tmp_path: Path
) -> None:
    plan, found = measured(impulse, tmp_path / "a", cpu="cortex-a")
    check(plan, found)
    assert not found["linked"]
    assert found["instructions"] is None
    assert found["missing"][0]["for"] == "instruction counts"


@pytest.mark.skipif(not has_zig(), reason="the ziglang wheel isn't installed")
def test_a_module_for_browsers_is_counted_by_its_fuel(impulse: TrainedImpulse, tmp_path: Path) -> None:
    pytest.importorskip("wasmtime")
    plan, found = measured(impulse, tmp_path / "web", cpu="browser")
    check(plan, found)
    assert 20 < found["instructions"]["mean"] < 2000
    assert found["ram_bytes"]["total"] % 65536 == 0
