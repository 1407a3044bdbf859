"""Panels of classification and regression nodes: what was predicted of the test split, and where it errs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.names import number_of
from edgewright.report.sampling import spread
from edgewright.running.combination_step import DECISION
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.running.run import Run
    from edgewright.wording import Wording

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
    figures, words = _CLASS_FIGURES if classifies else _NUMBER_FIGURES, wording(run)
    tables = [_figures(metrics, figures, words)]
    plots: list[dict[str, Any]] = []
    if classifies:
        plots += _confusions(metrics, words)
        if metrics["windows"]:
            tables += [_counts(metrics["windows"], words), _per_class(metrics["windows"], words)]
        tables.append(_wrong(decisions["recordings"], words))
    else:
        plots += _against_truth(decisions["recordings"], words)
        tables.append(_far(decisions["recordings"], words))
    return {
        "text": _text(metrics, words),
        "plots": plots,
        "tables": [table for table in tables if table["rows"]],
    }


def combined(run: Run) -> dict[str, Any]:
    """The one decision of several nodes: figures, confusion with ``anomaly`` as a class, and the wrong recordings."""
    metrics, decisions = run.metrics(DECISION), run.decisions(DECISION)
    detectors, classifier = ", ".join(decisions["anomaly"]), decisions["classification"]
    rest = f"the class of {classifier}" if classifier else "normal"
    words = wording(run)
    tables = [_figures(metrics, ("n", "accuracy", "macro_f1"), words)]
    if metrics["windows"]:
        tables += [_counts(metrics["windows"], words), _per_class(metrics["windows"], words)]
    wrong = [
        [row[name] for name in ("name", "label", "decided", *_count(words))]
        for row in decisions["recordings"]
        if row["right"] is False
    ]
    title = f"{words.recording.capitalize()}s decided wrongly: {len(wrong)}"
    columns = [words.recording, "label", "decided", *_count(words)]
    tables.append({"title": title, "columns": columns, "rows": wrong[:MAX_ROWS]})
    return {
        "text": f"{words.window.capitalize()}s are anomalies where the score of {detectors} is above its threshold, else {rest}. Abnormal labels count as anomaly. {_text(metrics, words)}",
        "plots": _confusions(metrics, words),
        "tables": [table for table in tables if table["rows"]],
    }


def _count(words: Wording) -> tuple[str, ...]:
    """The column that counts a recording's windows, where it can have several."""
    return () if words.whole else ("windows",)


def _text(metrics: Mapping[str, Any], words: Wording) -> str:
    said = [f"Of the {metrics['split']} split."]
    if metrics.get("unlabelled"):
        said.append(
            f"{metrics['unlabelled']} {words.window}s can't be judged: their label is missing or no number."
        )
    unknown = metrics.get("unknown_labels") or {}
    if unknown:
        named = ", ".join(f"{label} ({count})" for label, count in list(unknown.items())[:10])
        said.append(
            f"Labels that were not in training, so that their {words.window}s count as wrong: {named}."
        )
    return " ".join(said)


def _figures(metrics: Mapping[str, Any], names: Sequence[str], words: Wording) -> dict[str, Any]:
    rows = []
    for split, tables in ((metrics["split"], metrics), ("calibration", metrics.get("calibration") or {})):
        for called, kind in words.tables.items():
            if tables.get(kind):
                rows.append([f"{split} {called}", *(_shown(tables[kind][name]) for name in names)])
    return {"title": "", "columns": ["", *(name.replace("_", " ") for name in names)], "rows": rows}


def _confusions(metrics: Mapping[str, Any], words: Wording) -> list[dict[str, Any]]:
    return [
        {
            "kind": "heatmap",
            "title": f"Confusion of {called}",
            "x": {"label": "predicted", "values": list(table["per_class"])},
            "y": {"label": "label", "values": table["labels"]},
            "values": table["confusion"],
        }
        for called, kind in words.tables.items()
        if (table := metrics[kind]) and len(table["labels"]) <= MAX_CLASSES
    ]


def _counts(table: Mapping[str, Any], words: Wording) -> dict[str, Any]:
    """The confusion in numbers, where there are few enough to read."""
    classes = list(table["per_class"])
    rows = [[label, *counts] for label, counts in zip(table["labels"], table["confusion"], strict=True)]
    few = len(classes) <= MAX_COUNTED
    columns = ["label", *(f"as {name}" for name in classes)]
    return {
        "title": f"{words.window.capitalize()}s of each label",
        "columns": columns,
        "rows": rows if few else [],
    }


def _per_class(table: Mapping[str, Any], words: Wording) -> dict[str, Any]:
    names = ("precision", "recall", "f1", "support")
    rows = [
        [label, *(_shown(figures[name]) for name in names)]
        for label, figures in list(table["per_class"].items())[:MAX_CLASSES]
    ]
    return {"title": f"Classes, by {words.window}s", "columns": ["class", *names], "rows": rows}


def _wrong(recordings: Sequence[Mapping[str, Any]], words: Wording) -> dict[str, Any]:
    names = ("label", "predicted", "probability", *_count(words))
    rows = [
        [row["name"], *(_shown(row[name]) for name in names)] for row in recordings if row["right"] is False
    ]
    title = f"{words.recording.capitalize()}s taken for another class: {len(rows)}, the surest first"
    return {"title": title, "columns": [words.recording, *names], "rows": rows[:MAX_ROWS]}


def _far(recordings: Sequence[Mapping[str, Any]], words: Wording) -> dict[str, Any]:
    rows = [
        [row["name"], *(_shown(row[name]) for name in ("label", "value", "error", *_count(words)))]
        for row in recordings
        if row["error"] is not None
    ]
    columns = [words.recording, "label", "predicted", "error", *_count(words)]
    title = f"{words.recording.capitalize()}s, the largest error first"
    return {"title": title, "columns": columns, "rows": rows[:MAX_ROWS]}


def _against_truth(recordings: Sequence[Mapping[str, Any]], words: Wording) -> list[dict[str, Any]]:
    """Numbers of recordings over their true ones, in ascending order of these."""
    known = [(number_of(row["label"]), row["value"]) for row in recordings if row["error"] is not None]
    if len(known) < 2:
        return []
    points = np.array(sorted(known), np.float64)
    points = points[spread(len(points), MAX_POINTS)]
    return [
        {
            "kind": "lines",
            "title": f"{words.recording.capitalize()}s: predicted and true",
            "x": {"label": f"{words.recording}, by its label", "values": list(range(len(points)))},
            "y": {"label": "value"},
            "series": [
                {"name": "label", "values": points[:, 0].tolist()},
                {"name": "predicted", "values": points[:, 1].tolist()},
            ],
        }
    ]


def _shown(value: Any) -> Any:
    return "–" if value is None else value
