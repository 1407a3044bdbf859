"""Exported nodes: ``export.json`` and its files, read and checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.arrays import Array, open_array
from edgewright_sdk.errors import RequestError
from edgewright_specs.interface import CONTRACT_VERSION, EXPORT_FILE

if TYPE_CHECKING:
    from pathlib import Path

#: numpy name → C++ type of a table.
C_TYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
}
#: numpy name → ``ew_dtype`` of a view.
VIEW_TYPES = {"float32": 0, "uint8": 1, "int8": 2, "int16": 3, "int32": 4}
MAX_RANK = 4

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\Z")


@dataclass(frozen=True)
class Table:
    """One field of ``SYMBOL_tables``: a scalar, or an array behind a pointer to const."""

    name: str
    dtype: str
    value: Array | float | int

    @property
    def is_array(self) -> bool:
        """Whether the field is a pointer."""
        return isinstance(self.value, np.ndarray)


@dataclass(frozen=True)
class Port:
    """One input or output of a node. ``name`` is set for outputs only."""

    dtype: str
    shape: tuple[int, ...]
    name: str = ""

    @property
    def count(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.count * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Standardisation:
    """Names of the tables by which a node standardises ``count`` features, and the last column that it reads."""

    selected: str
    mean: str
    scale: str
    count: int
    last: int


@dataclass(frozen=True)
class Node:
    """An export folder in memory."""

    folder: Path
    symbol: str
    header: str
    sources: tuple[str, ...]
    modules: tuple[str, ...]
    tables: tuple[Table, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    state_bytes: int
    scratch_bytes: int
    streamable: bool
    tolerance: dict[str, float]
    standardisation: Standardisation | None = None
    onnx: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Header and sources, once each."""
        return tuple(dict.fromkeys((self.header, *self.sources)))


def load_node(folder: Path) -> Node:
    """Read an export folder.

    Parameters
    ----------
    folder : Path
        Holds ``export.json``, the tables as ``.npy``, header and sources.

    Raises
    ------
    RequestError
        When a file is missing or isn't what the contract says.
    """
    where = folder / EXPORT_FILE
    try:
        document = json.loads(where.read_bytes())
    except (OSError, ValueError) as error:
        raise RequestError(f"{where} can't be read: {error}") from None
    if not isinstance(document, dict) or document.get("contract") != CONTRACT_VERSION:
        raise RequestError(f"{where}: not an export of contract {CONTRACT_VERSION}")
    try:
        node = Node(
            folder=folder,
            symbol=_checked(_IDENTIFIER, document["symbol"], where, "symbol"),
            header=_checked(_FILE, document["header"], where, "header"),
            sources=tuple(_checked(_FILE, name, where, "source") for name in document["sources"]),
            modules=tuple(_checked(_IDENTIFIER, name, where, "module") for name in document["modules"]),
            tables=tuple(_table(entry, folder, where) for entry in document["tables"]),
            inputs=tuple(_port(entry, where) for entry in document["inputs"]),
            outputs=tuple(_port(entry, where) for entry in document["outputs"]),
            state_bytes=int(document.get("state_bytes", 0)),
            scratch_bytes=int(document.get("scratch_bytes", 0)),
            streamable=bool(document.get("streamable", False)),
            tolerance={k: float(v) for k, v in document.get("tolerance", {}).items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RequestError(f"{where}: {type(error).__name__}: {error}") from None
    given = document.get("standardisation")
    if given is not None:
        node = replace(node, standardisation=_standardisation(given, node, where))
    if document.get("onnx") is not None:
        node = replace(node, onnx=_checked(_FILE, document["onnx"], where, "onnx"))
    for name in (*node.files, *([node.onnx] if node.onnx else [])):
        if not (folder / name).is_file():
            raise RequestError(f"{where} names {name!r}, which isn't in its folder")
    return node


def _checked(pattern: re.Pattern[str], text: Any, where: Path, what: str) -> str:
    if not isinstance(text, str) or not pattern.match(text):
        raise RequestError(f"{where}: {what} {text!r} isn't a plain name")
    return text


def _table(entry: dict[str, Any], folder: Path, where: Path) -> Table:
    name = _checked(_IDENTIFIER, entry["name"], where, "table")
    dtype = entry["dtype"]
    if dtype not in C_TYPES:
        raise RequestError(f"{where}: table {name!r} is {dtype!r}; allowed are {', '.join(C_TYPES)}")
    if "file" not in entry:
        value = entry["value"]
        return Table(name, dtype, float(value) if dtype == "float32" else int(value))
    array = open_array(folder / _checked(_FILE, entry["file"], where, "file"))
    if array.dtype.name != dtype or list(array.shape) != list(entry["shape"]):
        raise RequestError(
            f"{where}: table {name!r} is {array.dtype.name} {list(array.shape)}, not {dtype} {entry['shape']}"
        )
    if dtype == "float32" and not np.isfinite(array).all():
        raise RequestError(f"{where}: table {name!r} holds NaN or infinity; a device table must be finite")
    return Table(name, dtype, array)


def _standardisation(given: Any, node: Node, where: Path) -> Standardisation:
    names = [str(given.get(key)) if isinstance(given, dict) else "" for key in ("selected", "mean", "scale")]
    found = {table.name: table.value for table in node.tables}
    selected, mean, scale = (np.asarray(found.get(name, 0)) for name in names)
    if (
        [table.dtype.name for table in (selected, mean, scale)] != ["int32", "float32", "float32"]
        or selected.ndim != 1
        or not selected.shape == mean.shape == scale.shape
        or not len(selected)
        or node.inputs[0].dtype != "float32"
        or selected.min() < 0
        or not (scale > 0).all()
    ):
        raise RequestError(
            f"{where}: standardisation {given!r} must name three tables of one length: selected (int32, columns of "
            "float32 inputs), mean and scale (float32, scale above 0)"
        )
    return Standardisation(names[0], names[1], names[2], len(selected), int(selected.max()))


def _port(entry: dict[str, Any], where: Path) -> Port:
    shape = tuple(int(size) for size in entry["shape"])
    if entry["dtype"] not in VIEW_TYPES:
        raise RequestError(f"{where}: a view is one of {', '.join(VIEW_TYPES)}, not {entry['dtype']!r}")
    if not 1 <= len(shape) <= MAX_RANK or min(shape) < 1:
        raise RequestError(f"{where}: shape {list(shape)}: 1 to {MAX_RANK} sizes of at least 1 are allowed")
    return Port(entry["dtype"], shape, str(entry.get("name", "")))
