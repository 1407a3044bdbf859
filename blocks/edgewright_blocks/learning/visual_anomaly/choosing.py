"""What suits the impulse's device: how cells are scored, how many are kept, and what that takes at least."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from edgewright_sdk import Model, Params
from edgewright_sdk.compiler import memory_map

from .backbone import grid
from .exporting import compiled_backbone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_specs.interface import Choosing, WindowSpec

    from .backbone import Backbone

#: Below so much RAM, or without an operating system, a bank of cells is too large.
BANK_RAM_KB = 8192
#: Share of cells that a PC keeps; the parameter's default suits devices.
PC_RATIO = 0.1
SMALL_SIDE = 96


def chosen(params: Mapping[str, Any], told: Choosing | None) -> list[dict[str, Any]]:
    """Choose what the impulse leaves open, each with the reason; nothing where nobody asks."""
    if told is None:
        return []
    choices: list[dict[str, Any]] = []
    device, scoring = told["device"], params["scoring"]
    if scoring == "auto":
        scoring, reason = _scoring(told)
        choices.append({"parameter": "scoring", "value": scoring, "reason": reason})
    if (
        scoring == "patchcore"
        and device
        and device["cpu"] == "x86-64"
        and "sampling-ratio" not in told["given"]
    ):
        reason = f"device {device['name']} is a PC: it can keep a larger share of the cells, which finds somewhat more"
        choices.append({"parameter": "sampling-ratio", "value": PC_RATIO, "reason": reason})
    return choices


def _scoring(told: Choosing) -> tuple[str, str]:
    device = told["device"]
    if device is None:
        return "patchcore", "the impulse names no device; patchcore finds more"
    if not device["os"]:
        return (
            "gmm",
            f"device {device['name']} has no operating system: a mixture needs a few kilobytes, a bank megabytes",
        )
    if device["ram_kb"] < BANK_RAM_KB:
        return "gmm", f"device {device['name']} has {device['ram_kb']:g} KB of RAM, less than {BANK_RAM_KB}"
    return (
        "patchcore",
        f"device {device['name']} has an operating system and {device['ram_kb'] / 1024:g} MB of RAM",
    )


def with_choices(params: Params, choices: Sequence[Mapping[str, Any]]) -> Params:
    """Parameters with what was chosen in its place."""
    return Params({**params, **{choice["parameter"]: choice["value"] for choice in choices}})


def needs(backbone: Backbone, window: WindowSpec, params: Params, images: int) -> dict[str, Any]:
    """What the node takes of a device at least: the network's arena and weights, and the kept cells of so many images."""
    model = Model({"backbone": {"name": backbone.name}}, {}, networks={"backbone": backbone.data})
    program, maps = compiled_backbone(model, window)
    plan = memory_map(program)
    height, width = window["height"], window["width"]
    ram, flash = plan["arena"] + height * width * window["channels"], plan["weights"]
    note = f"a backbone at {width} x {height} pixels takes {plan['arena']:,} bytes of RAM, its weights {plan['weights']:,} of flash"
    if params.scoring == "patchcore":
        rows, columns = grid(height, width)
        kept = max(math.floor(images * rows * columns * float(params.sampling_ratio)), 1)
        each = int(maps[:, 3].sum()) * (1 if params.bank == "int8" else 4) + 4 * int(params.neighbours)
        flash += kept * each
        note += f"; {kept:,} cells kept of {images} images take {kept * each:,} of flash"
    if max(height, width) > SMALL_SIDE:
        note += f"; {SMALL_SIDE} x {SMALL_SIDE} pixels suit small devices"
    return {"ram_bytes": ram, "flash_bytes": flash, "note": note}
