"""The data panel: what was recorded, how it was split, what it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.sampling import recording

if TYPE_CHECKING:
    from edgewright.running.run import Run

MAX_LABELS = 60
MAX_SIGNALS = 8
MAX_VALUES = 600


def build(run: Run) -> dict[str, Any]:
    """Classes by split with durations, windowing, and one signal of each label."""
    info = run.windows_info
    frequency = float(info.get("frequency") or 1.0)
    windows = np.bincount(np.asarray(run.index["sample"]), minlength=len(run.samples))
    splits = list(info["splits"])
    rows: dict[str, dict[str, Any]] = {}
    for number, sample in enumerate(run.samples):
        label = str(sample["label"])
        row = rows.setdefault(
            label,
            {
                "label": label,
                "normal": sample.get("normal"),
                "recordings": dict.fromkeys(splits, 0),
                "windows": dict.fromkeys(splits, 0),
                "seconds": 0.0,
                "durations": [],
                "first": number,
            },
        )
        split = str(sample["split"])
        row["recordings"][split] = row["recordings"].get(split, 0) + 1
        row["windows"][split] = row["windows"].get(split, 0) + int(windows[number])
        row["durations"].append(float(sample["length"]) / frequency)
    table = sorted(rows.values(), key=lambda row: ({True: 0, None: 1, False: 2}[row["normal"]], row["label"]))
    for row in table:
        durations = row.pop("durations")
        row["seconds"] = float(np.sum(durations))
        row["shortest"], row["longest"] = float(np.min(durations)), float(np.max(durations))
    shown = table[:MAX_SIGNALS]
    return {
        "splits": splits,
        "labels": table[:MAX_LABELS],
        "labels_left_out": max(0, len(table) - MAX_LABELS),
        "samples": len(run.samples),
        "windows": len(run.index),
        "without_windows": int(np.sum(windows == 0)),
        "seconds": float(sum(row["seconds"] for row in table)),
        "frequency": frequency,
        "axes": [str(axis) for axis in info["axes"]],
        "window_seconds": info["length"] / frequency,
        "stride_seconds": info["stride"] / frequency,
        "whole": bool(info.get("whole")),
        "image": {name: info[name] for name in ("width", "height", "channels", "resize")}
        if run.of_images
        else None,
        "signals": [
            {
                "name": str(run.samples[row["first"]]["name"]),
                "label": row["label"],
                "normal": row["normal"],
                **recording(run, row["first"], MAX_VALUES),
            }
            for row in shown
        ],
    }
