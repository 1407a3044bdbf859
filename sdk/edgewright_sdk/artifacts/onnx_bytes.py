"""ONNX files written without the package ``onnx``: blocks that need nothing but numpy can give networks, too.

Numbers of fields and of types are those of ``onnx.proto``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: numpy name → ``TensorProto.DataType``.
TYPES: Final = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
    "bool": 9, "float16": 10, "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip

ML_DOMAIN: Final = "ai.onnx.ml"


class Node(NamedTuple):
    """An operation. Settings are ints, floats, texts, or sequences of one of these."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[str, Any]
    domain: str = ""


class Value(NamedTuple):
    """An input or output; a size may be a name, and no shape at all says nothing of it."""

    name: str
    dtype: str
    shape: Sequence[int | str] | None


def model_bytes(
    name: str,
    nodes: Sequence[Node],
    constants: Mapping[str, NDArray[Any]],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    *,
    opsets: Mapping[str, int],
    ir_version: int,
) -> bytes:
    """Serialise a graph."""
    graph = [
        *(_bytes(1, _node(node)) for node in nodes),
        _text(2, name),
        *(_bytes(5, _tensor(key, array)) for key, array in constants.items()),
        *(_bytes(11, _value(value)) for value in inputs),
        *(_bytes(12, _value(value)) for value in outputs),
    ]
    imports = [
        _bytes(8, _text(1, domain) + _integer(2, version)) for domain, version in sorted(opsets.items())
    ]
    return b"".join([_integer(1, ir_version), _text(2, "edgewright"), _bytes(7, b"".join(graph)), *imports])


def _node(node: Node) -> bytes:
    return b"".join(
        [
            *(_text(1, name) for name in node.inputs),
            *(_text(2, name) for name in node.outputs),
            _text(4, node.kind),
            *(_bytes(5, _attribute(name, value)) for name, value in sorted(node.settings.items())),
            _text(7, node.domain) if node.domain else b"",
        ]
    )


def _attribute(name: str, value: Any) -> bytes:
    named = _text(1, name)
    if isinstance(value, str):
        return named + _text(4, value) + _integer(20, 3)
    if isinstance(value, float | np.floating):
        return named + _key(2, 5) + struct.pack("<f", value) + _integer(20, 1)
    if isinstance(value, int | np.integer):
        return named + _integer(3, int(value)) + _integer(20, 2)
    if len(value) and isinstance(value[0], str):
        return named + b"".join(_text(9, text) for text in value) + _integer(20, 8)
    values = np.asarray(value)
    if values.dtype.kind == "f":
        return named + _bytes(7, values.astype("<f4").tobytes()) + _integer(20, 6)
    return named + _bytes(8, _varints(values.astype(np.int64))) + _integer(20, 7)


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    sizes = _bytes(1, _varints(np.array(array.shape, np.int64))) if array.ndim else b""
    stored = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return sizes + _integer(2, TYPES[array.dtype.name]) + _text(8, name) + _bytes(9, stored)


def _value(value: Value) -> bytes:
    kind = _integer(1, TYPES[value.dtype])
    if value.shape is not None:
        sizes = (_text(2, size) if isinstance(size, str) else _integer(1, size) for size in value.shape)
        kind += _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, value.name) + _bytes(2, _bytes(1, kind))


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _integer(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as the 64 bits that hold it."""
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def _varints(values: NDArray[np.int64]) -> bytes:
    """Many of them: tables of trees have hundreds of thousands."""
    left = values.astype(np.uint64).ravel()
    groups = left[:, None] >> np.arange(0, 70, 7, dtype=np.uint64)
    used = (groups != 0).cumsum(axis=1).argmax(axis=1)  # place of the last group that isn't 0
    places = np.arange(groups.shape[1])
    more = places < used[:, None]
    made = ((groups & np.uint64(127)) | (more.astype(np.uint64) << np.uint64(7))).astype(np.uint8)
    packed: bytes = made[places <= used[:, None]].tobytes()
    return packed
