"""Error analysis: which windows and recordings a node judges wrongly, and how far from right they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Windows listed, of each kind.
MOST_WINDOWS = 100


def mistakes_document(
    decisions: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]],
    *,
    length: int,
    frequency: float,
    most: int = MOST_WINDOWS,
) -> dict[str, Any]:
    """Sort what an anomaly node judges wrongly by how far it lies from the threshold.

    Parameters
    ----------
    decisions : mapping
        ``decisions.json`` of an anomaly node.
    samples : sequence of mapping
        ``samples.json``.
    length : int
        Values of a window.
    frequency : float
        Values a second.
    most : int
        Windows listed on each side.

    Returns
    -------
    dict
        ``windows`` and ``recordings``, each with ``false_alarms`` (normal, but above) and ``misses`` (abnormal, but not
        above), the farthest from the threshold first. A window has ``row`` (its place in ``decisions``), ``sample``,
        ``name``, ``file``, ``label``, ``from`` and ``to`` (seconds into the recording), ``score``, ``distance``, ``p``.
        A recording has ``score``, ``distance`` (from its limit), ``over`` of ``windows``, and ``peak``: its window with
        the highest score. ``counts`` tell how many windows there are on each side.
    """
    columns, threshold = decisions["windows"], float(decisions["threshold"])
    normal = [sample.get("normal") for sample in samples]
    owner = np.asarray(columns["sample"], np.int64)
    scores = np.asarray(columns["score"], np.float64)
    flags = np.asarray(columns["anomalous"], bool)

    def window(row: int) -> dict[str, Any]:
        start = int(columns["start"][row])
        return {
            "row": row,
            **_of(samples, int(owner[row])),
            "from": round(start / frequency, 6),
            "to": round((start + length) / frequency, 6),
            "score": float(scores[row]),
            "distance": abs(float(scores[row]) - threshold),
            "p": columns["p"][row],
        }

    def recording(row: Mapping[str, Any]) -> dict[str, Any]:
        own = np.flatnonzero(owner == row["sample"])
        peak = window(int(own[np.argmax(scores[own])]))
        return {
            **_of(samples, row["sample"]),
            "score": row["score"],
            "distance": abs(row["score"] - float(decisions["aggregate"]["limit"])),
            "over": row["over"],
            "windows": row["windows"],
            "peak": {name: peak[name] for name in ("row", "from", "to", "score")},
        }

    document: dict[str, Any] = {"windows": {}, "recordings": {}, "counts": {}}
    for side, expected, said in (("false_alarms", True, True), ("misses", False, False)):
        of_kind = np.array([normal[number] is expected for number in owner], bool)
        rows = np.flatnonzero(of_kind & (flags == said))
        order = rows[np.argsort(-np.abs(scores[rows] - threshold), kind="stable")]
        document["windows"][side] = [window(int(row)) for row in order[:most]]
        document["counts"][side] = len(rows)
        wrong = [
            recording(row)
            for row in decisions["recordings"]
            if row["anomalous"] is said and normal[row["sample"]] is expected
        ]
        document["recordings"][side] = sorted(wrong, key=lambda row: (-row["distance"], row["name"]))
    return document


def misclassified_document(
    decisions: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]],
    *,
    length: int,
    frequency: float,
    most: int = MOST_WINDOWS,
) -> dict[str, Any]:
    """List the windows and recordings that a classification node takes for another class, the surest first.

    Returns
    -------
    dict
        ``windows`` and ``recordings``: lists of ``sample``, ``name``, ``file``, ``label``, ``predicted``,
        ``probability``; windows with ``row``, ``from`` and ``to`` too. ``counts``: how many windows there are.
    """
    columns, classes = decisions["windows"], decisions["classes"]
    labels = [sample.get("label") for sample in samples]
    rows = [
        row
        for row, (owner, said) in enumerate(zip(columns["sample"], columns["predicted"], strict=True))
        if labels[owner] is not None and labels[owner] != classes[said]
    ]
    rows.sort(key=lambda row: (-columns["probability"][row], row))
    return {
        "windows": [
            {
                "row": row,
                **_of(samples, columns["sample"][row]),
                "from": round(columns["start"][row] / frequency, 6),
                "to": round((columns["start"][row] + length) / frequency, 6),
                "predicted": classes[columns["predicted"][row]],
                "probability": columns["probability"][row],
            }
            for row in rows[:most]
        ],
        "recordings": [
            {**_of(samples, row["sample"]), "predicted": row["predicted"], "probability": row["probability"]}
            for row in decisions["recordings"]
            if row["right"] is False
        ],
        "counts": {"windows": len(rows)},
    }


def _of(samples: Sequence[Mapping[str, Any]], number: int) -> dict[str, Any]:
    sample = samples[number]
    return {
        "sample": number,
        "name": str(sample["name"]),
        "file": sample.get("file"),
        "label": sample.get("label"),
    }
