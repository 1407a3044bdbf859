"""How many samples are enough, by the rule that the report states."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.scoring.learning_curve import curve_point, curve_text, enough


def points(*values: float, judged: bool = True) -> list[dict[str, Any]]:
    """Points of 10, 20, 50 samples, of which AUROC or the 90 % quantile is given."""
    return [
        {
            "samples": samples, "windows": samples, "auroc": value if judged else None,
            "quantiles": [1.0, 1.5, 2.0] if judged else [value - 1, value - 0.5, value],
        }
        for samples, value in zip((10, 20, 50), values, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "judged", "expected"),
    [
        ((0.9, 0.96, 0.965), True, 1),
        ((0.9, 0.905, 0.914), True, 1),  # two steps that are small by themselves aren't together
        ((0.95, 0.90, 0.955), True, None),  # the first came high by chance
        ((0.95, 0.955, 0.90), True, 0),
        ((0.9, 0.93, 0.96), True, None),
        ((9.0, 5.0, 4.95), False, 1),
        ((9.0, 7.0, 5.0), False, None),
    ],
)
def test_enough_is_where_no_larger_number_is_better(values: Any, judged: bool, expected: Any) -> None:
    assert enough(points(*values, judged=judged)) == expected


def test_a_point_tells_normal_scores_and_auroc_of_what_is_known() -> None:
    point = curve_point(3, 30, [0.0, 1.0, 2.0, 9.0, 5.0], [True, True, True, None, False])
    assert point == {"samples": 3, "windows": 30, "auroc": 1.0, "quantiles": pytest.approx([0.2, 1.0, 1.8])}
    assert curve_point(3, 30, [1.0], [None]) == {
        "samples": 3,
        "windows": 30,
        "auroc": None,
        "quantiles": None,
    }


def test_the_sentence_states_numbers_and_rule() -> None:
    assert curve_text(points(0.9, 0.96, 0.965), "images") == (
        "20 images were enough: from there on more did not raise AUROC by 0.01 or more (0.960 with 20, 0.965 with 50)."
    )
    assert curve_text(points(9.0, 7.0, 5.0, judged=False), "images") == (
        "More images were still helping: 7 with 20, 5 with 50. Going from 20 to 50 did lower the score that 90 % of "
        "unseen normal images stay below by a tenth of its distance from the 10 % score."
    )
