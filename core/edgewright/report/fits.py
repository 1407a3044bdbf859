"""What the impulse takes on its device, node by node, beside what there is; and what blocks chose for the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.estimating.fits import range_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.running.run import Run


def build(run: Run) -> dict[str, Any] | None:
    """Tables of needs and choices; None where no device and no budget is named and no block chose anything."""
    document = run.record.get("fits")
    choices = [
        [node["id"], choice["parameter"], _value(choice["value"]), choice["reason"]]
        for node in run.nodes
        for choice in node.get("chosen") or ()
    ]
    tables = []
    if document:
        columns = ["", "flash, bytes", "RAM, bytes", "instructions", "ms, estimated"]
        rows = [["" if cell is None else cell for cell in row] for row in _rows(document)]
        tables.append({"title": "Nodes", "columns": columns, "rows": rows})
    if choices:
        columns = ["node", "parameter", "value", "because"]
        tables.append({"title": "Chosen for the device", "columns": columns, "rows": choices})
    if not tables:
        return None
    return {"text": _text(document) if document else "The impulse names no device.", "tables": tables}


def _text(document: Mapping[str, Any]) -> str:
    device, by = document["device"], document["by"]
    where = (
        "The impulse names no device, but a budget. "
        if device is None
        else f"{device['title']} ({device['name']}): {device['clock_mhz']:g} MHz, {device['ram_kb']:,g} KB of RAM, {device['flash_kb']:,g} KB of flash. "
    )
    if document["exceeded"]:
        verdict = f"It doesn't fit: {'; '.join(document['exceeded'])}. "
    elif document["measured"]:
        verdict = "It fits. "
    else:
        verdict = "Tables and arena fit. "
    if not document["measured"]:
        how = "Code, stack and instructions come on top: edgewright estimate compiles and counts them."
    else:
        how = f"Compiled by {by['compiler']} {by['optimisation']}."
        if document["instructions"] is not None and device is not None:
            low, high = device["cycles"]
            how += (
                f" Instructions ({device['counted']}) are the largest of {document['windows']} windows; milliseconds are an estimate, "
                f"at {low:g} to {high:g} cycles an instruction."
            )
        for one in document["missing"]:
            how += f" No {one['for']}: {one['tool']} was not there."
    return where + verdict + how


def _rows(document: Mapping[str, Any]) -> list[list[Any]]:
    nodes, flash, ram = document["nodes"], document["flash_bytes"], document["ram_bytes"]
    rows = [
        [
            node["id"],
            node["flash_bytes"],
            node["ram_bytes"],
            _largest(node["instructions"]),
            range_text(node["milliseconds"]),
        ]
        for node in nodes
    ]
    if document["measured"]:
        rest = flash["total"] - sum(node["flash_bytes"] for node in nodes)
        rows.append(["runtime, names", rest, None, None, None])
    taken = [_largest(document["instructions"]), range_text(document["milliseconds"])]
    rows.append(["all, a window", flash["total"], ram["total"], *taken])
    if document["stream_instructions"] is not None:
        spent = [document["stream_instructions"], range_text(document["stream_milliseconds"])]
        rows.append(["a stream's next window", None, None, *spent])
    room = document["room"]
    limit = None if room["ms"] is None else f"{room['ms']:g}"
    rows.append(["there is", room["flash_bytes"], room["ram_bytes"], None, limit])
    return rows


def _largest(found: Mapping[str, int] | None) -> int | None:
    return None if found is None else found["largest"]


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
