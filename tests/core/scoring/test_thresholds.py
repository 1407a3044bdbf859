"""Thresholds: each method on scores whose answer is known, refusals, and the promise of the default."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import DataError, UsageError
from edgewright.scoring import METHODS, choose, decide, rules_table
from edgewright.scoring.quantiles import scores_needed, smallest_rate, upper_quantile

NORMAL = np.arange(100, dtype=np.float32)


def test_held_out_takes_the_smallest_rate_that_few_scores_allow_and_says_so():
    chosen = choose("held-out", held_out=np.arange(40.0))
    assert chosen.value == 39.0
    assert chosen.target_fpr == pytest.approx(1 / 41)
    assert "40 held-out" in chosen.note
    assert "needs 99" in chosen.note


def test_held_out_keeps_one_per_cent_from_99_scores_on_without_a_note():
    chosen = choose("held-out", held_out=np.arange(99.0))
    assert (chosen.value, chosen.target_fpr, chosen.note) == (98.0, 0.01, "")


@pytest.mark.parametrize(("n", "fpr", "needed"), [(98, 0.01, 99), (500, 0.001, 999), (1, 0.4, 2)])
def test_explicit_rate_below_what_n_allows_is_refused_with_the_number_it_needs(n, fpr, needed):
    with pytest.raises(UsageError, match=rf"needs {needed} held-out normal scores, there are {n}") as caught:
        choose("held-out", held_out=np.arange(float(n)), fpr=fpr)
    allowed = float(str(caught.value.hint).split("fpr ")[1].split(" ")[0])
    assert choose("held-out", held_out=np.arange(float(n)), fpr=allowed).target_fpr == allowed


@pytest.mark.parametrize("fpr", [0.5, 0.1, 0.01, 0.001, 0.0003])
def test_scores_needed_is_the_least_number_that_is_accepted(fpr):
    n = scores_needed(fpr)
    assert smallest_rate(n) <= fpr * (1 + 1e-9)
    assert smallest_rate(n - 1) > fpr


@pytest.mark.parametrize("n", [100, 150, 250, 1000, 3000])
@pytest.mark.parametrize("stragglers", [0.0, 0.002])
def test_the_default_meets_its_target_whatever_the_distribution(n, stragglers):
    """Over 400 data sets the median of the true false-alarm rate is the target, 1 %."""
    random = np.random.default_rng(n)
    rates = []
    for _ in range(400):
        scores = random.gamma(2.0, size=n)
        scores = np.where(random.random(n) < stragglers, scores * 100, scores)
        value = choose("held-out", held_out=scores).value
        tail = (1 + value) * np.exp(-value)  # of the gamma distribution with shape 2
        rates.append((1 - stragglers) * tail + stragglers)
    assert 0.0085 < np.median(rates) < 0.013


def test_quantile_sits_at_its_rank_between_order_statistics():
    # rank = 0.2·(10 + 1/3) + 1/3 = 2.4: between the 2nd and the 3rd largest, by the logarithm of the rank.
    weight = np.log(2.4 / 2) / np.log(3 / 2)
    assert upper_quantile(np.arange(10.0), 0.2) == pytest.approx(8 - weight, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=300), st.floats(0.001, 0.9))
def test_quantile_stays_within_the_scores_and_falls_with_the_rate(scores, fpr):
    value = upper_quantile(scores, fpr)
    assert np.float32(min(scores)) <= value <= np.float32(max(scores))
    assert upper_quantile(scores, min(fpr * 1.5, 0.99)) <= value


def test_max_of_training_is_the_largest_and_is_refused_when_bounded():
    assert choose("max-of-training", training=[1.0, 3.0, 2.0]).value == 3.0
    with pytest.raises(UsageError, match="bounded by construction"):
        choose("max-of-training", training=[0.0, -1.0], bounded_in_sample=True)


def test_percentile_sigma_and_manual():
    assert choose("percentile", held_out=NORMAL, percentile=50).value == pytest.approx(49.5)
    assert choose("sigma", held_out=[1.0, 3.0], sigma=2).value == 4.0
    manual = choose("manual", value=0.1, held_out=NORMAL)
    assert (manual.value, manual.held_out_fpr, manual.target_fpr) == (0.1, 0.99, None)


@pytest.mark.parametrize(
    ("method", "options", "low", "high"),
    [
        ("target-fpr", {"fpr": 0.1}, 89.0, 90.0),  # ten of the hundred normals above
        ("target-fnr", {"fnr": 0.2}, 99.0, 100.0),  # 95…104: five of 25 may lie at or below
        ("f1", {}, 94.0, 100.0),
        ("fbeta", {"beta": 3}, 94.0, 95.0),
        ("roc", {}, 94.0, 95.0),
        ("pr", {}, 94.0, 100.0),
    ],
)
def test_labelled_methods(method, options, low, high):
    scores = np.concatenate((np.arange(100), np.arange(95, 120)))
    truth = np.arange(125) >= 100
    chosen = choose(method, labelled=scores, truth=truth, held_out=NORMAL, **options)
    assert low <= chosen.value <= high
    assert "100 normal and 25 abnormal" in chosen.note


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=40))
def test_f1_is_the_best_of_all_thresholds(pairs):
    scores = np.array([score for score, _ in pairs], float)
    truth = np.array([flag for _, flag in pairs])
    if truth.all() or not truth.any():
        with pytest.raises(UsageError, match="needs labelled normal and abnormal"):
            choose("f1", labelled=scores, truth=truth)
        return

    def f1(value):
        said = scores > value
        return (
            2
            * (said & truth).sum()
            / ((said & truth).sum() * 2 + (said & ~truth).sum() + (~said & truth).sum())
        )

    best = max(f1(value) for value in np.arange(-6, 6, 0.5))
    assert f1(choose("f1", labelled=scores, truth=truth).value) == pytest.approx(best)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("heldout", {}, "got method 'heldout', must be one of"),
        ("held-out", {"held_out": []}, "no held-out normal score"),
        ("held-out", {"fpr": 0}, "got fpr 0"),
        ("held-out", {"fpr": 1.5}, "got fpr 1.5"),
        ("percentile", {"percentile": 100}, "got percentile 100"),
        ("percentile", {"held_out": []}, "no held-out normal score"),
        ("sigma", {"sigma": -1}, "got sigma -1"),
        ("manual", {}, "needs a finite `value`"),
        ("manual", {"value": float("nan")}, "needs a finite `value`"),
        ("max-of-training", {}, "no training score"),
        ("roc", {}, "got 0 normal and 0 abnormal"),
        ("fbeta", {"beta": 0}, "got beta 0"),
    ],
)
def test_refusals_say_what_was_got(method, options, message):
    with pytest.raises(UsageError, match=message):
        choose(method, **{"held_out": NORMAL, **options})


def test_close_match_is_suggested():
    with pytest.raises(UsageError, match="did you mean 'held-out'"):
        choose("heldout", held_out=NORMAL)


@pytest.mark.parametrize("bad", [[[1.0]], [1.0, float("inf")], [1.0, float("nan")], ["a"]])
def test_bad_scores_are_refused(bad):
    with pytest.raises(DataError, match="held-out scores"):
        choose("held-out", held_out=bad)


def test_decisions_are_taken_as_float32():
    just_above = float(np.nextafter(np.float32(0.1), np.float32(1)))
    assert decide([0.1, 0.1 + 1e-12, just_above], 0.1).tolist() == [False, False, True]


def test_rules_table_shows_the_rule_of_edge_impulse_with_what_it_really_gives():
    held_out, training = np.arange(200.0), np.full(200, 149.0)
    chosen = choose("held-out", held_out=held_out)
    rows = {
        row["rule"]: row
        for row in rules_table(chosen, held_out=held_out, training=training, bounded_in_sample=True)
    }
    assert next(iter(rows)) == "held-out"
    assert rows["held-out"]["chosen"]
    assert rows["max-of-training"]["held_out_fpr"] == 0.25
    assert "Edge Impulse" in rows["max-of-training"]["note"]
    assert "bounded" in rows["max-of-training"]["note"]


def test_every_method_gives_a_json_document():
    import json

    data = {
        "held_out": NORMAL, "training": NORMAL, "labelled": [0, 1, 2, 3], "truth": [0, 0, 1, 1], "value": 1
    }  # fmt: skip
    for method in METHODS:
        document = choose(method, **data).to_document()
        assert json.loads(json.dumps(document, allow_nan=False)) == document
        assert document["method"] == method
