"""Recordings, and the three documents of an anomaly node."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.scoring import (
    aggregate,
    auroc,
    bootstrap,
    choose,
    decisions_document,
    metrics_document,
    p_values,
    table,
    threshold_document,
)

SAMPLES = [
    {"name": "idle_1", "label": "idle", "normal": True},
    {"name": "idle_2", "label": "idle", "normal": True, "group": "anna"},
    {"name": "fault_1", "label": "fault", "normal": False},
    {"name": "unknown", "label": "?", "normal": None},
]
OWNER = np.array([0, 0, 0, 1, 1, 2, 2, 3])
SCORES = np.array([0.1, 0.2, 0.9, 0.3, 0.1, 2.0, 0.4, 5.0])


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("max", [0.9, 0.3, 2.0, 5.0]),
        ("mean", [0.4, 0.2, 1.2, 5.0]),
        ("top-k", [0.55, 0.2, 1.2, 5.0]),
        ("share-over-threshold", [1 / 3, 0.0, 0.5, 1.0]),
    ],
)
def test_aggregates(method, expected):
    order = np.random.default_rng(0).permutation(len(SCORES))  # windows may come in any order
    ids, values = aggregate(SCORES[order], OWNER[order], method=method, top_k=2, threshold=0.5)
    assert ids.tolist() == [0, 1, 2, 3]
    assert values.tolist() == pytest.approx(expected)


def test_aggregate_refuses_what_it_cannot_do():
    with pytest.raises(UsageError, match="got 'median', must be one of max"):
        aggregate(SCORES, OWNER, method="median")
    with pytest.raises(UsageError, match="needs a threshold"):
        aggregate(SCORES, OWNER, method="share-over-threshold")
    with pytest.raises(UsageError, match="k = 0"):
        aggregate(SCORES, OWNER, method="top-k", top_k=0)
    assert [len(part) for part in aggregate([], [])] == [0, 0]


def test_bootstrap_resamples_groups_not_rows():
    random = np.random.default_rng(0)
    centres = random.normal(size=20)
    values = np.repeat(centres, 50)  # 1000 rows that are really 20 observations
    groups = [str(i) for i in np.repeat(np.arange(20), 50)]
    low, high = bootstrap(lambda rows: float(values[rows].mean()), groups, seed=1)
    assert high - low > 0.5  # rows taken as independent would give about 0.12
    assert (low, high) == bootstrap(lambda rows: float(values[rows].mean()), groups, seed=1)
    assert bootstrap(lambda rows: 1.0, ["a"] * 5) is None
    assert bootstrap(lambda rows: None, ["a", "b"]) is None


def documents(**options):
    held_out = np.linspace(-1, 0.85, 150)
    chosen = choose("manual", value=0.8, held_out=held_out)
    decisions = decisions_document(
        SCORES,
        {"sample": OWNER, "start": np.arange(8) * 5},
        SAMPLES,
        chosen.value,
        table(held_out),
        **options,
    )
    return chosen, held_out, decisions


def test_decisions_hold_both_tables():
    _, held_out, decisions = documents()
    assert decisions["windows"]["anomalous"] == [False, False, True, False, False, True, False, True]
    assert decisions["windows"]["p"] == pytest.approx(p_values(SCORES, table(held_out)).tolist())
    assert [row["name"] for row in decisions["recordings"]] == ["unknown", "fault_1", "idle_1", "idle_2"]
    first = decisions["recordings"][2]
    assert (first["windows"], first["over"], first["anomalous"], first["score"]) == (
        3,
        1,
        True,
        pytest.approx(0.9),
    )
    json.dumps(decisions, allow_nan=False)


def test_share_over_threshold_has_a_limit_of_its_own():
    _, _, decisions = documents(method="share-over-threshold", share=0.4)
    assert {row["name"]: row["anomalous"] for row in decisions["recordings"]} == {
        "unknown": True, "fault_1": True, "idle_1": False, "idle_2": False
    }  # fmt: skip
    assert decisions["aggregate"]["limit"] == 0.4


def test_metrics_leave_the_unlabelled_out_and_count_both_tables():
    chosen, _, decisions = documents()
    metrics = metrics_document(decisions, SAMPLES, chosen)
    assert metrics["unlabelled"] == 1
    assert metrics["windows"]["confusion"] == {
        "true_positive": 1, "false_positive": 1, "true_negative": 4, "false_negative": 1
    }  # fmt: skip
    assert metrics["recordings"]["confusion"] == {
        "true_positive": 1, "false_positive": 1, "true_negative": 1, "false_negative": 0
    }  # fmt: skip
    assert metrics["windows"]["auroc"] == pytest.approx(auroc(SCORES[:7], [0, 0, 0, 0, 0, 1, 1]))
    assert metrics["threshold_chosen_on_test"] is False
    json.dumps(metrics, allow_nan=False)


def test_metrics_without_labels_or_windows_are_none():
    chosen, _, decisions = documents()
    nobody_knows = [{**sample, "normal": None} for sample in SAMPLES]
    metrics = metrics_document(decisions, nobody_knows, chosen)
    assert (metrics["windows"], metrics["recordings"], metrics["unlabelled"]) == (None, None, 8)
    empty = decisions_document([], {"sample": [], "start": []}, SAMPLES, 0.8, table([1.0]))
    assert empty["recordings"] == []
    assert metrics_document(empty, SAMPLES, chosen)["windows"] is None


def test_threshold_document_has_what_a_deployment_and_a_reader_need():
    chosen, held_out, _ = documents()
    document = threshold_document(
        chosen, table(held_out), held_out=held_out, training=held_out - 1, notes=("cut along time", "")
    )
    assert document["value"] == 0.8
    assert document["notes"] == ["cut along time"]
    assert document["quantiles"]["n"] == 150
    assert next(row["rule"] for row in document["rules"]) == "manual"
    json.dumps(document, allow_nan=False)


def test_windows_and_scores_must_be_as_many():
    with pytest.raises(DataError, match="2 scores for 1 windows"):
        decisions_document([1, 2], {"sample": [0], "start": [0]}, SAMPLES, 0.8, table([1.0]))
