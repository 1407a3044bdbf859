"""Calibration on a stream: false alarms an hour against missed events, and the settings that no other beats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.errors import EdgewrightError
from edgewright.running.calibrating import calibration_document, events_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.running.run import Run

MAX_EVENTS = 6
MAX_ROWS = 12
MAX_WINDOWS = 200_000


def build(run: Run, node: str) -> dict[str, Any] | None:
    """A curve and a table for an anomaly node, or for each class; None where recordings of both kinds are missing."""
    windows = len(run.decisions(node)["windows"]["sample"])
    recordings = len(run.decisions(node)["recordings"])
    if windows > MAX_WINDOWS or windows < 2 * recordings:  # too long for a page, or no stream
        return None
    found = []
    for label in events_of(run, node)[:MAX_EVENTS]:
        try:
            found.append(calibration_document(run, node, label=label))
        except EdgewrightError:  # one kind of recordings alone has no trade-off to show
            continue
    if not found:
        return None
    return {
        "text": (
            "Scores are averaged over some windows, an alarm is raised above the threshold, and then there is silence "
            "for a while. Shown are the settings that no other beats on these recordings; others may do worse on new ones. "
            "Keep one by `edgewright threshold RUN --set T --smoothing S`."
        ),
        "plots": [_curve(document) for document in found if len(document["front"]) > 1],
        "tables": [_table(document) for document in found],
    }


def _curve(document: Mapping[str, Any]) -> dict[str, Any]:
    front = document["front"]
    return {
        "kind": "lines",
        "title": f"{_event(document)}: false rejects over false alarms an hour",
        "x": {"label": "false alarms an hour", "values": [one["false_alarms_per_hour"] for one in front]},
        "y": {"label": "false rejects"},
        "series": [{"name": "best settings", "values": [one["false_reject_rate"] for one in front]}],
    }


def _table(document: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "false_alarms_per_hour", "missed", "false_reject_rate", "delay", "threshold", "averaging", "smoothing", "suppression",
    )  # fmt: skip
    rows = [[document["now"][name] for name in names]]
    rows += [[one[name] for name in names] for one in document["front"][: MAX_ROWS - 1]]
    columns = [
        "", "false alarms/h", "missed", "false rejects", "delay s", "threshold", "averaged windows", "smoothing",
        "suppression s",
    ]  # fmt: skip
    return {
        "title": (
            f"{_event(document)}: {document['events']} recording(s) of it, {document['hours']:.3g} hours without "
            f"({document['split']})"
        ),
        "columns": columns,
        "rows": [
            ["now" if not number else "", *("–" if cell is None else cell for cell in row)]
            for number, row in enumerate(rows)
        ],
    }


def _event(document: Mapping[str, Any]) -> str:
    return str(document["label"]) if document["label"] is not None else "Anomaly"
