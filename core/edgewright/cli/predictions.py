"""Printing what classification and regression nodes found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.console import Console
    from edgewright.running import Run

_FIGURES = {
    "classification": ("n", "accuracy", "macro_f1", "log_loss"),
    "regression": ("n", "mae", "rmse", "r2"),
    "combined": ("n", "accuracy", "macro_f1"),
}

#: With more classes the confusion is only in the report.
MAX_CONFUSION = 8


def show_predictions(console: Console, run: Run, node: str) -> None:
    """Print the test metrics of one classification or regression node, or of all nodes together."""
    metrics = run.metrics(node)
    names = _FIGURES[metrics["kind"]]
    console.print()
    classes = metrics.get("classes") or []
    title = "all nodes together" if metrics["kind"] == "combined" else f"{node}: {metrics['kind']}"
    console.print(title + (f" of {len(classes)} classes: {', '.join(classes)}" if classes else ""))
    rows = [
        (title, *(_show(metrics[table][name]) for name in names))
        for title, table in wording(run).tables.items()
        if metrics.get(table)
    ]
    if rows:
        console.table([metrics["split"], *names], rows, indent=2)
        show_intervals(console, run, metrics, "accuracy")
    else:
        console.print("  no labelled sample to test on")
    unknown = metrics.get("unknown_labels") or {}
    if unknown:
        named = ", ".join(f"{label} ({count} {wording(run).window}s)" for label, count in unknown.items())
        console.print(f"  not in training, so counted as wrong: {named}")


def show_intervals(console: Console, run: Run, metrics: Mapping[str, Any], name: str) -> None:
    """Print the 95 % intervals of a figure, which resample recordings or groups, where there are any."""
    parts = [
        f"{title} {metrics[table][f'{name}_interval'][0]:.3f} to {metrics[table][f'{name}_interval'][1]:.3f}"
        for title, table in wording(run).tables.items()
        if metrics.get(table) and metrics[table].get(f"{name}_interval")
    ]
    if parts:
        what = wording(run).recording
        console.print(f"  {name}, 95 % interval over {what}s or their groups: {', '.join(parts)}")


def show_classes(console: Console, run: Run, node: str) -> None:
    """Print figures by class over windows, and the confusion where it is small; nothing of numbers."""
    table = run.metrics(node).get("windows")
    if not table or "per_class" not in table:
        return
    names = ("precision", "recall", "f1", "support")
    classes = list(table["per_class"])
    console.print()
    confusion = [f"as {name}" for name in classes] if len(classes) <= MAX_CONFUSION else []
    rows = []
    for label, counts in zip(table["labels"], table["confusion"], strict=True):
        figures = table["per_class"].get(label)  # none of a label that is no class
        cells = [_show(figures[name]) for name in names] if figures else ["–", "–", "–", str(sum(counts))]
        rows.append((label, *cells, *(counts if confusion else ())))
    console.table([f"{wording(run).window}s of", *names, *confusion], rows, indent=2)


def verdict_text(verdict: Mapping[str, Any]) -> str:
    """Say in a few words what a window's verdict is, whatever the kind of its node."""
    if "class" in verdict:
        return f"{verdict['class']}  probability {verdict['probability']:.3g}"
    if "value" in verdict:
        return f"value {verdict['value']:.6g}"
    top = ", ".join(f"{label} {value:.3g}" for label, value in verdict["contributions"])
    decision = "ANOMALY" if verdict["anomalous"] else "normal "
    drift = f"  drift {verdict['drift']:.2g}" if verdict.get("drifting") else ""
    return f"{decision}  score {verdict['score']:.4g}  p {verdict['p']:.3g}  {top}{drift}"


def _show(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
