"""``export.json``: one node as device code: sources as they are, tables as data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from edgewright_specs.shared import Contract, DeviceDtype, FileName, Shape, Size, Symbol
from edgewright_specs.validation import WrittenModel


class Table(WrittenModel):
    """One field of ``SYMBOL_tables``: a scalar ``value``, or a ``file`` that becomes a pointer."""

    name: Symbol
    dtype: DeviceDtype
    value: int | float | None = None
    shape: Shape | None = None
    file: FileName | None = None

    @model_validator(mode="after")
    def _value_or_file(self) -> Table:
        if (self.value is None) == (self.file is None):
            raise ValueError("needs either a value or a file")
        if (self.file is None) != (self.shape is None):
            raise ValueError("a file goes with a shape, a value without")
        return self


class View(WrittenModel):
    """One input or output of a node."""

    name: str | None = None
    dtype: DeviceDtype
    shape: Shape


class Tolerance(WrittenModel):
    """How far device code may be from Python: ``absolute + relative·|value|``."""

    absolute: float = Field(ge=0)
    relative: float = Field(default=0.0, ge=0)


class Standardisation(WrittenModel):
    """Names of the tables by which a node standardises: ``z[i] = (x[selected[i]] − mean[i]) / scale[i]``."""

    selected: Symbol
    mean: Symbol
    scale: Symbol


class ExportFile(WrittenModel):
    """``export.json``: ``tables`` are in the order of the struct's fields; ``onnx`` names the same as an ONNX graph."""

    contract: Contract
    symbol: Symbol
    header: FileName
    sources: list[FileName]
    modules: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]] = Field(default_factory=list)
    tables: list[Table] = Field(default_factory=list)
    state_bytes: Size = 0
    scratch_bytes: Size = 0
    inputs: list[View] = Field(min_length=1)
    outputs: list[View] = Field(min_length=1)
    streamable: bool = False
    standardisation: Standardisation | None = None
    tolerance: Tolerance = Tolerance(absolute=1e-4, relative=1e-4)
    onnx: FileName | None = None

    @model_validator(mode="after")
    def _one_field_a_name(self) -> ExportFile:
        names = [table.name for table in self.tables]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"has two tables named {', '.join(twice[:5])}")
        named = self.standardisation.model_dump().values() if self.standardisation else ()
        missing = sorted(set(named) - set(names))
        if missing:
            raise ValueError(f"standardisation names {', '.join(missing)}, which is no table")
        return self
