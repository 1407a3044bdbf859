"""Labels and classes: by name, from 0, from 1; what can't be told is refused."""

from __future__ import annotations

import pytest

from edgewright_sdk.artifacts.labels import columns_of
from edgewright_sdk.errors import BlockError

ABC = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([1, 2, 3], [0, 1, 2]),
        ([0, 2], [0, 2]),
        ([1, 3], [0, 2]),
        ([2, 3], [1, 2]),
        ([0], [0]),
        ([1.0, 2.0, 3.0], [0, 1, 2]),
        (["1", "2", "3"], [0, 1, 2]),
        (["c", "a"], [2, 0]),
        ([False, True], [0, 1]),
    ],
)
def test_labels_find_their_classes(labels, columns):
    assert columns_of(labels, ABC, "model.pkl").tolist() == columns


def test_names_that_are_numbers_count():
    assert columns_of([1, 2], ["2", "1"], "m").tolist() == [0, 1]
    assert columns_of(["1", "x"], ["x", "1"], "m").tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            [1, 2],
            "labels 1, 2 of 3 classes: they could count from 0 or from 1; train with windows of every class",
        ),
        ([0, 3], "allowed for 3 classes: 0…2, 1…3, or their names"),
        ([4], "trained on labels 4"),
        ([-1, 1], "trained on labels -1, 1"),
        (["x", "a"], "trained on labels x, a; the impulse's classes are a, b, c"),
        ([0.5, 1], "trained on labels 0.5, 1"),
    ],
)
def test_other_labels_are_refused(labels, message):
    with pytest.raises(BlockError, match=message):
        columns_of(labels, ABC, "m")


def test_without_classes_nothing_can_be_said():
    with pytest.raises(BlockError, match="m is a classifier, but the impulse names no classes"):
        columns_of([0, 1], [], "m")
