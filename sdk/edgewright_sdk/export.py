"""A node for the device: tables as data, C++ sources as they are in the block's folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.arrays import Array, save_array
from edgewright_sdk.documents import write_document
from edgewright_sdk.errors import OutputError
from edgewright_specs.interface import CONTRACT_VERSION, EXPORT_FILE, FRAGMENT_FILE, MEMORY_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TableValue = Array | np.generic | float | int | bool

_DTYPES = ("float32", "int8", "uint8", "int16", "uint16", "int32", "uint32")


@dataclass(frozen=True)
class Export:
    """One node of a deployment.

    Attributes
    ----------
    symbol : str
        Name of the C++ function; ``SYMBOL_tables`` is its struct.
    header, sources : str, list of str
        File names in the block's ``device/`` folder.
    modules : list of str
        Modules of the runtime that the sources call.
    tables : dict
        Fields of ``SYMBOL_tables`` in order. An array becomes a pointer, a scalar a field: bool is uint8, int
        is int32, float is float32, a numpy scalar keeps its type.
    inputs, outputs : list of dict
        ``{"dtype", "shape"}`` of a view each; outputs also ``name``.
    state_bytes, scratch_bytes : int
        What the node keeps between calls, and what it needs of the arena during one.
    streamable : bool
    tolerance : dict
        ``{"absolute", "relative"}`` largest difference from Python.
    standardisation : dict, optional
        ``{"selected", "mean", "scale"}``: which tables hold them, where the node begins by ``(x[selected] − mean) / scale``.
        Packages then tell of drift, and can be commissioned. See :func:`edgewright_sdk.standardisation.anomaly_export`.
    memory : dict, optional
        What a network needs of its arena, for the report: :func:`edgewright_sdk.compiler.memory_map`.
    onnx : bytes, optional
        The same as an ONNX graph, for the target ``onnx``: :class:`edgewright_sdk.fragments.Fragment`.
    """

    symbol: str
    header: str
    sources: list[str]
    modules: list[str]
    tables: Mapping[str, TableValue]
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    state_bytes: int = 0
    scratch_bytes: int = 0
    streamable: bool = False
    tolerance: Mapping[str, float] = field(default_factory=lambda: {"absolute": 1e-4, "relative": 1e-4})
    standardisation: Mapping[str, str] | None = None
    memory: Mapping[str, Any] | None = None
    onnx: bytes | None = None

    def write(self, folder: Path, device: Path) -> None:
        """Write the export into a new folder.

        Parameters
        ----------
        folder : Path
            Is made.
        device : Path
            The block's ``device/`` folder, for header and sources.
        """
        folder.mkdir()
        for name in (self.header, *self.sources):
            source = device / name
            if not source.is_file():
                raise OutputError(f"export names {name!r}, which the block's device folder does not hold")
            shutil.copyfile(source, folder / name)
        tables = [_table(name, value, folder) for name, value in self.tables.items()]
        document = {
            "contract": CONTRACT_VERSION,
            "symbol": self.symbol,
            "header": self.header,
            "sources": self.sources,
            "modules": self.modules,
            "tables": tables,
            "state_bytes": self.state_bytes,
            "scratch_bytes": self.scratch_bytes,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "streamable": self.streamable,
            "tolerance": self.tolerance,
        }
        if self.standardisation is not None:
            document["standardisation"] = dict(self.standardisation)
        if self.onnx is not None:
            document["onnx"] = FRAGMENT_FILE
            (folder / FRAGMENT_FILE).write_bytes(self.onnx)
        write_document(folder / EXPORT_FILE, document)
        if self.memory is not None:
            write_document(folder / MEMORY_FILE, self.memory)


def _table(name: str, value: TableValue, folder: Path) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        if value.dtype.name not in _DTYPES:
            raise OutputError(
                f"table {name!r} is {value.dtype}; a device table is one of {', '.join(_DTYPES)}"
            )
        save_array(folder / f"{name}.npy", value)
        return {"name": name, "dtype": value.dtype.name, "shape": list(value.shape), "file": f"{name}.npy"}
    if isinstance(value, np.generic):
        dtype = value.dtype.name
        if dtype not in _DTYPES:
            raise OutputError(f"table {name!r} is {dtype}; a device table is one of {', '.join(_DTYPES)}")
        return {"name": name, "dtype": dtype, "value": value.item()}
    if isinstance(value, bool):
        return {"name": name, "dtype": "uint8", "value": int(value)}
    if isinstance(value, int):
        return {"name": name, "dtype": "int32", "value": value}
    return {"name": name, "dtype": "float32", "value": float(np.float32(value))}
