"""TensorFlow Lite's file format, as far as small networks use it.

A FlatBuffer: a table is a place whose first four bytes lead back to its vtable, which says where each field lies. The
numbers of fields, types and operators are those of TensorFlow Lite's schema (version 3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IDENTIFIER = b"TFL3"

#: TensorType → numpy.
_TYPES = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    9: "int8",
    10: "float64",
}

#: BuiltinOperator → name, of those that a message may have to name.
OPERATORS = dict(
    enumerate(
        [
            "ADD",
            "AVERAGE_POOL_2D",
            "CONCATENATION",
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "DEPTH_TO_SPACE",
            "DEQUANTIZE",
            "EMBEDDING_LOOKUP",
            "FLOOR",
            "FULLY_CONNECTED",
            "HASHTABLE_LOOKUP",
            "L2_NORMALIZATION",
            "L2_POOL_2D",
            "LOCAL_RESPONSE_NORMALIZATION",
            "LOGISTIC",
            "LSH_PROJECTION",
            "LSTM",
            "MAX_POOL_2D",
            "MUL",
            "RELU",
            "RELU_N1_TO_1",
            "RELU6",
            "RESHAPE",
            "RESIZE_BILINEAR",
            "RNN",
            "SOFTMAX",
            "SPACE_TO_DEPTH",
            "SVDF",
            "TANH",
            "CONCAT_EMBEDDINGS",
            "SKIP_GRAM",
            "CALL",
            "CUSTOM",
            "EMBEDDING_LOOKUP_SPARSE",
            "PAD",
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            "GATHER",
            "BATCH_TO_SPACE_ND",
            "SPACE_TO_BATCH_ND",
            "TRANSPOSE",
            "MEAN",
            "SUB",
            "DIV",
            "SQUEEZE",
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            "STRIDED_SLICE",
            "BIDIRECTIONAL_SEQUENCE_RNN",
            "EXP",
            "TOPK_V2",
            "SPLIT",
            "LOG_SOFTMAX",
            "DELEGATE",
            "BIDIRECTIONAL_SEQUENCE_LSTM",
            "CAST",
            "PRELU",
            "MAXIMUM",
            "ARG_MAX",
            "MINIMUM",
            "LESS",
            "NEG",
            "PADV2",
            "GREATER",
            "GREATER_EQUAL",
            "LESS_EQUAL",
            "SELECT",
            "SLICE",
            "SIN",
            "TRANSPOSE_CONV",
            "SPARSE_TO_DENSE",
            "TILE",
            "EXPAND_DIMS",
            "EQUAL",
            "NOT_EQUAL",
            "LOG",
            "SUM",
            "SQRT",
            "RSQRT",
            "SHAPE",
            "POW",
            "ARG_MIN",
            "FAKE_QUANT",
            "REDUCE_PROD",
            "REDUCE_MAX",
            "PACK",
            "LOGICAL_OR",
            "ONE_HOT",
            "LOGICAL_AND",
            "LOGICAL_NOT",
            "UNPACK",
            "REDUCE_MIN",
            "FLOOR_DIV",
            "REDUCE_ANY",
            "SQUARE",
            "ZEROS_LIKE",
            "FILL",
            "FLOOR_MOD",
            "RANGE",
            "RESIZE_NEAREST_NEIGHBOR",
            "LEAKY_RELU",
            "SQUARED_DIFFERENCE",
            "MIRROR_PAD",
            "ABS",
            "SPLIT_V",
            "UNIQUE",
            "CEIL",
            "REVERSE_V2",
            "ADD_N",
            "GATHER_ND",
            "COS",
            "WHERE",
            "RANK",
            "ELU",
            "REVERSE_SEQUENCE",
            "MATRIX_DIAG",
            "QUANTIZE",
            "MATRIX_SET_DIAG",
            "ROUND",
            "HARD_SWISH",
            "IF",
            "WHILE",
            "NON_MAX_SUPPRESSION_V4",
            "NON_MAX_SUPPRESSION_V5",
            "SCATTER_ND",
            "SELECT_V2",
            "DENSIFY",
            "SEGMENT_SUM",
            "BATCH_MATMUL",
        ]
    )
) | {128: "CUMSUM", 129: "CALL_ONCE", 130: "BROADCAST_TO", 150: "GELU", 158: "SIGN"}


@dataclass(frozen=True)
class Tensor:
    """A tensor: constant where ``data`` is there, quantised where ``scale`` is not empty.

    Attributes
    ----------
    scale, zero_point : np.ndarray [shape=(k,)]
        One, or one a slice along ``axis``.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    data: NDArray[Any] | None
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int

    @property
    def quantised(self) -> bool:
        """Whether its values are steps of a grid."""
        return len(self.scale) > 0 and self.dtype not in ("float32", "float16", "float64")


