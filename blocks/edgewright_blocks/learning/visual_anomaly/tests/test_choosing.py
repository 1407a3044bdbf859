"""What the block chooses for a device, and what it says that takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgewright_sdk import Params
from edgewright_sdk.loading import load_block

HERE = Path(__file__).resolve().parents[1]
M7 = {"name": "cortex-m7", "cpu": "cortex-m7", "os": False, "ram_kb": 320.0, "flash_kb": 1024.0}
PC = {"name": "x86-64", "cpu": "x86-64", "os": True, "ram_kb": 4194304.0, "flash_kb": 33554432.0}
SMALL_LINUX = {**PC, "name": "router", "cpu": "cortex-a", "ram_kb": 4096.0}
PI = {**PC, "name": "cortex-a", "cpu": "cortex-a"}
PATCHCORE, GMM, LARGE = {"scoring": "patchcore"}, {"scoring": "gmm"}, {"sampling-ratio": 0.1}


def described(device: dict[str, Any] | None, given: dict[str, Any], side: int = 96) -> Any:
    loaded = load_block(HERE)
    told: Any = {"device": device, "given": list(given), "training_windows": 50}
    block = loaded.new()
    block.context.choosing = told
    params = Params.defaults(HERE, **{name.replace("-", "_"): value for name, value in given.items()})
    found = block.describe({"kind": "image", "height": side, "width": side, "channels": 3}, params)
    loaded.close()
    return found


@pytest.mark.parametrize(
    ("device", "given", "chosen"),
    [
        (None, {}, PATCHCORE),
        (M7, {}, GMM),
        (SMALL_LINUX, {}, GMM),
        (PI, {}, PATCHCORE),
        (PC, {"scoring": "auto"}, PATCHCORE | LARGE),
        (PC, {"scoring": "patchcore"}, LARGE),
        (PC, {"sampling-ratio": 0.01}, PATCHCORE),
        (PC, {"scoring": "gmm"}, {}),
        (M7, {"scoring": "patchcore"}, {}),
    ],
)
def test_scoring_follows_the_device(
    device: dict[str, Any] | None, given: dict[str, Any], chosen: dict[str, Any]
) -> None:
    choices = described(device, given).choices
    assert {choice["parameter"]: choice["value"] for choice in choices} == chosen
    assert all(choice["reason"] for choice in choices)


def test_a_bank_of_so_many_images_is_told_before_it_is_learned() -> None:
    mixture = described(M7, {}).device
    bank = described(M7, {"scoring": "patchcore"}).device
    # 50 images of 144 cells, one in a hundred kept, each with 152 values and 9 neighbours.
    assert bank["flash_bytes"] - mixture["flash_bytes"] == 72 * (152 * 4 + 9 * 4)
    assert bank["ram_bytes"] == mixture["ram_bytes"] > 96 * 96 * 3
    assert described(None, {}).device is None
