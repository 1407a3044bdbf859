"""Trees: thresholds decide as their makers do, damaged tables are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright_sdk.artifacts.trees import Builder, at_most, below
from edgewright_sdk.errors import BlockError

FLOATS = st.floats(width=32, min_value=-(2.0**127), max_value=2.0**127)


@given(threshold=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e38, max_value=1e38), x=FLOATS)
def test_a_float64_threshold_decides_alike(threshold, x):
    x = np.float32(x)
    assert (x <= at_most(threshold)) == (np.float64(x) <= threshold)


@given(threshold=FLOATS, x=FLOATS)
def test_a_strict_threshold_decides_alike(threshold, x):
    for value in (x, threshold):
        assert (np.float32(value) <= below(threshold)) == (np.float32(value) < np.float32(threshold))


@given(threshold=FLOATS, steps=st.integers(-3, 3))
def test_neighbours_of_a_threshold_decide_alike(threshold, steps):
    x = np.float32(threshold)
    for _ in range(abs(steps)):
        x = np.nextafter(x, np.float32(np.inf if steps > 0 else -np.inf))
    assert (x <= below(threshold)) == (x < np.float32(threshold))
    assert (x <= at_most(float(threshold) + 1e-30)) == (float(x) <= float(threshold) + 1e-30)


def test_below_the_smallest_number_is_minus_infinity():
    smallest = np.finfo(np.float32).min
    assert below(smallest) == at_most(-1e300) == -np.inf


def built(left, right, feature=(0, 0, 0, 0, 0), threshold=0.0, output=0, leaves=None):
    builder = Builder("m", 2, 1)
    nodes = len(left)
    values = np.arange(nodes, dtype=float) if leaves is None else np.asarray(leaves)
    builder.add(feature[:nodes], np.full(nodes, threshold, np.float32), left, right, values, output)
    return builder.done([10.0])


def test_a_tree_is_walked():
    trees = built([1, 3, -1, -1, -1], [2, 4, -1, -1, -1], feature=[0, 1, 0, 0, 0])
    x = np.array([[0, 0], [0, 1], [1, 0]], np.float32)
    assert trees.raw(x).tolist() == [[13.0], [14.0], [12.0]]
    assert built([-1], [-1], leaves=[5.0]).raw(x).tolist() == [[15.0]] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"left": [0, -1], "right": [1, -1]}, "tree 0 is damaged: its nodes are no tree"),
        ({"left": [1, 2, 1], "right": [3, 4, 4]}, "its nodes are no tree"),
        ({"left": [1, -1], "right": [1, -1]}, "its nodes are no tree"),
        ({"left": [1, -1], "right": [9, -1]}, "its nodes are no tree"),
        ({"left": [1, -1, -1], "right": [2, -1, -1], "feature": [7, 0, 0]}, "tests feature 7 of 2"),
        ({"left": [1, -1, -1], "right": [2, -1, -1], "threshold": np.nan}, "a threshold that is no number"),
        ({"left": [-1], "right": [-1], "output": 1}, "belongs to output 1 of 1"),
        ({"left": [-1], "right": [-1], "leaves": [np.inf]}, "a leaf that is not finite"),
        ({"left": [], "right": []}, "its nodes are no tree"),
    ],
)
def test_damaged_tables_are_refused(arguments, message):
    with pytest.raises(BlockError, match=message):
        built(**arguments)


def test_no_tree_is_no_model():
    with pytest.raises(BlockError, match="m holds no tree"):
        Builder("m", 2, 1).done(0.0)
