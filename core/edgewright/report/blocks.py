"""What blocks draw: their ``plots.json``, cut to what a page can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.running.run import Run

MAX_PLOTS = 12
MAX_BYTES = 2_000_000


def build(run: Run, node: str) -> dict[str, Any] | None:
    """Plots of one node but the cluster space, which the anomaly explorer shows; None when there are none."""
    return fitting(
        [plot for plot in run.plots(node) if isinstance(plot, dict) and plot.get("kind") != "space"]
    )


def one_window(run: Run, node: str) -> dict[str, Any] | None:
    """What a processing node draws of the middle window of training, and which window that is; None when it draws none."""
    drawn = fitting([plot for plot in run.plots(node) if isinstance(plot, dict)])
    if drawn is None:
        return None
    first, last = run.rows("training")
    row = run.index[(first + last) // 2]
    sample = run.samples[int(row["sample"])]
    seconds = (int(row["start"]) - int(sample["offset"])) / run.windows_info["frequency"]
    where = f"image: {sample['name']}" if run.of_images else f"window: {sample['name']}, from {seconds:g} s"
    place = f"What the block draws of one training {where}."
    return {**drawn, "text": " ".join(text for text in (place, drawn["text"]) if text)}


def fitting(drawn: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """As many plots as a page can hold, and how many that leaves out; None when there are none."""
    import json

    plots = [plot for plot in drawn if len(json.dumps(plot)) <= MAX_BYTES][:MAX_PLOTS]
    if not drawn:
        return None
    dropped = len(drawn) - len(plots)
    text = f"{dropped} more plots are too many or too large for this page." if dropped else ""
    return {"plots": plots, "text": text}
