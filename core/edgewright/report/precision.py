"""What int8 costs: figures, scores and decisions beside those of float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.running.examining import precision_of
from edgewright.wording import wording

if TYPE_CHECKING:
    from edgewright.running.run import Run

MAX_ROWS = 30


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Figures of both, and the windows that are decided otherwise; None of a node that computes in float32."""
    document = precision_of(run, node)
    if document is None:
        return None
    split = run.decisions(node)["split"]
    what = "probability" if run.description(node)["kind"] == "classification" else "score"
    figures = [
        [name.upper() if name in ("auroc", "fpr", "fnr", "mae", "rmse") else name.replace("_", " "), *pair]
        for name, pair in document["figures"].items()
        if pair != [None, None]
    ]
    words = wording(run)
    times = () if words.whole else ("from", "to")
    rows = [
        [row[name] for name in ("name", "label", *times, "float32", "int8", "change")]
        for row in document["windows"][:MAX_ROWS]
    ]
    seconds = [f"{name} s" for name in times]
    columns = [words.recording, "label", *seconds, "float32", "int8", f"change of {what}"]
    tables = [
        {"title": f"{words.window.capitalize()}s", "columns": ["", "float32", "int8"], "rows": figures},
        {
            "title": f"{words.window.capitalize()}s decided otherwise: {document['count']} of {document['of']}",
            "columns": columns,
            "rows": rows,
        },
    ]
    return {
        "text": (
            f"This network computes in integers of 8 bits, here as on the device. Of the {split} split: the largest change of a {what} "
            f"is {document['largest_change']:.3g}, the mean change {document['mean_change']:.3g}; decided otherwise are "
            f"{document['count']} of {document['of']} {words.window}s."
        ),
        "tables": [table for table in tables if table["rows"]],
    }
