"""Classes told apart, and numbers: figures against those of scikit-learn, and documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from edgewright.errors import DataError
from edgewright.scoring import (
    classification_metrics,
    evaluate_classes,
    evaluate_numbers,
    predictions_document,
    regression_metrics,
    values_document,
)

CLASSES = ["idle", "snake", "wave"]


def samples(*labels: str | None) -> list[dict[str, Any]]:
    return [{"name": f"s{number}", "label": label} for number, label in enumerate(labels)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60))
def test_figures_are_those_of_scikit_learn(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    chances = random.dirichlet([1, 1, 1], rows)
    truth = random.integers(0, 3, rows)
    found = evaluate_classes(chances, [CLASSES[i] for i in truth], CLASSES)
    assert found is not None
    predicted = chances.argmax(axis=1)
    np.testing.assert_array_equal(
        found["confusion"], reference.confusion_matrix(truth, predicted, labels=[0, 1, 2])
    )
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, predicted))
    assert found["log_loss"] == pytest.approx(
        reference.log_loss(truth, np.maximum(chances, 1e-7), labels=[0, 1, 2]), rel=1e-4
    )
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        truth, predicted, labels=[0, 1, 2], zero_division=np.nan
    )
    for number, name in enumerate(CLASSES):
        ours = found["per_class"][name]
        assert ours["support"] == support[number]
        for figure, theirs in (("precision", precision), ("recall", recall), ("f1", f1)):
            if ours[figure] is None:
                assert np.isnan(theirs[number])
            else:
                assert ours[figure] == pytest.approx(theirs[number])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40))
def test_numbers_are_judged_as_scikit_learn_does(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    truth, values = random.normal(size=rows), random.normal(size=rows)
    found = evaluate_numbers(values, list(truth))
    assert found is not None
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(truth, values))
    assert found["rmse"] ** 2 == pytest.approx(reference.mean_squared_error(truth, values))
    assert found["r2"] == pytest.approx(reference.r2_score(truth, values))


def test_a_label_that_is_no_class_is_wrong_and_named() -> None:
    chances = [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.8, 0.1, 0.1]]
    found = classification_metrics(chances, [0, 1, 2], samples("idle", "updown", None), CLASSES)
    assert found["unknown_labels"] == {"updown": 1}
    assert found["unlabelled"] == 1
    table = found["windows"]
    assert (table["n"], table["accuracy"]) == (2, 0.5)
    assert table["labels"] == ["idle", "snake", "wave", "updown"]
    assert table["confusion"] == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert table["per_class"]["snake"] == {"precision": 0.0, "recall": None, "f1": 0.0, "support": 0}
    assert table["log_loss"] == pytest.approx(-np.log(0.9))


def test_a_recording_is_what_its_windows_are_on_average() -> None:
    chances = [[0.4, 0.6, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]]
    found = predictions_document(
        chances, {"sample": [1, 1, 0], "start": [0, 10, 0]}, samples("wave", "snake"), CLASSES
    )
    assert found["windows"]["predicted"] == [1, 0, 2]
    wrong, right = found["recordings"]  # the wrong one first
    assert (wrong["name"], wrong["predicted"], wrong["right"]) == ("s1", "idle", False)
    assert wrong["probability"] == pytest.approx(0.65)
    assert (right["predicted"], right["right"]) == ("wave", True)


def test_nothing_to_judge_is_none() -> None:
    assert classification_metrics(np.zeros((0, 3)), [], samples("idle"), CLASSES)["windows"] is None
    empty = predictions_document(np.zeros((0, 3)), {"sample": [], "start": []}, [], CLASSES)
    assert empty["recordings"] == []
    assert regression_metrics([], [], samples("1"))["recordings"] is None


def test_rows_and_windows_must_be_as_many() -> None:
    with pytest.raises(DataError, match="1 rows for 2 windows"):
        predictions_document([[1, 0, 0]], {"sample": [0, 0], "start": [0, 1]}, samples("idle"), CLASSES)
    with pytest.raises(DataError, match="1 numbers for 2 windows"):
        values_document([1.0], {"sample": [0, 0], "start": [0, 1]}, samples("1"))


def test_labels_that_are_no_numbers_are_counted() -> None:
    values, owner = [1.0, 3.0, 9.0], [0, 0, 1]
    found = regression_metrics(values, owner, samples("2.5", "idle"))
    assert found["unlabelled"] == 1
    assert found["windows"] == {"n": 2, "mae": 1.0, "rmse": pytest.approx(np.sqrt(1.25)), "r2": None}
    assert found["recordings"]["mae"] == 0.5
    document = values_document(values, {"sample": owner, "start": [0, 1, 0]}, samples("2.5", "idle"))
    assert [(row["name"], row["error"]) for row in document["recordings"]] == [("s0", -0.5), ("s1", None)]


def test_the_interval_of_the_accuracy_resamples_groups_not_windows() -> None:
    """Windows of a recording are right or wrong together: resampled one by one, they would vouch for each other."""
    random = np.random.default_rng(0)
    right = random.random(40) < 0.7
    owner = np.repeat(np.arange(40), 25)
    chances = np.where(right[owner, None], [[0.9, 0.1, 0.0]], [[0.1, 0.9, 0.0]])
    recordings = [{"name": f"s{n}", "label": "idle"} for n in range(40)]
    found = classification_metrics(chances, owner, recordings, CLASSES)
    low, high = found["windows"]["accuracy_interval"]
    assert low < found["windows"]["accuracy"] == np.mean(right) < high
    assert high - low > 0.2  # 40 recordings allow about ±0.14, 1000 independent windows ±0.03
    machines = [{**one, "group": f"m{number % 2}"} for number, one in enumerate(recordings)]
    wider = classification_metrics(chances, owner, machines, CLASSES)["windows"]["accuracy_interval"]
    assert wider == [np.mean(right[0::2]), np.mean(right[1::2])] or wider == [
        np.mean(right[1::2]),
        np.mean(right[0::2]),
    ]
    alone = [{**one, "group": "m"} for one in recordings]
    assert classification_metrics(chances, owner, alone, CLASSES)["windows"]["accuracy_interval"] is None
