"""Cells of the parity table: what counts as a difference, and what as not being here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgewright.parity.cells import Cell, cells_of_engine, compared

TOLERANCE = {"absolute": 0.01, "relative": 0.0}
SCORES = np.array([0.1, 0.2, 0.3], np.float32)


@pytest.mark.parametrize(
    ("change", "cell", "text"),
    [
        (0.0, Cell(0.0, same_bytes=True), "same bytes"),
        (0.5, Cell(0.5, beyond_tolerance=3), "0.5, 3 beyond tolerance"),
        (np.nan, Cell(1e300, beyond_tolerance=3), "1e+300, 3 beyond tolerance"),
    ],
)
def test_an_array_again(change: float, cell: Cell, text: str) -> None:
    got = compared(SCORES + np.float32(change), SCORES, TOLERANCE)
    assert got.largest_difference == pytest.approx(cell.largest_difference)
    assert (got.beyond_tolerance, got.same_bytes, got.text()) == (
        cell.beyond_tolerance,
        cell.same_bytes,
        text,
    )
    assert got.ok == (change == 0)


def test_equal_environments_promise_bytes() -> None:
    near = SCORES + np.float32(1e-6)
    assert compared(near, SCORES, TOLERANCE).ok
    promised = compared(near, SCORES, TOLERANCE, bytes_promised=True)
    assert not promised.ok
    assert promised.text() == "failed"
    assert compared(SCORES[:2], SCORES, TOLERANCE).failed


def test_decisions_are_counted() -> None:
    near = SCORES + np.float32(1e-3)
    cell = compared(near, SCORES, TOLERANCE, (near > 0.2005, SCORES > 0.2005))
    assert (cell.ok, cell.decisions_differ) == (True, 1)
    assert cell.text().endswith("1 decided otherwise")


def result(**more: Any) -> dict[str, Any]:
    node = {"output": "scores", "largest_difference": 1e-6, "beyond_tolerance": 0}
    return {"nodes": {"anomaly": node}, "decisions_differ": [], **more}


def test_an_engine() -> None:
    assert (
        cells_of_engine({"missing": ["qemu-aarch64"]}, ["anomaly"])["anomaly"].text()
        == "not here: qemu-aarch64"
    )
    large = cells_of_engine({"too_large": "12 bytes"}, ["anomaly"])["anomaly"]
    assert (large.ok, large.text()) == (True, "too large: 12 bytes")
    slow = cells_of_engine({"too_slow": "300 s"}, ["anomaly"])["anomaly"]
    assert (slow.ok, slow.text()) == (True, "too slow: 300 s")
    assert not cells_of_engine({"failed": "it hung"}, ["anomaly"])["anomaly"].ok
    good = cells_of_engine(result(), ["anomaly", "other"])
    assert (good["anomaly"].text(), good["other"].text()) == ("1e-06", "not compared")
    assert not cells_of_engine(result(stream_differs=1), ["anomaly"])["anomaly"].ok
    for within in (True, False):
        differing = [{"node": "anomaly", "window": 3, "within_tolerance": within}]
        cell = cells_of_engine(result(decisions_differ=differing), ["anomaly"])["anomaly"]
        assert (cell.decisions_differ, cell.ok) == (1, within)
