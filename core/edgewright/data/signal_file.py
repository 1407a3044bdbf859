"""Write ``signal.npy`` and the like piece by piece without knowing their length beforehand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: Header bytes kept free at the start: enough for any length, and a multiple of 64 so that maps stay aligned.
_HEADER_BYTES = 128
_MAGIC = b"\x93NUMPY\x01\x00"


class SignalWriter:
    """Append rows of one shape; the header is written at the end, so memory holds one recording at most.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        Of a row: ``(axes,)`` of a signal, ``(height, width, channels)`` of images.
    dtype : str
        Little-endian.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: str = "<f4") -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.length = 0
        self._file = path.open("wb")
        self._file.write(b"\0" * _HEADER_BYTES)

    def append(self, values: NDArray[Any]) -> None:
        """Add rows, shape ``(length, *shape)``."""
        self._file.write(np.ascontiguousarray(values, dtype=self.dtype).data)
        self.length += len(values)

    def truncate(self, length: int) -> None:
        """Forget the rows after the first ``length``: a file that fails half way leaves nothing."""
        self.length = length
        end = _HEADER_BYTES + self.dtype.itemsize * math.prod(self.shape) * length
        self._file.flush()
        self._file.seek(end)
        self._file.truncate(end)

    def close(self) -> None:
        """Write the header and close."""
        with self._file:
            shape = (self.length, *self.shape)
            text = f"{{'descr': {self.dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
            size = _HEADER_BYTES - len(_MAGIC) - 2
            self._file.seek(0)
            self._file.write(
                _MAGIC + size.to_bytes(2, "little") + text.ljust(size - 1).encode("ascii") + b"\n"
            )
