"""Profiles of devices, and what an impulse may say of its own."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from edgewright_specs.devices import device_of, profiles
from edgewright_specs.impulse import BudgetSpec, Cpu, DeviceSpec
from edgewright_specs.loading import parse_impulse
from edgewright_specs.problems import SpecError

IMPULSE = """
version: 1
data: {path: data}
input: {frequency: 10, window-ms: 1000}
learning: [{id: score, block: kmeans, input: raw}]
processing: [{id: raw, block: raw}]
"""


def test_every_kind_of_processor_has_a_profile() -> None:
    assert set(profiles()) == set(get_args(Cpu))
    for name, profile in profiles().items():
        assert profile.name == profile.cpu == name
        assert 0 < profile.cycles[0] < profile.cycles[1]
        assert profile.source


def test_milliseconds_are_a_range_by_the_assumed_cycles() -> None:
    assert profiles()["cortex-m4f"].milliseconds(64_000) == (1.0, 2.0)


def test_values_of_ones_own_go_before_the_profile_of_that_processor(tmp_path: Path) -> None:
    own = device_of(DeviceSpec(name="small", cpu="cortex-m7", ram_kb=64), tmp_path)
    assert (own.name, own.ram_kb, own.flash_kb, own.clock_mhz) == ("small", 64, 1024, 216)
    (tmp_path / "board.yaml").write_text("cpu: x86-64\nos: false\nram-kb: 4096\n")
    board = device_of("board.yaml", tmp_path)
    assert (board.cpu, board.os, board.ram_kb) == ("x86-64", False, 4096)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cpu: cortex-m3\n", "board.yaml:1: /cpu: "),
        ("ram-kb: 4\n", '"cpu"'),
        ("cpu: browser\nram-kb: -1\n", "board.yaml:2: /ram-kb: "),
    ],
)
def test_a_file_that_says_no_device_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "board.yaml").write_text(text)
    with pytest.raises(SpecError) as refused:
        device_of("board.yaml", tmp_path)
    assert said in str(refused.value)


def test_an_unknown_profile_is_refused_with_its_line() -> None:
    with pytest.raises(SpecError, match=r'impulse.yaml:8: /device: .*"cortex-m5".*cortex-m4f'):
        parse_impulse(IMPULSE + "\ndevice: cortex-m5\n")


def test_an_impulse_may_set_a_budget() -> None:
    impulse = parse_impulse(IMPULSE + "budget: {ram-kb: 32, ms: 5}\n")
    assert impulse.budget == BudgetSpec(ram_kb=32, ms=5)
