"""Needs beside a device and a budget: pure functions over what the footprint block found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright_specs.devices import DeviceProfile
    from edgewright_specs.impulse import BudgetSpec

KIB = 1024
TASK = "fits"


@dataclass(frozen=True)
class Room:
    """How much there is: bytes and milliseconds, None where nothing limits; ``who`` says whose limit each is."""

    ram_bytes: int | None
    flash_bytes: int | None
    ms: float | None
    who: Mapping[str, str]

    @classmethod
    def of(cls, device: DeviceProfile | None, budget: BudgetSpec | None) -> Room:
        """The budget's limits, and where it has none the device's."""
        sizes: dict[str, int | None] = {}
        who: dict[str, str] = {}
        for name in ("ram", "flash"):
            own = getattr(budget, f"{name}_kb", None)
            has = getattr(device, f"{name}_kb", None)
            limit = own if own is not None else has
            sizes[f"{name}_bytes"] = None if limit is None else int(limit * KIB)
            if own is not None:
                who[name] = "the budget"
            elif device is not None:
                who[name] = f"device {device.name}"
        return cls(**sizes, ms=getattr(budget, "ms", None), who=who)


def fits_document(
    plan: Mapping[str, Any],
    measured: Mapping[str, Any] | None,
    device: DeviceProfile | None,
    room: Room,
    *,
    period_ms: float | None = None,
) -> dict[str, Any]:
    """Needs of all nodes, the room there is, and what exceeds it.

    Parameters
    ----------
    plan : mapping
        What is known without compiling: then sizes are those of tables and arena, which code and stack come on top of.
    measured : mapping or None
        Compiled sizes and counted instructions.
    device : DeviceProfile or None
        For the cycles that an instruction is assumed to take.
    room : Room
    period_ms : float, optional
        From one window of a stream to the next.
    """
    found = measured or {}
    nodes = [_node(node, device) for node in found.get("nodes") or plan["nodes"]]
    flash = found.get("flash_bytes") or {"total": plan["tables_bytes"], "tables": plan["tables_bytes"]}
    ram = found.get("ram_bytes") or {
        "total": plan["arena_bytes"] + plan["state_bytes"],
        "arena": plan["arena_bytes"],
        "stream": plan["state_bytes"],
    }
    document: dict[str, Any] = {
        "device": None if device is None else device.model_dump(),
        "room": {**asdict(room), "who": dict(room.who)},
        "measured": measured is not None,
        "flash_bytes": dict(flash),
        "ram_bytes": dict(ram),
        "instructions": found.get("instructions"),
        "stream_instructions": found.get("stream_instructions"),
        "milliseconds": _range(device, (found.get("instructions") or {}).get("largest")),
        "stream_milliseconds": _range(device, found.get("stream_instructions")),
        "period_ms": period_ms,
        "windows": found.get("windows", 0),
        "nodes": nodes,
        "missing": list(found.get("missing", ())),
        "by": {name: found[name] for name in ("compiler", "optimisation", "linked") if name in found},
    }
    document["exceeded"] = _exceeded(document, room)
    return document


def check_fits(document: Mapping[str, Any]) -> None:
    """Refuse what doesn't fit.

    Raises
    ------
    TaskError
        ``refused``, naming the node that takes most, and the numbers.
    """
    if document["exceeded"]:
        raise TaskError(
            TASK, "refused", "; ".join(document["exceeded"]),
            hint="smaller blocks or parameters, a larger `device` or `budget`; `edgewright estimate` shows all nodes",
        )  # fmt: skip


def range_text(found: Sequence[float] | None) -> str:
    """Milliseconds from and to, with three digits: ``0.592 to 1.18``, ``498 to 1,330``; a dash where nothing is known."""
    return "–" if found is None else " to ".join(_three_digits(value) for value in found)


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{float(f'{value:.3g}'):,.0f}"


def _node(node: Mapping[str, Any], device: DeviceProfile | None) -> dict[str, Any]:
    instructions = node.get("instructions")
    return {
        "id": node["id"],
        "tables_bytes": node["tables_bytes"],
        "code_bytes": node.get("code_bytes"),
        "flash_bytes": node.get("flash_bytes", node["tables_bytes"]),
        "ram_bytes": node["live_bytes"] + node["state_bytes"],
        "instructions": instructions,
        "milliseconds": _range(device, (instructions or {}).get("largest")),
    }


def _range(device: DeviceProfile | None, instructions: float | None) -> list[float] | None:
    if device is None or instructions is None:
        return None
    return [round(value, 6) for value in device.milliseconds(instructions)]


def _exceeded(document: Mapping[str, Any], room: Room) -> list[str]:
    """A sentence for each limit that is exceeded for certain."""
    told = []
    for name, what in (("flash", "flash"), ("ram", "RAM")):
        limit, needed = getattr(room, f"{name}_bytes"), document[f"{name}_bytes"]["total"]
        if limit is not None and needed > limit:
            largest = max(document["nodes"], key=lambda node: node[f"{name}_bytes"], default=None)
            most = (
                ""
                if largest is None
                else f", node {largest['id']!r} alone {largest[f'{name}_bytes']:,} bytes"
            )
            least = "" if document["measured"] else "at least "
            told.append(f"it takes {least}{needed:,} bytes of {what}{most}; {room.who[name]} has {limit:,}")
    taken = document["milliseconds"]
    if room.ms is not None and taken is not None and taken[0] > room.ms:
        slowest = max(document["nodes"], key=lambda node: (node["milliseconds"] or [0])[0])
        told.append(
            f"a window takes {_three_digits(taken[0])} ms at best (estimated), node {slowest['id']!r} alone "
            f"{_three_digits(slowest['milliseconds'][0])} ms; the budget is {room.ms:g} ms"
        )
    return told
