"""Which windows of a fit validate: by group, of each label, nothing shared with what teaches."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.data.validation import cut_validation


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    names, labels, groups = [], [], []
    recordings = draw(st.integers(1, 12))
    people = draw(st.integers(1, 5))
    grouped = draw(st.booleans())
    for number in range(recordings):
        label = draw(st.sampled_from("abc"))
        who = draw(st.integers(0, people - 1))
        for _ in range(draw(st.integers(1, 12))):
            names.append(f"r{number}")
            labels.append(label)
            groups.append(f"p{who}" if grouped else f"r{number}")
    return names, labels, groups


@settings(max_examples=50, deadline=None)
@given(data_sets(), st.integers(0, 5), st.integers(0, 3))
def test_no_group_and_no_sample_is_on_both_sides(
    data: tuple[list[str], list[str], list[str]], seed: int, overlap: int
) -> None:
    names, labels, groups = data
    cut = cut_validation(names, labels, groups, seed=seed, overlap=overlap)
    assert set(cut.tolist()) <= {-1, 0, 1}
    assert (cut == 0).any()
    labels_of, sides = defaultdict(set), defaultdict(set)
    for label, group, side in zip(labels, groups, cut, strict=True):
        labels_of[group].add(label)
        sides[group].add(int(side))
    alike = defaultdict(list)
    for group, found in labels_of.items():
        alike[frozenset(found)].append(group)
    for members in alike.values():
        if len(members) > 1:
            found = [sides[group] for group in members]
            assert all(len(side) == 1 for side in found)
            assert {0} in found
            assert {1} in found
    again = cut_validation(names, labels, groups, seed=seed, overlap=overlap)
    np.testing.assert_array_equal(cut, again)


@settings(max_examples=50, deadline=None)
@given(data_sets())
def test_of_two_windows_or_more_one_validates(data: tuple[list[str], list[str], list[str]]) -> None:
    names, labels, groups = data
    cut = cut_validation(names, labels, groups, seed=0, overlap=1)
    if len(set(groups)) > 1 and max(names.count(name) for name in names) > 1:
        assert (cut == 1).any()


def test_a_lone_recording_is_cut_along_time_with_a_gap() -> None:
    cut = cut_validation(["r"] * 20, ["a"] * 20, ["r"] * 20, seed=0, overlap=2)
    assert cut.tolist() == [0] * 14 + [-1] * 2 + [1] * 4


def test_about_a_fifth_validates() -> None:
    names = [f"r{number // 5}" for number in range(500)]
    labels = ["ab"[number // 5 % 2] for number in range(500)]
    cut = cut_validation(names, labels, names, seed=0, overlap=0)
    for label in "ab":
        own = cut[[name == label for name in labels]]
        assert (own == 1).mean() == 0.2


def test_another_seed_takes_other_groups() -> None:
    names = [f"r{number // 3}" for number in range(90)]
    cuts = {
        tuple(cut_validation(names, ["a"] * 90, names, seed=seed, overlap=0).tolist()) for seed in range(5)
    }
    assert len(cuts) == 5
