"""Printing what classification and regression nodes found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.console import Console
    from edgewright.running import Run

_FIGURES = {
    "classification": ("n", "accuracy", "macro_f1", "log_loss"),
    "regression": ("n", "mae", "rmse", "r2"),
    "combined": ("n", "accuracy", "macro_f1"),
}


def show_predictions(console: Console, run: Run, node: str) -> None:
    """Print the test metrics of one classification or regression node, or of all nodes together."""
    metrics = run.metrics(node)
    names = _FIGURES[metrics["kind"]]
    console.print()
    classes = metrics.get("classes") or []
    title = "all nodes together" if metrics["kind"] == "combined" else f"{node}: {metrics['kind']}"
    console.print(title + (f" of {len(classes)} classes: {', '.join(classes)}" if classes else ""))
    rows = [
        (table, *(_show(metrics[table][name]) for name in names))
        for table in ("windows", "recordings")
        if metrics.get(table)
    ]
    if rows:
        console.table([metrics["split"], *names], rows, indent=2)
    else:
        console.print("  no labelled sample to test on")
    unknown = metrics.get("unknown_labels") or {}
    if unknown:
        named = ", ".join(f"{label} ({count} windows)" for label, count in unknown.items())
        console.print(f"  not in training, so counted as wrong: {named}")


def show_mistakes(console: Console, run: Run, node: str, most: int) -> None:
    """Print the recordings that a node errs on most."""
    metrics, recordings = run.metrics(node), run.decisions(node)["recordings"]
    if metrics["kind"] == "classification":
        wrong = [row for row in recordings if row["right"] is False]
        title = f"taken for another class: {len(wrong)} recordings, the surest first"
        columns = ["recording", "label", "predicted", "probability"]
        rows = [(row["name"], row["label"], row["predicted"], _show(row["probability"])) for row in wrong]
    else:
        far = [row for row in recordings if row["error"] is not None]
        title = "recordings, the largest error first"
        columns = ["recording", "label", "predicted", "error"]
        rows = [(row["name"], row["label"], _show(row["value"]), _show(row["error"])) for row in far]
    if rows:
        console.print(f"\n  {title}")
        console.table(columns, rows[:most], indent=2)


def verdict_text(verdict: Mapping[str, Any]) -> str:
    """Say in a few words what a window's verdict is, whatever the kind of its node."""
    if "class" in verdict:
        return f"{verdict['class']}  probability {verdict['probability']:.3g}"
    if "value" in verdict:
        return f"value {verdict['value']:.6g}"
    top = ", ".join(f"{label} {value:.3g}" for label, value in verdict["contributions"])
    decision = "ANOMALY" if verdict["anomalous"] else "normal "
    return f"{decision}  score {verdict['score']:.4g}  p {verdict['p']:.3g}  {top}"


def _show(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
