"""Our own reader of ``.npy`` headers: a fixed grammar, nothing is evaluated, nothing is unpickled.

Format versions 1 to 3 (NEP 1 and the NumPy documentation of ``numpy.lib.format``): magic, two version bytes, header
length (2 bytes, from version 2 on 4 bytes, little-endian), then a Python dictionary literal with exactly the keys
``descr``, ``fortran_order`` and ``shape``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC: Final = b"\x93NUMPY"
MAX_HEADER: Final = 64 << 10
MAX_RANK: Final = 32
#: Bytes read at once by the check for NaN and infinity.
CHECK_BYTES: Final = 8 << 20

#: Plain numbers and booleans of the sizes that NumPy has on every platform.
_SIZES: Final = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}
_NAMES: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_DESCR: Final = re.compile(r"([<>|=])([biufc])(\d{1,2})\Z")
_ITEM: Final = re.compile(
    r"\s*'(?P<key>[a-z_]{1,20})'\s*:\s*"
    r"(?:'(?P<text>[^'\\]{0,64})'|(?P<flag>True|False)|\((?P<shape>[0-9,\s-]{0,2000})\)|(?P<other>.))",
    re.DOTALL,
)
_DIMENSION: Final = re.compile(r"-?\d{1,19}\Z")


class HeaderError(ValueError):
    """A ``.npy`` header that is no header, or one that this contract does not allow."""


@dataclass(frozen=True)
class Header:
    """What a ``.npy`` header says: ``dtype`` is NumPy's name without byte order, ``descr`` has it."""

    dtype: str
    descr: str
    shape: tuple[int, ...]
    fortran_order: bool
    offset: int

    @property
    def itemsize(self) -> int:
        return int(self.descr[2:])

    @property
    def data_bytes(self) -> int:
        return math.prod(self.shape) * self.itemsize


def read_header(file: IO[bytes], size: int) -> Header:
    """Read the header of a ``.npy`` file and check it against the file's ``size`` in bytes.

    Raises
    ------
    HeaderError
        Naming what is wrong: no ``.npy`` file, object dtype, negative or overflowing shape, a shape that does not
        fit the size.
    """
    start = file.read(12)
    if start[:6] != MAGIC or len(start) < 10:
        raise HeaderError("is not a .npy file")
    major, minor = start[6], start[7]
    if (major, minor) not in ((1, 0), (2, 0), (3, 0)):
        raise HeaderError(f"has .npy format version {major}.{minor}, known are 1.0, 2.0 and 3.0")
    begin = 10 if major == 1 else 12
    length = int.from_bytes(start[8:begin], "little")
    if length > MAX_HEADER:
        raise HeaderError(f"has a header of {length} bytes, at most {MAX_HEADER} are allowed")
    data = start[begin:] + file.read(length - len(start) + begin)
    if len(data) != length:
        raise HeaderError("ends within its header")
    try:
        text = data.decode("utf-8" if major == 3 else "latin-1")
    except UnicodeDecodeError:
        raise HeaderError("has a header that is not UTF-8") from None
    header = _parse(text, begin + length)
    if header.offset + header.data_bytes != size:
        raise HeaderError(
            f"has a header that promises {header.dtype} {header.shape}, {header.data_bytes} bytes of data, "
            f"but the file holds {size - header.offset}"
        )
    return header


@lru_cache(maxsize=64)  # the answers of a warm block have the same few
def _parse(text: str, offset: int) -> Header:
    body = text.strip()
    if not body.startswith("{") or not body.endswith("}"):
        raise HeaderError("has a header that is not a dictionary")
    body = body[1:-1]
    fields: dict[str, Any] = {}
    position = 0
    while body[position:].strip():
        match = _ITEM.match(body, position)
        if match is None:
            raise HeaderError("has a header that can't be parsed")
        key = match["key"]
        if key in fields:
            raise HeaderError(f"has a header with two keys {key!r}")
        if match["other"] is not None:
            if key == "descr":
                raise HeaderError("has a structured dtype, plain numbers are allowed")
            raise HeaderError(f"has a header with a strange {key!r}")
        if match["text"] is not None:
            fields[key] = match["text"]
        elif match["flag"] is not None:
            fields[key] = match["flag"] == "True"
        else:
            fields[key] = _shape(match["shape"])
        rest = re.compile(r"\s*(,|\Z)").match(body, match.end())
        if rest is None:
            raise HeaderError("has a header that can't be parsed")
        position = rest.end()
    if set(fields) != {"descr", "fortran_order", "shape"}:
        raise HeaderError(
            f"has a header with the keys {sorted(fields)}, needed are descr, fortran_order and shape"
        )
    descr, order, shape = fields["descr"], fields["fortran_order"], fields["shape"]
    if not isinstance(descr, str) or not isinstance(order, bool) or not isinstance(shape, tuple):
        raise HeaderError("has a header whose values have the wrong types")
    match = _DESCR.match(descr)
    if match is None or int(match[3]) not in _SIZES[match[2]]:
        kind = (
            "object dtype, which is pickled Python code"
            if descr[1:2] == "O" or descr == "O"
            else f"dtype {descr!r}"
        )
        raise HeaderError(f"has {kind}; allowed are booleans, integers, floats and complex numbers")
    bits = int(match[3]) * 8
    dtype = "bool" if match[2] == "b" else f"{_NAMES[match[2]]}{bits}"
    return Header(dtype, descr, shape, order, offset)


def _shape(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    elif len(parts) == 1 and parts[0]:
        raise HeaderError("has a header whose shape is not a tuple")  # "(3)" is a number in Python
    if parts == [""]:
        return ()
    if len(parts) > MAX_RANK:
        raise HeaderError(f"has {len(parts)} dimensions, at most {MAX_RANK} are allowed")
    dims = []
    for part in parts:
        if not _DIMENSION.match(part):
            raise HeaderError("has a header whose shape can't be parsed")
        if int(part) < 0:
            raise HeaderError(f"has a negative dimension {part}")
        dims.append(int(part))
    if math.prod(dims) >= 1 << 63:
        raise HeaderError(f"has a shape {tuple(dims)} that overflows")
    return tuple(dims)


def first_not_finite(file: IO[bytes], header: Header) -> tuple[int, ...] | None:
    """Index of the first NaN or infinity of a float or complex array in file order, else None.

    The file is read in pieces of 8 MiB, so memory stays flat.
    """
    if header.descr[1] not in "fc":
        return None
    import numpy as np

    dtype = np.dtype(header.descr)
    step = CHECK_BYTES // dtype.itemsize
    total = math.prod(header.shape)
    file.seek(header.offset)
    for begin in range(0, total, step):
        size = min(step, total - begin) * dtype.itemsize
        # np.fromfile takes longer than the whole of a short answer.
        values: NDArray[Any] = np.frombuffer(file.read(size), dtype)
        finite: NDArray[np.bool_] = np.isfinite(values)
        if not finite.all():
            flat = begin + int(np.argmin(finite))
            index = np.unravel_index(flat, header.shape, order="F" if header.fortran_order else "C")
            return tuple(int(i) for i in index)
    return None
