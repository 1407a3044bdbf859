"""Write ``signal.npy`` piece by piece without knowing its length beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.data.readers.base import Signal

#: Header bytes kept free at the start: enough for any length, and a multiple of 64 so that maps stay aligned.
_HEADER_BYTES = 128
_MAGIC = b"\x93NUMPY\x01\x00"


class SignalWriter:
    """Append float32 rows of ``axes`` columns; the header is written at the end, so memory holds one recording at most."""

    def __init__(self, path: Path, axes: int) -> None:
        self.axes = axes
        self.length = 0
        self._file = path.open("wb")
        self._file.write(b"\0" * _HEADER_BYTES)

    def append(self, values: Signal) -> None:
        """Add rows, shape ``(length, axes)``."""
        self._file.write(np.ascontiguousarray(values, dtype="<f4").data)
        self.length += len(values)

    def truncate(self, length: int) -> None:
        """Forget the rows after the first ``length``: a file that fails half way leaves nothing."""
        self.length = length
        end = _HEADER_BYTES + 4 * self.axes * length
        self._file.flush()
        self._file.seek(end)
        self._file.truncate(end)

    def close(self) -> None:
        """Write the header and close."""
        with self._file:
            text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({self.length}, {self.axes}), }}"
            size = _HEADER_BYTES - len(_MAGIC) - 2
            self._file.seek(0)
            self._file.write(
                _MAGIC + size.to_bytes(2, "little") + text.ljust(size - 1).encode("ascii") + b"\n"
            )
