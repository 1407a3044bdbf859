"""What learning blocks draw of what they learned: their ``plots.json``, cut to what a page can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.running.run import Run

MAX_PLOTS = 12
MAX_BYTES = 2_000_000


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Plots of one node but the cluster space, which the anomaly explorer shows; None when there are none."""
    import json

    plots: list[dict[str, Any]] = []
    dropped = 0
    for plot in run.plots(node):
        if not isinstance(plot, dict) or plot.get("kind") == "space":
            continue
        if len(plots) >= MAX_PLOTS or len(json.dumps(plot)) > MAX_BYTES:
            dropped += 1
            continue
        plots.append(plot)
    if not plots and not dropped:
        return None
    text = f"{dropped} more plots are too many or too large for this page." if dropped else ""
    return {"plots": plots, "text": text}
