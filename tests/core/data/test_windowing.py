"""Windows: how many, where, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.data.windowing import INDEX_DTYPE, count_windows, window_index, windows

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = st.lists(st.integers(0, 60), min_size=1, max_size=6)
SIZES = st.integers(1, 20)


def offsets(lengths: list[int]) -> list[int]:
    return [sum(lengths[:i]) for i in range(len(lengths))]


@settings(max_examples=40, deadline=None)
@given(LENGTHS, SIZES, SIZES, st.booleans())
def test_counts_follow_the_formula(lengths: list[int], window: int, stride: int, pad: bool) -> None:
    table = window_index(offsets(lengths), lengths, window, stride, pad=pad)
    for sample, length in enumerate(lengths):
        starts = [s for s in range(0, length, stride) if s + window <= length]
        expected = len(starts) or (1 if pad and length else 0)
        assert (
            int((table["sample"] == sample).sum())
            == expected
            == count_windows(length, window, stride, pad=pad)
        )


@settings(max_examples=40, deadline=None)
@given(LENGTHS, SIZES, SIZES, st.booleans())
def test_windows_hold_their_own_sample_and_zeros_only(
    lengths: list[int], window: int, stride: int, pad: bool
) -> None:
    total = sum(lengths)
    signal = (np.arange(2 * total, dtype=np.float32) + 1).reshape(total, 2)
    table = window_index(offsets(lengths), lengths, window, stride, pad=pad)
    cut = windows(signal, table, slice(None), window)
    assert cut.shape == (len(table), window, 2)
    for row, one in zip(table, cut, strict=True):
        first, last = row["start"], row["start"] + row["valid"]
        begin = offsets(lengths)[row["sample"]]
        assert begin <= first < last <= begin + lengths[row["sample"]]
        np.testing.assert_array_equal(one[: row["valid"]], signal[first:last])
        assert not one[row["valid"] :].any()
        assert row["valid"] == window or pad


@settings(max_examples=40, deadline=None)
@given(LENGTHS, SIZES, st.data())
def test_every_value_but_a_short_tail_is_covered(
    lengths: list[int], window: int, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(1, window))
    table = window_index(offsets(lengths), lengths, window, stride, pad=True)
    covered = np.zeros(sum(lengths), dtype=bool)
    for row in table:
        covered[row["start"] : row["start"] + row["valid"]] = True
    for begin, length in zip(offsets(lengths), lengths, strict=True):
        missing = np.flatnonzero(~covered[begin : begin + length])
        assert len(missing) < stride
        assert missing.tolist() == list(range(length - len(missing), length))


def test_rows_may_be_chosen_and_the_signal_mapped(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(100, 3)).astype(np.float32)
    np.save(tmp_path / "signal.npy", values)
    mapped = np.load(tmp_path / "signal.npy", mmap_mode="r")
    table = window_index([0, 50], [50, 50], 10, 5, pad=False)
    cut = windows(mapped, table, np.array([17, 0]), 10)
    np.testing.assert_array_equal(cut, [values[90:100], values[:10]])
    assert cut.flags.c_contiguous
    assert cut.flags.writeable
    assert windows(mapped, table, slice(0, 0), 10).shape == (0, 10, 3)


def test_index_has_the_documented_form() -> None:
    table = window_index([0], [30], 10, 10, pad=False)
    assert table.dtype == INDEX_DTYPE == np.dtype([("sample", "<i4"), ("start", "<i8"), ("valid", "<i4")])
    assert table.tolist() == [(0, 0, 10), (0, 10, 10), (0, 20, 10)]
