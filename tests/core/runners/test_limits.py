"""A spec lowers limits, an impulse grants more, and nothing else moves them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners.base import MIB, Limits
from edgewright.runners.limits import limits_of
from edgewright_specs.impulse import GrantSpec

#: name -> field of Limits, unit
NAMES = {
    "seconds": ("seconds", 1), "memory_mb": ("memory_bytes", MIB), "pids": ("pids", 1), "cpus": ("cpus", 1),
    "out_mb": ("out_bytes", MIB), "out_files": ("out_files", 1), "tmp_mb": ("tmp_bytes", MIB), "log_mb": ("log_bytes", MIB),
}  # fmt: skip


def block(folder: Path, **limits: Any) -> Block:
    spec = {
        "version": 1,
        "type": "processing",
        "parameters": [],
        "edgewright": {"contract": 1, "limits": limits},
    }
    (folder / "some").mkdir(exist_ok=True)
    (folder / "some" / "parameters.json").write_text(json.dumps(spec))
    return resolve("./some", folder, make_plugins())


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_only_lowers(name: str, tmp_path: Path) -> None:
    target, unit = NAMES[name]
    default = getattr(Limits(), target) / unit
    lower = type(1.0 if name in ("seconds", "cpus") else 1)(default / 2)
    lowered = limits_of(block(tmp_path, **{name: lower}))
    assert getattr(lowered, target) == lower * unit
    assert limits_of(block(tmp_path, **{name: int(default) * 10})) == Limits(), (
        "a block can't grant itself more"
    )
    others = [field.name for field in fields(Limits) if field.name != target]
    assert all(getattr(lowered, other) == getattr(Limits(), other) for other in others)


@pytest.mark.parametrize("name", NAMES)
def test_a_grant_stands_over_default_and_spec(name: str, tmp_path: Path) -> None:
    target, unit = NAMES[name]
    more = int(getattr(Limits(), target) / unit) * 3
    for declared in ({}, {name: 1}):
        granted = limits_of(block(tmp_path, **declared), GrantSpec.model_validate({name: more}))
        assert getattr(granted, target) == more * unit


def test_every_limit_of_a_spec_can_be_granted() -> None:
    from edgewright_specs.block_file import LimitsSpec

    assert set(LimitsSpec.model_fields) == set(NAMES) <= set(GrantSpec.model_fields)
