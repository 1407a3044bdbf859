"""Error analysis: what is listed, in which order, and where it lies in the recording."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.scoring import decisions_document, misclassified_document, mistakes_document, table

SAMPLES = [
    {"name": "idle_1", "file": "idle/1.csv", "label": "idle", "normal": True},
    {"name": "fault_1", "file": "fault/1.csv", "label": "fault", "normal": False},
    {"name": "fault_2", "file": "fault/2.csv", "label": "fault", "normal": False},
    {"name": "unknown", "file": "x.csv", "label": None, "normal": None},
]
OWNER, START = [0, 0, 0, 1, 1, 2, 3], [0, 50, 100, 0, 50, 0, 0]
SCORES = [0.2, 1.5, 3.0, 0.9, 4.0, -2.0, 9.0]


def test_mistakes_are_sorted_by_their_distance_from_the_threshold():
    windows = {"sample": OWNER, "start": START}
    decisions = decisions_document(SCORES, windows, SAMPLES, 1.0, table(np.arange(20) / 20))
    found = mistakes_document(decisions, SAMPLES, length=100, frequency=50.0)
    alarms, misses = found["windows"]["false_alarms"], found["windows"]["misses"]
    assert [(row["row"], row["from"], row["to"], row["distance"]) for row in alarms] == [
        (2, 2.0, 4.0, 2.0),
        (1, 1.0, 3.0, 0.5),
    ]
    assert [(row["name"], row["distance"]) for row in misses] == [
        ("fault_2", 3.0),
        ("fault_1", pytest.approx(0.1)),
    ]
    assert alarms[0]["file"] == "idle/1.csv"
    assert found["counts"] == {"false_alarms": 2, "misses": 2}
    (recording,) = found["recordings"]["false_alarms"]
    assert (recording["name"], recording["over"], recording["windows"]) == ("idle_1", 2, 3)
    assert recording["peak"] == {"row": 2, "from": 2.0, "to": 4.0, "score": 3.0}
    assert [row["name"] for row in found["recordings"]["misses"]] == [
        "fault_2"
    ]  # the other one has a window above
    few = mistakes_document(decisions, SAMPLES, length=100, frequency=50.0, most=1)
    assert [row["row"] for row in few["windows"]["false_alarms"]] == [2]
    assert few["counts"] == found["counts"]


def test_the_surest_wrong_classes_come_first():
    decisions = {
        "classes": ["idle", "fault"],
        "windows": {
            "sample": OWNER,
            "start": START,
            "predicted": [0, 1, 1, 1, 0, 1, 0],
            "probability": [0.9, 0.6, 0.8, 1.0, 0.7, 0.9, 1.0],
        },
        "recordings": [
            {"sample": 0, "predicted": "fault", "probability": 0.7, "right": False},
            {"sample": 3, "predicted": "idle", "probability": 1.0, "right": None},
        ],
    }
    found = misclassified_document(decisions, SAMPLES, length=100, frequency=50.0)
    assert [(row["row"], row["label"], row["predicted"]) for row in found["windows"]] == [
        (2, "idle", "fault"),
        (4, "fault", "idle"),
        (1, "idle", "fault"),
    ]
    assert [row["name"] for row in found["recordings"]] == ["idle_1"]
    assert found["counts"] == {"windows": 3}
