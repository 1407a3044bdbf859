"""Which labels are normal."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.data.normality import conclude, no_normal
from edgewright.errors import DataError

COUNTS: dict[str | None, int] = {"idle": 5, "run": 4, "odd": 3}


@pytest.mark.parametrize(
    ("counts", "normal", "abnormal", "expected"),
    [
        ({"Normal": 1, "ANOMALY": 1}, None, None, {"Normal": True, "ANOMALY": False}),
        (
            {"No_Anomaly": 1, "no-anomaly": 1, "NG": 1},
            None,
            None,
            {"No_Anomaly": True, "no-anomaly": True, "NG": False},
        ),
        ({"good": 1, "crack": 1, "dent": 1}, None, None, {"good": True, "crack": False, "dent": False}),
        ({"bad": 1, "idle": 1}, None, None, {"bad": False, "idle": None}),
        (COUNTS, None, None, {"idle": None, "run": None, "odd": None}),
        (COUNTS, ["idle", "run"], None, {"idle": True, "run": True, "odd": False}),
        (COUNTS, ["idle"], "rest", {"idle": True, "run": False, "odd": False}),
        (COUNTS, None, ["odd"], {"idle": True, "run": True, "odd": False}),
        (COUNTS, "rest", ["odd"], {"idle": True, "run": True, "odd": False}),
        (COUNTS, ["idle"], ["odd"], {"idle": True, "run": None, "odd": False}),
        ({"ok": 1, None: 2}, None, None, {"ok": True, None: None}),
        ({"ok": 1, None: 2}, ["ok"], "rest", {"ok": True, None: None}),
    ],
)
def test_conclusions(
    counts: Any, normal: Any, abnormal: Any, expected: dict[str | None, bool | None]
) -> None:
    assert dict(conclude(counts, normal, abnormal).of) == expected


def test_lines_say_why_with_counts() -> None:
    lines = conclude({"good": 3, "crack": 2, None: 4}, None, None).lines
    assert lines[0] == "normal (by the names of the normal ones; all others count as abnormal): good (3)"
    assert "abnormal" in lines[1]
    assert "crack (2)" in lines[1]
    assert lines[2] == "without a label: 4 sample(s)"


@pytest.mark.parametrize(
    ("normal", "abnormal", "match"),
    [
        (["idel"], None, "did you mean 'idle'"),
        (["idle"], ["idle"], "both normal and abnormal"),
        ("rest", "rest", "both 'rest'"),
    ],
)
def test_wrong_labels(normal: Any, abnormal: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        conclude(COUNTS, normal, abnormal)


def test_no_normal_lists_what_was_found() -> None:
    assert "idle (5), odd (3), run (4)" in str(no_normal(COUNTS, "data/pump"))
    assert "split: none" in str(no_normal(COUNTS, "data/pump"))
    assert "no sample has a label" in str(no_normal({None: 7}, "data/pump"))