@dataclass(frozen=True)
class Operator:
    """One step of the network. An input of −1 is left out; ``options`` are its table of settings."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table


@dataclass(frozen=True)
class TfliteFile:
    """The first subgraph of a file, which is the network."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Table:
    """A table of a FlatBuffer; fields by their number in the schema."""

    def __init__(self, data: bytes, place: int | None) -> None:
        self._data, self._place = data, place
        self._vtable = self._size = 0
        if place is not None:
            self._vtable = place - _unpack("<i", data, place)
            self._size = _unpack("<H", data, self._vtable)

    def scalar(self, number: int, form: str, default: float = 0) -> Any:
        """Value of a scalar field; ``form`` as in :mod:`struct`."""
        place = self._field(number)
        return default if place is None else _unpack(f"<{form}", self._data, place)

    def integer(self, number: int, default: int = 0) -> int:
        """Value of an int32 field."""
        return int(self.scalar(number, "i", default))

    def byte(self, number: int) -> int:
        """Value of a one-byte field: an enumeration or a truth value."""
        return int(self.scalar(number, "B", 0))

    def table(self, number: int) -> Table:
        """A table below; an empty one where the field isn't set."""
        place = self._field(number)
        return Table(self._data, None if place is None else place + _unpack("<I", self._data, place))

    def tables(self, number: int) -> list[Table]:
        """A list of tables."""
        start, count = self._vector(number)
        places = [start + 4 * i for i in range(count)]
        return [Table(self._data, place + _unpack("<I", self._data, place)) for place in places]

    def vector(self, number: int, dtype: str) -> NDArray[Any]:
        """A list of scalars."""
        start, count = self._vector(number)
        return np.frombuffer(self._data, np.dtype(dtype).newbyteorder("<"), count, start)

    def text(self, number: int) -> str:
        """A string."""
        return self.vector(number, "uint8").tobytes().decode(errors="replace")

    def _field(self, number: int) -> int | None:
        entry = 4 + 2 * number
        if self._place is None or entry >= self._size:
            return None
        offset = _unpack("<H", self._data, self._vtable + entry)
        return self._place + offset if offset else None

    def _vector(self, number: int) -> tuple[int, int]:
        place = self._field(number)
        if place is None:
            return 0, 0
        start = place + _unpack("<I", self._data, place)
        count = _unpack("<I", self._data, start)
        if start + 4 + count > len(self._data):
            raise ValueError("a list is longer than the file")
        return start + 4, count


def read_tflite_file(data: bytes, name: str) -> TfliteFile:
    """Read a file's network.

    Raises
    ------
    BlockError
        It is something else, or damaged.
    """
    if data[4:8] != _IDENTIFIER:
        raise BlockError(f"{name} is no TensorFlow Lite file: it doesn't begin as one")
    try:
        model = Table(data, _unpack("<I", data, 0))
        codes = [_code(entry) for entry in model.tables(1)]
        graph, buffers = model.tables(2)[0], model.tables(4)
        return TfliteFile(
            tensors=tuple(_tensor(entry, buffers, name) for entry in graph.tables(0)),
            operators=tuple(
                Operator(
                    codes[int(entry.scalar(0, "I"))],
                    tuple(entry.vector(1, "int32").tolist()),
                    tuple(entry.vector(2, "int32").tolist()),
                    entry.table(4),
                )
                for entry in graph.tables(3)
            ),
            inputs=tuple(graph.vector(1, "int32").tolist()),
            outputs=tuple(graph.vector(2, "int32").tolist()),
        )
    except (struct.error, IndexError, ValueError, RecursionError) as error:
        raise BlockError(f"{name} is a damaged TensorFlow Lite file: {error}") from None


def _code(entry: Table) -> str:
    number = max(entry.byte(0), entry.integer(3))  # files of old have only the first, of one byte
    custom = entry.text(1)
    return f"CUSTOM {custom}" if custom else OPERATORS.get(number, f"operator {number}")


def _tensor(entry: Table, buffers: list[Table], name: str) -> Tensor:
    kind, shape = entry.byte(1), tuple(int(size) for size in entry.vector(0, "int32"))
    if kind not in _TYPES:
        raise BlockError(
            f"{name} has a tensor of type {kind}, which is not supported; allowed: {', '.join(_TYPES.values())}"
        )
    stored = buffers[int(entry.scalar(2, "I"))].vector(0, "uint8")
    data = None
    if len(stored):
        data = np.frombuffer(stored.tobytes(), np.dtype(_TYPES[kind]).newbyteorder("<")).reshape(shape)
    grid = entry.table(4)
    scale = grid.vector(2, "float32")
    zero = grid.vector(3, "int64")
    if len(zero) != len(scale):
        zero = np.zeros(len(scale), np.int64)
    return Tensor(entry.text(3), shape, _TYPES[kind], data, scale, zero, grid.integer(6))


def _unpack(form: str, data: bytes, place: int) -> Any:
    if place < 0:
        raise ValueError("an offset leads before the file")
    return struct.unpack_from(form, data, place)[0]
