"""Splits: stable when files come, groups on one side, no wanted split empty."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.data.splits import Candidate, Shares, assign

SHARES = Shares()


def sample(number: int, normal: bool | None = True, group: str | None = None) -> Candidate:
    return Candidate(hashlib.sha256(str(number).encode()).hexdigest(), normal, group)


def many(normal: int, abnormal: int = 0, start: int = 0) -> list[Candidate]:
    return [sample(start + i) for i in range(normal)] + [
        sample(start + 10_000 + i, False) for i in range(abnormal)
    ]


CANDIDATES = st.lists(
    st.builds(sample, st.integers(0, 10**6), st.booleans(), st.none() | st.sampled_from("abcdefgh")),
    max_size=40,
)


def test_shares_are_kept_on_many_samples() -> None:
    splits = assign(many(5000, 5000), SHARES, normal_only=True, seed=0)
    normal, abnormal = splits[:5000], splits[5000:]
    assert normal.count("training") / 5000 == pytest.approx(0.70, abs=0.02)
    assert normal.count("calibration") / 5000 == pytest.approx(0.10, abs=0.02)
    assert abnormal.count("training") == 0
    assert abnormal.count("calibration") / 5000 == pytest.approx(0.30, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(st.integers(100, 150), st.integers(0, 60), st.integers(0, 2**31))
def test_nothing_moves_when_files_are_added(normal: int, more: int, seed: int) -> None:
    before = many(normal, normal)
    after = before + many(more, more, start=50_000)
    old = assign(before, SHARES, normal_only=True, seed=seed)
    new = assign(after, SHARES, normal_only=True, seed=seed)
    assert new[: len(old)] == old


@settings(max_examples=40, deadline=None)
@given(CANDIDATES, st.booleans(), st.randoms(use_true_random=False))
def test_order_does_not_matter(samples: list[Candidate], normal_only: bool, random: object) -> None:
    splits = assign(samples, SHARES, normal_only=normal_only, seed=3)
    turned = assign(samples[::-1], SHARES, normal_only=normal_only, seed=3)
    assert turned[::-1] == splits


@settings(max_examples=40, deadline=None)
@given(CANDIDATES, st.booleans(), st.integers(0, 1000))
def test_a_group_is_on_one_side_of_the_test(samples: list[Candidate], normal_only: bool, seed: int) -> None:
    splits = assign(samples, SHARES, normal_only=normal_only, seed=seed)
    for group in "abcdefgh":
        own = {split == "test" for one, split in zip(samples, splits, strict=True) if one.group == group}
        assert len(own) <= 1
        normal = {s for one, s in zip(samples, splits, strict=True) if one.group == group and one.normal}
        assert len(normal) <= 1


@settings(max_examples=40, deadline=None)
@given(CANDIDATES, st.integers(0, 1000))
def test_abnormal_samples_never_train(samples: list[Candidate], seed: int) -> None:
    splits = assign(samples, SHARES, normal_only=True, seed=seed)
    assert all(one.normal or split != "training" for one, split in zip(samples, splits, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 5), st.integers(0, 5000))
def test_few_samples_fill_the_splits_in_order(normal: int, abnormal: int, seed: int) -> None:
    splits = assign(many(normal, abnormal), SHARES, normal_only=True, seed=seed)
    mine, others = set(splits[:normal]), set(splits[normal:])
    assert mine >= set(("training", "test", "calibration")[: min(normal, 3)])
    if abnormal:
        assert others >= set(("test", "calibration")[: min(abnormal, 2)])


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 40), st.integers(0, 5000))
def test_training_has_at_least_half(normal: int, seed: int) -> None:
    splits = assign(many(normal), SHARES, normal_only=True, seed=seed)
    assert 2 * splits.count("training") >= normal


def test_copies_stay_together_and_seeds_differ() -> None:
    pair = [sample(1), sample(1), *many(40, start=5)]
    assert len(set(assign(pair, SHARES, normal_only=True, seed=0)[:2])) == 1
    assert assign(pair, SHARES, normal_only=True, seed=0) != assign(pair, SHARES, normal_only=True, seed=1)


def test_given_splits_are_kept_but_never_train_on_abnormal() -> None:
    given_ = [
        Candidate("0" * 64, True, None, "test"),
        Candidate("1" * 64, False, None, "training"),
        Candidate("2" * 64, True, None, "training"),
    ]
    assert assign(given_, SHARES, normal_only=True, seed=0) == ["test", "calibration", "training"]
    assert assign(given_, SHARES, normal_only=False, seed=0) == ["test", "training", "training"]


def test_percentages_of_zero_get_nothing() -> None:
    splits = assign(many(30, 30), Shares.of_percentages(80, 0, 20), normal_only=True, seed=0)
    assert set(splits[:30]) == {"training", "test"}
    assert set(splits[30:]) == {"test"}
    assert Shares.of_percentages(80, 10, 30).training == pytest.approx(2 / 3)


def labelled(labels: str, group: str | None = None, start: int = 0) -> list[Candidate]:
    return [
        Candidate(hashlib.sha256(f"{label}{start + i}".encode()).hexdigest(), None, group, None, label)
        for i, label in enumerate(labels)
    ]


@settings(max_examples=60, deadline=None)
@given(st.text("abcd", min_size=1, max_size=40), st.integers(0, 2**31))
def test_each_label_is_in_every_split_that_it_has_samples_for(labels: str, seed: int) -> None:
    splits = assign(labelled(labels), SHARES, normal_only=False, by_label=True, seed=seed)
    for label in set(labels):
        own = [split for split, name in zip(splits, labels, strict=True) if name == label]
        assert "training" in own
        assert "test" in own or len(own) == 1
        assert len(own) < 3 or set(own) == {"training", "calibration", "test"}
        assert 2 * own.count("training") >= len(own) - 1 or len(own) < 3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31))
def test_labels_that_groups_share_are_split_by_group(seed: int) -> None:
    samples = [one for who in "pqrstuvw" for one in labelled("abab", group=who)]
    splits = assign(samples, SHARES, normal_only=True, by_label=True, seed=seed)
    by_group = {who: set(splits[4 * i : 4 * i + 4]) for i, who in enumerate("pqrstuvw")}
    assert all(len(sides) == 1 for sides in by_group.values())
    assert set(splits) == {"training", "calibration", "test"}


def test_labels_keep_the_splits_that_they_came_with() -> None:
    given_ = [Candidate("0", None, None, "test", "a"), Candidate("1", False, None, "training", "a")]
    assert assign(given_, SHARES, normal_only=True, by_label=True, seed=0) == ["test", "training"]
