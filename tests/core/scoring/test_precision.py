"""int8 beside float32: figures of both, and the windows that are decided otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.errors import DataError
from edgewright.scoring import (
    decisions_document,
    precision_document,
    predictions_document,
    table,
    values_document,
)

SAMPLES = [
    {"name": "idle", "label": "1", "normal": True},
    {"name": "fault", "label": "2", "normal": False},
    {"name": "other", "label": None, "normal": None},
]
WINDOWS = {"sample": [0, 0, 1, 1, 2], "start": [0, 50, 0, 50, 0]}
SIZE = {"length": 100, "frequency": 50.0}


def test_scores_are_compared_at_the_threshold():
    int8, float32 = [0.2, 1.5, 0.9, 4.0, 9.0], [[0.1], [0.9], [1.4], [4.0], [9.0]]
    decisions = decisions_document(int8, WINDOWS, SAMPLES, 1.0, table(np.arange(20) / 20))
    found = precision_document(int8, float32, decisions, SAMPLES, **SIZE)
    assert (found["count"], found["of"]) == (2, 5)
    assert found["largest_change"] == pytest.approx(0.6)
    rows = [(row["name"], row["row"], row["from"], row["float32"], row["int8"]) for row in found["windows"]]
    assert rows == [("idle", 1, 1.0, 0.9, 1.5), ("fault", 2, 0.0, 1.4, 0.9)]
    assert found["figures"] == {
        "auroc": [1.0, 0.75], "accuracy": [1.0, 0.5], "fpr": [0.0, 0.5], "fnr": [0.0, 0.5]
    }  # fmt: skip


def test_classes_are_compared_by_the_likeliest():
    classes = ["1", "2"]
    int8 = np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9], [0.2, 0.8], [0.5, 0.5]])
    float32 = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.6, 0.4]])
    decisions = predictions_document(int8, WINDOWS, SAMPLES, classes)
    found = precision_document(int8, float32, decisions, SAMPLES, **SIZE)
    assert [(row["row"], row["float32"], row["int8"]) for row in found["windows"]] == [(1, "1", "2")]
    assert found["figures"]["accuracy"] == [1.0, 0.75]
    with pytest.raises(DataError, match="must be as many"):
        precision_document(int8, float32[:, :1], decisions, SAMPLES, **SIZE)


def test_numbers_have_errors_and_decide_nothing():
    int8 = [1.0, 1.5, 2.0, 2.0, 7.0]
    decisions = values_document(int8, WINDOWS, SAMPLES)
    found = precision_document(int8, [[1.0], [1.0], [2.0], [2.0], [7.0]], decisions, SAMPLES, **SIZE)
    assert (found["count"], found["windows"], found["mean_change"]) == (0, [], pytest.approx(0.1))
    assert found["figures"]["mae"] == [0.0, pytest.approx(0.125)]
