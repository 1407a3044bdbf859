"""Scores and threshold of an anomaly node: distributions, rules, confusion, curves; and its worst samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.sampling import packed, recording, spread
from edgewright.scoring import roc_metrics
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright.running.run import Run

MAX_SCORES = 4000
MAX_CURVE = 300
WORST = 6
MAX_VALUES = 500


def build(run: Run, node: str) -> dict[str, Any]:
    """Score distributions with every rule's threshold, metrics of both tables, ROC and precision–recall curves."""
    threshold, metrics, decisions = run.threshold(node), run.metrics(node), run.decisions(node)
    scores = np.asarray(decisions["windows"]["score"], dtype=np.float64)
    truth = _truth(run.samples_of(node), decisions)
    explored = bool(run.windows_info.get("explore"))  # then what is decided is what thresholds read
    held_out = None if explored else run.held_out(node)
    distributions = [
        ("held-out normal", np.zeros(0) if held_out is None else np.asarray(held_out, dtype=np.float64)),
        (f"{decisions['split']} normal", scores[truth == 0]),
        (f"{decisions['split']} abnormal", scores[truth == 1]),
        (f"{decisions['split']} unlabelled", scores[truth < 0]),
    ]
    rules = []
    normal = scores[truth == 0].astype(np.float32)
    abnormal = scores[truth == 1].astype(np.float32)
    for rule in threshold["rules"]:
        limit = np.float32(rule["value"])
        rules.append(
            {
                **rule,
                "test_fpr": float(np.mean(normal > limit)) if len(normal) else None,
                "test_recall": float(np.mean(abnormal > limit)) if len(abnormal) else None,
            }
        )
    return {
        "node": node,
        **origin(run, node),
        "explored": explored,
        "rules": rules,
        "distributions": [
            {
                "name": name,
                "total": len(values),
                "values": packed(np.sort(values)[spread(len(values), MAX_SCORES)]),
            }
            for name, values in distributions
            if len(values)
        ],
        "metrics": metrics,
        "pixels": run.pixels(node),
        "curves": curves(scores[truth >= 0], truth[truth >= 0] == 1),
    }


def origin(run: Run, node: str) -> dict[str, Any]:
    """The threshold, what it was read from, and what is decided: ``threshold``, ``read``, ``unit``."""
    unit = f"{wording(run).window}s"
    threshold = run.threshold(node)
    return {
        "threshold": {key: value for key, value in threshold.items() if key not in ("rules", "quantiles")},
        "read": _read(run, node, unit) if run.windows_info.get("explore") else f"held-out normal {unit}",
        "unit": unit,
    }


def _read(run: Run, node: str, unit: str) -> str:
    """What the threshold was read from, where nothing is known to be normal."""
    seen = (
        run.contributions(node, "training") is not None
    )  # then their own must go with the scores as if unseen
    if (run.path / "outputs" / node / f"train_{'contributions' if seen else 'scores'}.npy").exists():
        return f"{unit}, each scored by what was learned from others"
    return f"{unit}, which were learned from too"


def curves(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, Any] | None:
    """Points of the ROC and precision–recall curves, thinned; None without both classes."""
    curve = roc_metrics(scores, truth)
    if curve is None:
        return None
    thin = spread(len(curve.fpr), MAX_CURVE)
    return {
        "fpr": curve.fpr[thin].tolist(),
        "recall": curve.recall[thin].tolist(),
        "precision": curve.precision[thin].tolist(),
    }


def worst(run: Run, node: str) -> dict[str, Any] | None:
    """The normal recordings that look most anomalous, and the abnormal ones that look most normal, with signals."""
    decisions = run.decisions(node)
    owner = np.asarray(decisions["windows"]["sample"], dtype=np.int64)
    frequency = float(run.windows_info.get("frequency") or 1.0)

    def show(row: dict[str, Any]) -> dict[str, Any]:
        rows = np.flatnonzero(owner == row["sample"])
        thin = rows[spread(len(rows), 400)]
        return {
            "name": str(row["name"]),
            "label": str(row["label"]),
            "score": row["score"],
            "anomalous": row["anomalous"],
            "over": row["over"],
            "windows": row["windows"],
            "start": [round(decisions["windows"]["start"][i] / frequency, 4) for i in thin],
            "scores": [decisions["windows"]["score"][i] for i in thin],
            "signal": recording(run, row["sample"], MAX_VALUES, axes=6),
        }

    ranked = decisions["recordings"]  # the most anomalous first
    what = f"{wording(run).recording}s"
    groups = [
        {
            "title": f"Normal {what} with the highest scores",
            "wrong": "false alarm",
            "right": "passed",
            "expected": False,
            "rows": [show(row) for row in _first(ranked, True)],
        },
        {
            "title": f"Abnormal {what} with the lowest scores",
            "wrong": "missed",
            "right": "caught",
            "expected": True,
            "rows": [show(row) for row in _first(ranked[::-1], False)],
        },
        {
            "title": f"Unlabelled {what} with the highest scores",
            "wrong": "anomalous",
            "right": "normal",
            "expected": False,
            "rows": [show(row) for row in _first(ranked, None)],
        },
    ]
    groups = [group for group in groups if group["rows"]]
    if not groups:
        return None
    return {
        "threshold": float(decisions["threshold"]),
        "limit": float(decisions["aggregate"]["limit"]),
        "aggregate": str(decisions["aggregate"]["method"]),
        "window_seconds": run.windows_info["length"] / frequency,
        "axes": [str(axis) for axis in run.windows_info["axes"]][:6],
        "groups": groups,
    }


def _truth(samples: Sequence[dict[str, Any]], decisions: dict[str, Any]) -> NDArray[np.int8]:
    """1 abnormal, 0 normal, −1 unknown, for each window decided on."""
    of_sample = np.array(
        [-1 if sample.get("normal") is None else int(not sample["normal"]) for sample in samples],
        dtype=np.int8,
    )
    return of_sample[np.asarray(decisions["windows"]["sample"], dtype=np.int64)]


def _first(rows: list[dict[str, Any]], normal: bool | None) -> list[dict[str, Any]]:
    return [row for row in rows if row["normal"] is normal][:WORST]
