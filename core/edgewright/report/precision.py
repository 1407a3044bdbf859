"""What int8 costs: figures, scores and decisions beside those of float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.running.examining import precision_of

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
    rows = [
        [row["name"], row["label"], row["from"], row["to"], row["float32"], row["int8"], row["change"]]
        for row in document["windows"][:MAX_ROWS]
    ]
    columns = ["recording", "label", "from s", "to s", "float32", "int8", f"change of {what}"]
    tables = [
        {"title": "Windows", "columns": ["", "float32", "int8"], "rows": figures},
        {
            "title": f"Windows decided otherwise: {document['count']} of {document['of']}",
            "columns": columns,
            "rows": rows,
        },
    ]
    return {
        "text": (
            f"This network computes in integers of 8 bits, here as on the device. Of the {split} split: the largest change of a {what} "
            f"is {document['largest_change']:.3g}, the mean change {document['mean_change']:.3g}; decided otherwise are "
            f"{document['count']} of {document['of']} windows."
        ),
        "tables": [table for table in tables if table["rows"]],
    }
