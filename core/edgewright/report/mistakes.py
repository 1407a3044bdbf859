"""Error analysis: the windows that a node judges most wrongly, in a table and as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.sampling import envelope
from edgewright.running.examining import mistakes_of
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.running.run import Run
    from edgewright.wording import Wording

SHOWN = 3
MAX_ROWS = 10
MAX_VALUES = 600
MAX_AXES = 6
_TITLES = {"false_alarms": "False alarm", "misses": "Missed"}


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Windows judged wrongly by distance from the threshold, or by how sure of the wrong class; None without any."""
    document = mistakes_of(run, node)
    if not document or not any(document["counts"].values()):
        return None
    first, _ = run.rows(run.decisions(node)["split"])
    words = wording(run)
    if run.description(node)["kind"] == "classification":
        windows = document["windows"]
        return {
            "text": f"{words.window.capitalize()}s taken for another class: {document['counts']['windows']}, the surest first.",
            "tables": [_wrong_classes(windows, words)],
            "plots": [
                _picture(run, first, row, f"{row['label']} taken for {row['predicted']}")
                for row in windows[:SHOWN]
            ],
        }
    counts = document["counts"]
    tables, plots = [], []
    for side, title in _TITLES.items():
        windows = document["windows"][side]
        if windows:
            tables.append(_far(f"{title}: {counts[side]} {words.window}(s)", windows, words))
        plots += [_picture(run, first, row, title) for row in windows[:SHOWN]]
    return {
        "text": (
            f"Normal {words.window}s above the threshold: {counts['false_alarms']}; abnormal ones that are not: "
            f"{counts['misses']}. The farthest from it come first: what is surely wrong, in the model or in the labels."
        ),
        "tables": tables,
        "plots": plots,
    }


def _far(title: str, windows: Sequence[Mapping[str, Any]], words: Wording) -> dict[str, Any]:
    rows = [
        [
            row["name"], row["label"], *(row[time] for time in _times(words)), row["score"], row["distance"], row["p"],
            ", ".join(f"{label} {value:.3g}" for label, value in row.get("contributions", ())), row["file"] or "–",
        ]
        for row in windows[:MAX_ROWS]
    ]  # fmt: skip
    columns = [
        words.recording,
        "label",
        *(f"{time} s" for time in _times(words)),
        "score",
        "distance from the threshold",
        "p",
        "what weighed most",
        "file",
    ]
    return {"title": title, "columns": columns, "rows": rows}


def _times(words: Wording) -> tuple[str, ...]:
    return () if words.whole else ("from", "to")


def _wrong_classes(windows: Sequence[Mapping[str, Any]], words: Wording) -> dict[str, Any]:
    names = ("name", "label", "predicted", "probability", *_times(words), "file")
    seconds = [f"{time} s" for time in _times(words)]
    columns = [words.recording, "label", "predicted", "probability", *seconds, "file"]
    return {
        "title": f"{words.window.capitalize()}s",
        "columns": columns,
        "rows": [[row[name] for name in names] for row in windows[:MAX_ROWS]],
    }


def _picture(run: Run, first: int, row: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The signal of one window, or its pixels."""
    values = run.window(first + row["row"])
    title = f"{what}: {row['name']}" + (f", {row['from']:g} to {row['to']:g} s" if values.ndim == 2 else "")
    if "score" in row:
        title += f", score {row['score']:.4g}"
    if values.ndim == 3:
        height, width, channels = values.shape
        return {
            "kind": "image", "title": title, "width": width, "height": height, "channels": channels,
            "values": values.reshape(-1).tolist(),
        }  # fmt: skip
    axes = [str(axis) for axis in run.windows_info["axes"]][:MAX_AXES]
    thinned, _ = envelope(values[:, : len(axes)], MAX_VALUES)
    times = np.linspace(row["from"], row["to"], len(thinned), endpoint=False)
    return {
        "kind": "lines",
        "title": title,
        "x": {"label": "seconds", "values": [round(float(time), 6) for time in times]},
        "y": {"label": ""},
        "series": [{"name": axis, "values": thinned[:, i].tolist()} for i, axis in enumerate(axes)],
    }
