"""Panels of classification and regression nodes: what was predicted of the test split, and where it errs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.names import number_of
from edgewright.report.sampling import spread
from edgewright.running.combination_step import DECISION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.running.run import Run

MAX_CLASSES = 40
MAX_COUNTED = 12
MAX_ROWS = 30
MAX_POINTS = 2000
_CLASS_FIGURES = ("n", "accuracy", "macro_f1", "log_loss")
_NUMBER_FIGURES = ("n", "mae", "rmse", "r2")


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Figures by window and recording, the confusion or the numbers against the truth, and the worst recordings."""
    metrics, decisions = run.metrics(node), run.decisions(node)
    classifies = metrics["kind"] == "classification"
    figures = _CLASS_FIGURES if classifies else _NUMBER_FIGURES
    tables = [_figures(metrics, figures)]
    plots: list[dict[str, Any]] = []
    if classifies:
        plots += [plot for name in ("windows", "recordings") if (plot := _confusion(metrics[name], name))]
        if metrics["windows"]:
            tables += [_counts(metrics["windows"]), _per_class(metrics["windows"])]
        tables.append(_wrong(decisions["recordings"]))
    else:
        plots += _against_truth(decisions["recordings"])
        tables.append(_far(decisions["recordings"]))
    return {"text": _text(metrics), "plots": plots, "tables": [table for table in tables if table["rows"]]}


def combined(run: Run) -> dict[str, Any]:
    """The one decision of several nodes: figures, confusion with ``anomaly`` as a class, and the wrong recordings."""
    metrics, decisions = run.metrics(DECISION), run.decisions(DECISION)
    detectors, classifier = ", ".join(decisions["anomaly"]), decisions["classification"]
    rest = f"the class of {classifier}" if classifier else "normal"
    tables = [_figures(metrics, ("n", "accuracy", "macro_f1"))]
    if metrics["windows"]:
        tables += [_counts(metrics["windows"]), _per_class(metrics["windows"])]
    wrong = [
        [row["name"], row["label"], row["decided"], row["windows"]]
        for row in decisions["recordings"]
        if row["right"] is False
    ]
    title = f"Recordings decided wrongly: {len(wrong)}"
    tables.append(
        {"title": title, "columns": ["recording", "label", "decided", "windows"], "rows": wrong[:MAX_ROWS]}
    )
    plots = [_confusion(metrics[name], name) for name in ("windows", "recordings")]
    return {
        "text": f"A window is an anomaly where the score of {detectors} is above its threshold, else {rest}. Abnormal labels count as anomaly. {_text(metrics)}",
        "plots": [plot for plot in plots if plot],
        "tables": [table for table in tables if table["rows"]],
    }


def _text(metrics: Mapping[str, Any]) -> str:
    words = [f"Of the {metrics['split']} split."]
    if metrics.get("unlabelled"):
        words.append(f"{metrics['unlabelled']} windows can't be judged: their label is missing or no number.")
    unknown = metrics.get("unknown_labels") or {}
    if unknown:
        named = ", ".join(f"{label} ({count})" for label, count in list(unknown.items())[:10])
        words.append(f"Labels that were not in training, so that their windows count as wrong: {named}.")
    return " ".join(words)


def _figures(metrics: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    rows = []
    for split, tables in ((metrics["split"], metrics), ("calibration", metrics.get("calibration") or {})):
        for kind in ("windows", "recordings"):
            if tables.get(kind):
                rows.append([f"{split} {kind}", *(_shown(tables[kind][name]) for name in names)])
    return {"title": "", "columns": ["", *(name.replace("_", " ") for name in names)], "rows": rows}


def _confusion(table: Mapping[str, Any] | None, kind: str) -> dict[str, Any] | None:
    if not table or len(table["labels"]) > MAX_CLASSES:
        return None
    classes = list(table["per_class"])
    return {
        "kind": "heatmap",
        "title": f"Confusion of {kind}",
        "x": {"label": "predicted", "values": classes},
        "y": {"label": "label", "values": table["labels"]},
        "values": table["confusion"],
    }


def _counts(table: Mapping[str, Any]) -> dict[str, Any]:
    """The confusion in numbers, where there are few enough to read."""
    classes = list(table["per_class"])
    rows = [[label, *counts] for label, counts in zip(table["labels"], table["confusion"], strict=True)]
    few = len(classes) <= MAX_COUNTED
    columns = ["label", *(f"as {name}" for name in classes)]
    return {"title": "Windows of each label", "columns": columns, "rows": rows if few else []}


def _per_class(table: Mapping[str, Any]) -> dict[str, Any]:
    names = ("precision", "recall", "f1", "support")
    rows = [
        [label, *(_shown(figures[name]) for name in names)]
        for label, figures in list(table["per_class"].items())[:MAX_CLASSES]
    ]
    return {"title": "Classes, by windows", "columns": ["class", *names], "rows": rows}


def _wrong(recordings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rows = [
        [row["name"], row["label"], row["predicted"], _shown(row["probability"]), row["windows"]]
        for row in recordings
        if row["right"] is False
    ]
    title = f"Recordings taken for another class: {len(rows)}, the surest first"
    columns = ["recording", "label", "predicted", "probability", "windows"]
    return {"title": title, "columns": columns, "rows": rows[:MAX_ROWS]}


def _far(recordings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rows = [
        [row["name"], row["label"], _shown(row["value"]), _shown(row["error"]), row["windows"]]
        for row in recordings
        if row["error"] is not None
    ]
    columns = ["recording", "label", "predicted", "error", "windows"]
    return {"title": "Recordings, the largest error first", "columns": columns, "rows": rows[:MAX_ROWS]}


def _against_truth(recordings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Numbers of recordings over their true ones, in ascending order of these."""
    known = [(number_of(row["label"]), row["value"]) for row in recordings if row["error"] is not None]
    if len(known) < 2:
        return []
    points = np.array(sorted(known), np.float64)
    points = points[spread(len(points), MAX_POINTS)]
    return [
        {
            "kind": "lines",
            "title": "Recordings: predicted and true",
            "x": {"label": "recording, by its label", "values": list(range(len(points)))},
            "y": {"label": "value"},
            "series": [
                {"name": "label", "values": points[:, 0].tolist()},
                {"name": "predicted", "values": points[:, 1].tolist()},
            ],
        }
    ]


def _shown(value: Any) -> Any:
    return "–" if value is None else value
