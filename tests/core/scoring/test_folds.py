"""Folds: whole groups, every window once, the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.scoring import make_folds


def windows(*recordings):
    """Name, label and number of windows of each recording, spread out to one entry a window."""
    names = [name for name, _, number in recordings for _ in range(number)]
    labels = [label for _, label, number in recordings for _ in range(number)]
    return names, labels


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12)), min_size=1, max_size=25),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_each_window_is_held_out_at_most_once_and_fitting_never_sees_it(spec, overlap, seed):
    names, labels = windows(*[(f"{label}{i}", label, number) for i, (label, number) in enumerate(spec)])
    if len(names) < 2:
        with pytest.raises(DataError, match="at least 2"):
            make_folds(names, labels)
        return
    folds = make_folds(names, labels, overlap=overlap, seed=seed)
    assert 2 <= folds.count <= 10
    assert set(folds.assignment.tolist()) - {-1} == set(range(folds.count))
    for fold in range(folds.count):
        assert len(folds.held_rows(fold)) > 0
        assert len(folds.fit_rows(fold)) > 0
        assert not set(folds.held_rows(fold)) & set(folds.fit_rows(fold))


def test_recordings_stay_whole_and_labels_are_spread():
    spec = [(f"{label}_{i}", label, 10 + i) for label in ("idle", "running") for i in range(10)]
    names, labels = windows(*spec)
    folds = make_folds(names, labels, count=5)
    assert folds.count == 5
    assert folds.note == ""
    for name in set(names):
        assert len({int(folds.assignment[i]) for i, other in enumerate(names) if other == name}) == 1
    for label in ("idle", "running"):
        sizes = [sum(labels[row] == label for row in folds.held_rows(fold)) for fold in range(5)]
        assert max(sizes) <= 1.4 * min(sizes)


def test_groups_stay_whole():
    names, labels = windows(*[(f"r{i}", "idle", 4) for i in range(12)])
    groups = [f"person {int(name[1:]) % 6}" for name in names]
    folds = make_folds(names, labels, groups)
    for group in set(groups):
        assert len({int(folds.assignment[i]) for i, other in enumerate(groups) if other == group}) == 1


def test_a_label_with_one_recording_is_cut_along_time_with_gaps():
    names, labels = windows(("idle", "idle", 100), ("running", "running", 50))
    folds = make_folds(names, labels, count=5, overlap=3)
    assert folds.count == 5
    assert folds.cut_labels == ("idle", "running")
    assert "idle, running" in folds.note
    for fold in range(5):
        held, fit = folds.held_rows(fold), folds.fit_rows(fold)
        for first, last in ((0, 100), (100, 150)):
            h, f = held[(held >= first) & (held < last)], fit[(fit >= first) & (fit < last)]
            assert len(h) >= 7
            assert np.abs(h[:, None] - f[None, :]).min() > 3


def test_the_same_names_and_seed_give_the_same_folds_in_any_order_of_recordings():
    spec = [(f"rec{i}", "idle", 5) for i in range(11)]
    one = make_folds(*windows(*spec), seed=4)
    names, labels = windows(*reversed(spec))
    other = make_folds(names, labels, seed=4)
    of_one = dict(zip(windows(*spec)[0], one.assignment.tolist(), strict=True))
    assert of_one == dict(zip(names, other.assignment.tolist(), strict=True))
    assert of_one != dict(
        zip(windows(*spec)[0], make_folds(*windows(*spec), seed=5).assignment.tolist(), strict=True)
    )


def test_few_windows_get_more_folds():
    few, many = (
        windows(*[(f"r{i}", "a", 10) for i in range(40)]),
        windows(*[(f"r{i}", "a", 30) for i in range(40)]),
    )
    assert (make_folds(*few).count, make_folds(*many).count) == (10, 5)


def test_bad_arguments_are_refused():
    with pytest.raises(DataError, match="must be as many"):
        make_folds(["a", "b"], ["x"])
    with pytest.raises(DataError, match="count 1"):
        make_folds(["a", "b"], ["x", "x"], count=1)
