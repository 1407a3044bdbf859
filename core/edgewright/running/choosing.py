"""Parameters that a block chooses for the impulse's device, before it is described with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import PlanError
from edgewright.estimating.fits import Room
from edgewright.planner.describing import choose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.planner.nodes import Node
    from edgewright.running.session import Session
    from edgewright_specs.devices import DeviceProfile
    from edgewright_specs.interface import Choosing

#: The value of a parameter that an impulse gives and yet leaves to the block.
AUTO = "auto"


def resolve_choices(session: Session) -> None:
    """Ask the blocks that choose parameters, put what they chose in its place, and check what they need at least.

    What was chosen is told, and kept in ``session.choices`` and the record.

    Raises
    ------
    PlanError
        A block chose what it may not, or a node can't fit the device or the budget.
    """
    asked = [node for node in session.learning if node.chooses]
    if not asked:
        return
    from edgewright_specs.devices import device_of_impulse

    device = device_of_impulse(session.impulse, Path(session.recorder.document["base"]))
    planner = session.planner
    session.engine.run([choose(node, planner, _told(node, session, device)) for node in asked])
    room = Room.of(device, session.impulse.budget)
    for node in asked:
        path = session.engine.path(f"{node.describe}/choose", "description")
        found = json.loads(path.read_text(encoding="utf-8"))
        choices = found.get("choices") or []
        _check(node, choices)
        session.choices[node.id] = choices
        for choice in choices:
            text = f"{node.id}: {choice['parameter']}: {choice['value']} ({choice['reason']})"
            session.recorder.event("note", text=text)
        _check_room(node, found.get("device") or {}, room)
    session.learning = [with_choices(node, session.choices.get(node.id)) for node in session.learning]
    entries = session.recorder.document["nodes"]
    session.recorder.set(nodes=[_noted(entry, session.choices.get(entry["id"])) for entry in entries])
    session.open_planner()


def with_choices(node: Node, choices: Sequence[Mapping[str, Any]] | None) -> Node:
    """The node with the parameters that its block chose."""
    if not choices:
        return node
    chosen = {choice["parameter"]: choice["value"] for choice in choices}
    return replace(node, params={**node.params, **chosen})


def _told(node: Node, session: Session, device: DeviceProfile | None) -> Choosing:
    first, last = session.planner.samples.splits["training"]
    return {
        "device": None
        if device is None
        else {
            "name": device.name,
            "cpu": device.cpu,
            "os": device.os,
            "ram_kb": device.ram_kb,
            "flash_kb": device.flash_kb,
        },
        "given": sorted(node.given),
        "training_windows": last - first,
    }


def _check(node: Node, choices: Sequence[Mapping[str, Any]]) -> None:
    from edgewright_specs.parameters import resolve_params

    for choice in choices:
        name = choice["parameter"]
        if name in node.given and node.params.get(name) != AUTO:
            raise PlanError(
                f"{node.place}: node {node.id!r} (block {node.title!r}) chose {name}, which the impulse gives"
            )
    given = {**node.params, **{choice["parameter"]: choice["value"] for choice in choices}}
    resolve_params(node.block.spec, given, where=f"what block {node.title!r} chose")


def _check_room(node: Node, needs: Mapping[str, Any], room: Room) -> None:
    """Refuse a node that can't fit, by what it needs at least. Raises PlanError."""
    for name, what in (("ram", "RAM"), ("flash", "flash")):
        needed, limit = needs.get(f"{name}_bytes", 0), getattr(room, f"{name}_bytes")
        if limit is not None and needed > limit:
            note = f" ({needs['note']})" if needs.get("note") else ""
            raise PlanError(
                f"{node.place}: node {node.id!r} (block {node.title!r}) takes at least {needed:,} bytes of {what}{note}; "
                f"{room.who[name]} has {limit:,}",
                hint="choose smaller images, another scoring or ratio, or name a larger `device` or `budget`",
            )


def _noted(entry: Mapping[str, Any], choices: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    if not choices:
        return dict(entry)
    chosen = {choice["parameter"]: choice["value"] for choice in choices}
    return {**entry, "params": {**entry["params"], **chosen}, "chosen": [dict(choice) for choice in choices]}
