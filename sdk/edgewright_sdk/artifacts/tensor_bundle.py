"""TensorFlow's files of variables: an index (a sorted table of keys) and the bytes that it points to."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.protobuf import Message, varint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

#: DataType → numpy.
DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 9: "int64", 10: "bool", 19: "float16",
}  # fmt: skip
_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48


def read_variables(index: bytes, shards: list[bytes]) -> dict[str, NDArray[Any]]:
    """Read all variables by their keys.

    Parameters
    ----------
    index : bytes
        ``variables.index``.
    shards : list of bytes
        ``variables.data-…``, in order.

    Raises
    ------
    ValueError
        When the files are damaged or compressed.
    """
    entries = {key.decode(errors="replace"): Message(value) for key, value in _table(index) if key}
    return {key: _array(entry, shards) for key, entry in entries.items() if entry.integer(1) in DTYPES}


def restored(
    nodes: list[Message], functions: Mapping[str, Message], operation: str, stored: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Name variables as the graph does: follow the function that restores them.

    It reads the tensors of a list of keys (``RestoreV2``) and assigns each to one of its arguments, which are the graph's
    variables (``VarHandleOp``).

    Parameters
    ----------
    nodes : list of Message
        The graph (NodeDef).
    functions : dict of str to Message
        FunctionDef by name.
    operation : str
        Name of the node that calls the function.
    stored : dict of str to np.ndarray
        By key.
    """
    if not stored:
        return {}
    call = next(node for node in nodes if node.text(1) == operation)
    function = functions[call.table(5)["f"].message(10).text(1)]
    arguments = [argument.text(1) for argument in function.message(1).messages(2)]
    variables = dict(zip(arguments, (text.split(":")[0] for text in call.texts(3)), strict=False))
    inside = {node.text(1): node for node in function.messages(3)}
    found: dict[str, NDArray[Any]] = {}
    for node in inside.values():
        if node.text(2) != "AssignVariableOp":
            continue
        variable, value = node.texts(3)[:2]
        while inside[value.split(":")[0]].text(2) == "Identity":
            value = inside[value.split(":")[0]].texts(3)[0]
        restore = inside[value.split(":")[0]]
        keys = inside[restore.texts(3)[1].split(":")[0]].table(5)["value"].message(8).texts(8)
        key = keys[int(value.split(":")[-1])]
        if key in stored:
            found[variables[variable]] = stored[key]
    return found


def _array(entry: Message, shards: list[bytes]) -> NDArray[Any]:
    shape = [dim.integer(1) for dim in entry.message(2).messages(2)]
    return np.frombuffer(_stored(entry, shards), DTYPES[entry.integer(1)]).reshape(shape)


def _stored(entry: Message, shards: list[bytes]) -> bytes:
    shard, offset, size = entry.integer(3), entry.integer(4), entry.integer(5)
    if not 0 <= shard < len(shards) or offset < 0 or offset + size > len(shards[shard]):
        raise ValueError("a variable lies outside its file")
    return shards[shard][offset : offset + size]


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Entries of a sorted table: an index block names the data blocks."""
    footer = data[-_FOOTER:]
    if len(footer) < _FOOTER or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("variables.index is no table of variables")
    place = 0
    for _ in range(2):  # the handle of the meta index, which is not needed
        _, place = varint(footer, place)
    for _, handle in _block(data, footer[place:]):
        yield from _block(data, handle)


def _block(data: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset, place = varint(handle, 0)
    size, _ = varint(handle, place)
    block = data[offset : offset + size]
    if len(block) != size or size < 4 or data[offset + size : offset + size + 1] != b"\0":
        raise ValueError("a block is damaged or compressed")
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    key, place = b"", 0
    while place < end:
        shared, place = varint(block, place)
        own, place = varint(block, place)
        length, place = varint(block, place)
        key = key[:shared] + block[place : place + own]
        yield key, block[place + own : place + own + length]
        place += own + length
