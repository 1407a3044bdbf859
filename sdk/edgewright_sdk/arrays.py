"""Array files: opened without copying, joined where a value comes in chunks, never pickled."""

from __future__ import annotations

import io
import math
import os
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Array = NDArray[Any]

_SMALL_BYTES = 1 << 20  # below it, reading is faster than mapping

# Not annotated in every numpy release.
_read_array: Callable[..., Array] = npy.read_array
_write_array: Callable[..., None] = npy.write_array
_open_memmap: Callable[..., Array] = npy.open_memmap
_read_magic: Callable[..., tuple[int, int]] = npy.read_magic
_read_header: Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]] = npy.read_array_header_1_0
_write_header: Callable[..., None] = npy.write_array_header_1_0


def open_array(path: str | Path) -> Array:
    """Open a ``.npy`` file read-only; large ones are memory-mapped.

    Raises
    ------
    RequestError
        When the file is missing, damaged or holds objects.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - in every warm answer
            if os.fstat(file.fileno()).st_size >= _SMALL_BYTES:
                return _open_memmap(path, mode="r")
            content = file.read()
    except (OSError, ValueError, EOFError) as error:
        raise _unreadable(path, error) from None
    return carried_array(path, content)


def carried_array(path: str | Path, content: bytes) -> Array:
    """Return the array that a ``.npy`` file's bytes hold, read-only; raises as :func:`open_array`."""
    try:
        array = _array_of(content)
    except (ValueError, EOFError) as error:
        raise _unreadable(path, error) from None
    array.flags.writeable = False
    return array


def _unreadable(path: str | Path, error: Exception) -> RequestError:
    return RequestError(f"{os.path.basename(path)} can't be read as a .npy array: {error}")  # noqa: PTH119


def save_array(path: str | Path, array: Array) -> None:
    """Write an array as ``.npy`` in C order."""
    with open(path, "wb") as file:  # noqa: PTH123 - in every warm answer
        if (content := short_array(array)) is not None:
            file.write(content)
        else:
            _write_array(file, np.asarray(array, order="C"), allow_pickle=False)


def short_array(array: Array) -> bytes | None:
    """Bytes of the ``.npy`` file of a small array of plain numbers, in C order; None of any other."""
    array = np.asarray(array)  # a masked one is its data
    if array.dtype.kind not in "biuf" or array.nbytes >= _SMALL_BYTES:
        return None
    return _header_of(array.dtype, array.shape) + array.tobytes()


# A warm worker meets the same few headers again and again, and parsing or formatting one takes longer than the values of
# one window: they are remembered. numpy does both, so the bytes are numpy's.


def _array_of(data: bytes) -> Array:
    end = 10 + int.from_bytes(data[8:10], "little")
    if data[:8] != b"\x93NUMPY\x01\x00" or len(data) <= end:
        return _read_array(io.BytesIO(data), allow_pickle=False)  # empty, of a later version, or damaged
    shape, fortran_order, dtype = _parsed_header(data[:end])
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - end:
        return _read_array(io.BytesIO(data), allow_pickle=False)
    return np.frombuffer(data, dtype, offset=end).reshape(shape, order="F" if fortran_order else "C")


@lru_cache(maxsize=256)
def _parsed_header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    file = io.BytesIO(header)
    _read_magic(file)
    return _read_header(file)


@lru_cache(maxsize=256)
def _header_of(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    _write_header(file, {"descr": dtype.str, "fortran_order": False, "shape": shape})
    return file.getvalue()


@lru_cache(maxsize=64)  # numpy puts the name together anew each time
def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return the contract's name of a type: ``float32``, ``uint8``, …"""
    return dtype.name


def create_array(path: str | Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Make a ``.npy`` file of at least one row, to be filled through the returned map."""
    return _open_memmap(path, mode="w+", dtype=dtype, shape=shape)


class Chunked:
    """Arrays that follow one another along axis 0, seen as one.

    Parameters
    ----------
    chunks : sequence of np.ndarray [shape=(n_i, ...)]
        With equal trailing shape and dtype.
    """

    def __init__(self, chunks: Sequence[Array]) -> None:
        self.chunks = [chunk for chunk in chunks if len(chunk)] or list(chunks[:1])
        self.ends = list(accumulate(len(chunk) for chunk in self.chunks))

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole."""
        return (len(self), *self.chunks[0].shape[1:])

    def rows(self, start: int, stop: int) -> Array:
        """Rows ``start`` to ``stop``: a view within one chunk, else a copy."""
        parts = []
        first = bisect_right(self.ends, start)
        for chunk, end in zip(self.chunks[first:], self.ends[first:], strict=True):
            begin = end - len(chunk)
            parts.append(chunk[max(start - begin, 0) : stop - begin])
            if stop <= end:
                break
        if not parts:
            return self.chunks[0][:0]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def batches(self, batch_bytes: int) -> Iterator[tuple[int, int]]:
        """Cut the rows into ``(start, stop)`` pairs of at most ``batch_bytes`` (at least one row) each."""
        row = self.chunks[0][:1]
        row_bytes = max(math.prod(row.shape[1:]) * row.itemsize, 1)
        step = max(batch_bytes // row_bytes, 1)
        for start in range(0, len(self), step):
            yield start, min(start + step, len(self))
