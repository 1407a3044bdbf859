"""Protocol buffer messages read by the numbers of their fields, without their definitions."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np


class Message:
    """A message: for each field number the values there are, as they came.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ValueError
        When the bytes are no message.
    """

    def __init__(self, data: bytes = b"") -> None:
        self._fields: dict[int, list[Any]] = {}
        place = 0
        while place < len(data):
            tag, place = varint(data, place)
            kind = tag & 7
            value: int | bytes
            if kind == 0:
                value, place = varint(data, place)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
                value, place = data[place : place + size], place + size
            elif kind == 2:
                size, place = varint(data, place)
                value, place = data[place : place + size], place + size
            else:
                raise ValueError(f"a field of wire type {kind}")
            if place > len(data):
                raise ValueError("a field is longer than its message")
            self._fields.setdefault(tag >> 3, []).append(value)

    def has(self, number: int) -> bool:
        """Whether the field is set."""
        return number in self._fields

    def integer(self, number: int, default: int = 0) -> int:
        """A signed integer, an enumeration or a truth value."""
        value = self._fields.get(number, [default])[-1]
        if not isinstance(value, int):
            raise ValueError(f"field {number} is no integer")
        return value - (1 << 64) if value >= 1 << 63 else value

    def number(self, number: int) -> float:
        """A float."""
        return float(struct.unpack("<f", self._bytes(number) or b"\0\0\0\0")[0])

    def data(self, number: int) -> bytes:
        """Bytes."""
        return self._bytes(number)

    def text(self, number: int) -> str:
        """A string."""
        return self._bytes(number).decode(errors="replace")

    def texts(self, number: int) -> list[str]:
        """Strings."""
        return [value.decode(errors="replace") for value in self._fields.get(number, [])]

    def message(self, number: int) -> Message:
        """A message inside; an empty one where it isn't set."""
        return Message(self._bytes(number))

    def messages(self, number: int) -> list[Message]:
        """Messages inside."""
        return [Message(value) for value in self._fields.get(number, [])]

    def table(self, number: int) -> dict[str, Message]:
        """A map from strings to messages."""
        return {entry.text(1): entry.message(2) for entry in self.messages(number)}

    def integers(self, number: int) -> list[int]:
        """Repeated integers, packed or not."""
        found: list[int] = []
        for value in self._fields.get(number, []):
            if isinstance(value, int):
                found.append(value)
                continue
            place = 0
            while place < len(value):
                one, place = varint(value, place)
                found.append(one)
        return [value - (1 << 64) if value >= 1 << 63 else value for value in found]

    def array(self, number: int, dtype: str) -> Any:
        """Repeated numbers of fixed size, packed or not."""
        return np.frombuffer(b"".join(self._fields.get(number, [])), dtype)

    def _bytes(self, number: int) -> bytes:
        value = self._fields.get(number, [b""])[-1]
        if not isinstance(value, bytes):
            raise ValueError(f"field {number} is an integer")
        return value


def varint(data: bytes, place: int) -> tuple[int, int]:
    """Read an integer of seven bits a byte; returns it and the place behind it."""
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise ValueError("an integer doesn't end")
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
