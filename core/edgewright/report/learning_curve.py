"""What models of fewer samples make of the test split, and when more of them stopped helping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.wording import wording

if TYPE_CHECKING:
    from edgewright.running.run import Run

_NAMES = ("10 % of normal", "half of normal", "90 % of normal")


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Lines over the number of samples, in words and numbers too; None where nobody looked."""
    document = run.learning_curve(node)
    if document is None or document["points"][-1]["quantiles"] is None:
        return None
    words, points = wording(run), document["points"]
    across = {
        "label": f"{words.recording}s learned from",
        "scale": "log",
        "values": [point["samples"] for point in points],
    }
    below = [
        {"name": name, "values": [point["quantiles"][number] for point in points]}
        for number, name in enumerate(_NAMES)
    ]
    plots = [
        {
            "kind": "lines", "title": f"Scores of unseen normal {words.window}s", "x": across, "y": {"label": "score that so many stay below"},
            "series": below,
        }
    ]  # fmt: skip
    judged = document["abnormal"] > 0
    if judged:
        series = [{"name": "AUROC", "values": [point["auroc"] for point in points]}]
        title = f"AUROC of the {document['split']} split"
        plots.insert(
            0, {"kind": "lines", "title": title, "x": across, "y": {"label": "AUROC"}, "series": series}
        )
    rows = [
        [point["samples"], *(() if words.whole else (point["windows"],)), *((point["auroc"],) if judged else ()), *point["quantiles"]]
        for point in points
    ]  # fmt: skip
    columns = [
        f"{words.recording}s",
        *(() if words.whole else ("windows",)),
        *(("AUROC",) if judged else ()),
        *_NAMES,
    ]
    told = f"By {document['normal']} normal and {document['abnormal']} abnormal {words.window}s of the {document['split']} split."
    interval = (run.metrics(node)["windows"] or {}).get("auroc_interval") if judged else None
    if interval:
        told += f" The AUROC of the last is {interval[0]:.3f} to {interval[1]:.3f} (95 % interval): smaller differences may be chance."
    return {
        "text": f"{document['text']} {told}",
        "plots": plots,
        "tables": [{"title": "", "columns": columns, "rows": rows}],
    }
