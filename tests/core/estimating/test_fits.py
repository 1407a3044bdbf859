"""Needs beside a device and a budget, and the page's panel of them."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.errors import TaskError
from edgewright.estimating import Room, check_fits, fits_document
from edgewright_specs.devices import profiles
from edgewright_specs.impulse import BudgetSpec

M4 = profiles()["cortex-m4f"]
PLAN: dict[str, Any] = {
    "arena_bytes": 3000,
    "state_bytes": 100,
    "tables_bytes": 50_000,
    "nodes": [
        {"id": "mfcc", "tables_bytes": 10_000, "live_bytes": 2900, "state_bytes": 100},
        {"id": "words", "tables_bytes": 40_000, "live_bytes": 1200, "state_bytes": 0},
    ],
}
MEASURED: dict[str, Any] = {
    "flash_bytes": {"total": 60_000, "code": 9000, "tables": 50_000, "other": 1000},
    "ram_bytes": {"total": 4000, "arena": 3000, "model": 100, "stream": 400, "stack": 500},
    "instructions": {"mean": 600_000, "largest": 640_000},
    "windows": 8,
    "nodes": [
        {**PLAN["nodes"][0], "code_bytes": 2000, "flash_bytes": 12_000, "instructions": {"mean": 1, "largest": 64_000}},
        {**PLAN["nodes"][1], "code_bytes": 900, "flash_bytes": 40_900, "instructions": {"mean": 9, "largest": 576_000}},
    ],
}  # fmt: skip


def exceeded(budget: BudgetSpec | None, measured: dict[str, Any] | None = None) -> list[str]:
    found: list[str] = fits_document(PLAN, measured, M4, Room.of(M4, budget))["exceeded"]
    return found


def test_what_a_device_has_is_the_budget_where_none_is_given() -> None:
    room = Room.of(M4, BudgetSpec(flash_kb=64))
    assert (room.ram_bytes, room.flash_bytes, room.ms) == (256 * 1024, 64 * 1024, None)
    assert room.who == {"ram": "device cortex-m4f", "flash": "the budget"}
    assert exceeded(None) == []
    assert Room.of(None, None).ram_bytes is None


def test_what_does_not_fit_names_the_node_and_the_numbers() -> None:
    (flash,) = exceeded(BudgetSpec(flash_kb=48))
    assert "at least 50,000 bytes of flash, node 'words' alone 40,000" in flash
    assert "the budget has 49,152" in flash
    (ram,) = exceeded(BudgetSpec(ram_kb=3))
    assert "at least 3,100 bytes of RAM, node 'mfcc' alone 3,000 bytes; the budget has 3,072" in ram
    (measured,) = exceeded(BudgetSpec(flash_kb=58), MEASURED)
    assert "takes 60,000 bytes" in measured
    with pytest.raises(TaskError, match="fits: refused: it takes at least 50,000"):
        check_fits({"exceeded": exceeded(BudgetSpec(flash_kb=48))})


def test_milliseconds_are_a_range_and_exceed_a_budget_only_for_certain() -> None:
    document = fits_document(PLAN, MEASURED, M4, Room.of(M4, BudgetSpec(ms=15)))
    assert document["milliseconds"] == [10.0, 20.0]  # 640 000 instructions at 64 MHz, 1 to 2 cycles each
    assert document["exceeded"] == []
    (late,) = exceeded(BudgetSpec(ms=9), MEASURED)
    assert "10 ms at best (estimated), node 'words' alone 9 ms; the budget is 9 ms" in late
