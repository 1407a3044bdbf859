"""Headers of ``.npy`` files: whatever NumPy writes is read alike, everything else is refused by name."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from edgewright.harvest.npy import MAX_HEADER, HeaderError, first_not_finite, read_header

if TYPE_CHECKING:
    from pathlib import Path


def written(array: np.ndarray[Any, Any], version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version, allow_pickle=True)
    return file.getvalue()


def read(data: bytes) -> Any:
    return read_header(io.BytesIO(data), len(data))


def header(text: str, data: bytes = b"", version: int = 1) -> bytes:
    body = text.encode("latin-1")
    length = len(body).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + body + data


@settings(max_examples=200, deadline=None)
@given(
    array=st_np.arrays(
        dtype=st.one_of(
            st_np.boolean_dtypes(),
            st_np.integer_dtypes(endianness="?"),
            st_np.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
            st_np.complex_number_dtypes(endianness="?", sizes=(64, 128)),
        ),
        shape=st_np.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5),
    ),
    version=st.sampled_from([(1, 0), (2, 0), (3, 0)]),
    fortran=st.booleans(),
)
def test_what_numpy_writes_is_read_alike(array: Any, version: tuple[int, int], fortran: bool) -> None:
    array = np.asfortranarray(array) if fortran and array.ndim > 1 else array
    found = read(written(array, version))
    assert found.shape == array.shape
    assert found.dtype == array.dtype.newbyteorder("=").name
    assert np.dtype(found.descr) == array.dtype
    assert found.data_bytes == array.nbytes


@pytest.mark.filterwarnings("ignore:Stored array in format")
@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([{"a": 1}, None], dtype=object), "object dtype"),
        (np.array(["text"]), "dtype '<U4'"),
        (np.array([b"text"]), "dtype '|S4'"),
        (np.zeros(2, dtype=[("a", "<i4"), ("b", "<f4")]), "structured dtype"),
        (np.zeros(2, dtype="datetime64[s]"), "dtype '<M8"),
        (np.zeros(2, dtype="V4"), "dtype '|V4'"),
    ],
)
def test_what_is_no_plain_number_is_refused(array: Any, said: str) -> None:
    with pytest.raises(HeaderError) as caught:
        read(written(array))
    assert said in str(caught.value)


SMALL = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a .npy file"),
        (b"\x93NUMPY", "is not a .npy file"),
        (b"PK\x03\x04" + bytes(30), "is not a .npy file"),
        (header(SMALL, bytes(24), version=4), "version 4.0"),
        (header(SMALL, bytes(23)), "promises float32 (2, 3), 24 bytes of data, but the file holds 23"),
        (header(SMALL, bytes(25)), "but the file holds 25"),
        (header(SMALL)[:-5], "ends within its header"),
        (header(SMALL.replace("(2, 3)", "(-2, -3)"), bytes(24)), "negative dimension -2"),
        (header(SMALL.replace("(2, 3)", "(4294967296, 4294967296)")), "overflows"),
        (header(SMALL.replace("(2, 3)", "(" + "9" * 30 + ",)")), "can't be parsed"),
        (header(SMALL.replace("(2, 3)", "(" + "1," * 40 + ")"), bytes(4)), "40 dimensions"),
        (header(SMALL.replace("(2, 3)", "(6)"), bytes(24)), "is not a tuple"),
        (header(SMALL.replace("(2, 3)", "__import__('os')")), "header"),
        (header(SMALL.replace("'<f4'", "'<f3'"), bytes(24)), "dtype '<f3'"),
        (header(SMALL.replace("'<f4'", "'O'"), bytes(24)), "object dtype"),
        (header(SMALL.replace("'<f4'", "'|O8'"), bytes(48)), "object dtype"),
        (header(SMALL.replace("False", "'False'"), bytes(24)), "wrong types"),
        (header("{'descr': '<f4', 'shape': (2, 3)}", bytes(24)), "the keys"),
        (header(SMALL[:-1] + "'extra': 'x'}", bytes(24)), "the keys"),
        (header(SMALL[:-1] + "'shape': (1, 1)}", bytes(24)), "two keys"),
        (header("[" * 5000), "not a dictionary"),
        (header("{" * 5000 + "}" * 5000), "can't be parsed"),
        (header(SMALL + " " * (MAX_HEADER + 1), bytes(24), version=2), "at most 65536"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100), "at most 65536"),
        (b"\x93NUMPY\x03\x00\x04\x00\x00\x00\xff\xff\xff\xff", "not UTF-8"),
    ],
)
def test_lies_and_garbage_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(HeaderError) as caught:
        read(data)
    assert said in str(caught.value)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise_anything_else(data: bytes, with_magic: bool) -> None:
    with contextlib.suppress(HeaderError):
        read(b"\x93NUMPY\x01\x00" + data if with_magic else data)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<c8"])
def test_the_first_value_that_is_not_finite_is_named(tmp_path: Path, order: Any, dtype: str) -> None:
    array = np.zeros((5, 7, 3), dtype, order=order)
    path = tmp_path / "a.npy"
    for value in (np.nan, np.inf, -np.inf):
        array[3, 5, 1] = value
        np.save(path, array)
        with path.open("rb") as file:
            found = read_header(file, path.stat().st_size)
            assert first_not_finite(file, found) == (3, 5, 1)
        assert found.fortran_order == (order == "F")
        array[3, 5, 1] = 0
    np.save(path, array)
    with path.open("rb") as file:
        assert first_not_finite(file, found) is None


def test_a_large_array_is_checked_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewright.harvest.npy.CHECK_BYTES", 64)
    array = np.zeros((100, 4), np.float32)
    array[77, 2] = np.inf
    path = tmp_path / "a.npy"
    np.save(path, array)
    with path.open("rb") as file:
        found = read_header(file, path.stat().st_size)
        assert first_not_finite(file, found) == (77, 2)


def test_integers_are_always_finite(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(5))
    with path.open("rb") as file:
        assert first_not_finite(file, read_header(file, path.stat().st_size)) is None
