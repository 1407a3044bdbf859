"""Array files and chunks that count as one array."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk.arrays import Chunked, open_array, save_array
from edgewright_sdk.errors import RequestError


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 20), max_size=6), start=st.integers(0, 20), length=st.integers(0, 20))
def test_rows_of_chunks_are_rows_of_the_whole(cuts, start, length):
    whole = np.arange(40).reshape(20, 2)
    chunked = Chunked(np.split(whole, sorted(cuts)))
    stop = min(start + length, 20)
    assert chunked.shape == whole.shape
    np.testing.assert_array_equal(chunked.rows(start, stop), whole[start:stop])


@settings(deadline=None)
@given(rows=st.integers(0, 30), batch_bytes=st.integers(1, 500))
def test_batches_cover_every_row_once_within_their_size(rows, batch_bytes):
    chunked = Chunked([np.zeros((rows, 4), np.float32)])
    batches = list(chunked.batches(batch_bytes))
    assert [row for start, stop in batches for row in range(start, stop)] == list(range(rows))
    assert all((stop - start) * 16 <= max(batch_bytes, 16) for start, stop in batches)


@pytest.mark.parametrize("rows", [0, 3, 300_000])
def test_arrays_are_read_only_and_large_ones_mapped(tmp_path, rows):
    array = np.arange(rows, dtype=np.float64)
    save_array(tmp_path / "a.npy", array)
    opened = open_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(opened, array)
    assert not opened.flags.writeable
    assert isinstance(opened, np.memmap) == (array.nbytes >= 1 << 20)


def test_files_are_in_c_order_whatever_the_array_is(tmp_path):
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    save_array(tmp_path / "a.npy", array)
    save_array(tmp_path / "b.npy", np.ascontiguousarray(array))
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", "int32", "uint8", "bool", "int64"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (5,), (2, 3), (1, 125, 3), (300_000,)])
def test_files_are_numpys_byte_for_byte(tmp_path, dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    save_array(tmp_path / "ours.npy", array)
    np.save(tmp_path / "numpys.npy", array)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpys.npy").read_bytes()
    opened = open_array(tmp_path / "numpys.npy")
    assert (opened.dtype, opened.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(opened, array)


def test_files_in_fortran_order_are_read(tmp_path):
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(open_array(tmp_path / "a.npy"), array)


@pytest.mark.parametrize("change", [-4, -1, 1, 4])
def test_files_of_another_length_than_their_header_says(tmp_path, change):
    np.save(tmp_path / "a.npy", np.arange(6.0))
    data = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(data[:change] if change < 0 else data + b"x" * change)
    if change > 0:  # as numpy: what follows an array is not looked at
        np.testing.assert_array_equal(open_array(tmp_path / "a.npy"), np.arange(6.0))
    else:
        with pytest.raises(RequestError, match=r"a\.npy can't be read"):
            open_array(tmp_path / "a.npy")
