"""Sizes in ELF files, of programs and of objects: sections that take memory, and symbols."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright_sdk import BlockError

if TYPE_CHECKING:
    from pathlib import Path

_SYMBOLS, _NO_BITS = 2, 8  # types of sections
_WRITE, _ALLOCATED, _CODE = 1, 2, 4  # flags of sections
_OBJECT, _FUNCTION = 1, 2  # types of symbols


@dataclass(frozen=True)
class Elf:
    """What a file takes: ``code`` and ``constants`` are read-only, ``data`` is in flash and copied, ``zeros`` only in RAM."""

    code: int
    constants: int
    data: int
    zeros: int
    symbols: dict[str, int]

    @property
    def flash(self) -> int:
        """Bytes of flash."""
        return self.code + self.constants + self.data


def read_elf(path: Path) -> Elf:
    """Read a little-endian ELF file, of 32 or 64 bits.

    Raises
    ------
    BlockError
        It is none.
    """
    data = path.read_bytes()
    if data[:4] != b"\x7fELF" or data[5] != 1:
        raise BlockError(f"{path.name} is no little-endian ELF file")
    wide = data[4] == 2
    at, header = ("<40xQ10xHH", "<IIQQQQIIQQ") if wide else ("<32xI10xHH", "<10I")
    start, size, count = struct.unpack_from(at, data)
    sections = [struct.unpack_from(header, data, start + i * size) for i in range(count)]
    totals = dict.fromkeys(("code", "constants", "data", "zeros"), 0)
    symbols: dict[str, int] = {}
    for _, kind, flags, _, offset, length, link, *_ in sections:
        if flags & _ALLOCATED:
            totals[_use(kind, flags)] += length
        if kind == _SYMBOLS:
            names = sections[link][4]
            symbols |= _symbols(data, offset, length, names, wide=wide)
    return Elf(**totals, symbols=symbols)


def _use(kind: int, flags: int) -> str:
    if kind == _NO_BITS:
        return "zeros"
    if flags & _WRITE:
        return "data"
    return "code" if flags & _CODE else "constants"


def _symbols(data: bytes, offset: int, length: int, names: int, *, wide: bool) -> dict[str, int]:
    """Sizes of functions and objects that are defined here, by name."""
    form = struct.Struct("<IBBHQQ" if wide else "<IIIBBH")
    found: dict[str, int] = {}
    for entry in form.iter_unpack(data[offset : offset + length]):
        if wide:
            name, info, _, section, _, size = entry
        else:
            name, _, size, info, _, section = entry
        if section and info & 15 in (_OBJECT, _FUNCTION):
            text = data[names + name : data.index(b"\0", names + name)].decode()
            found[text] = found.get(text, 0) + size
    return found
