"""Values as C++ text that reads back to the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.nodes import C_TYPES, Node, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgewright_sdk.arrays import Array

_LINE = 110


def float_literal(value: float) -> str:
    """Write a float32 with nine significant digits, which is enough to read back the same value.

    Examples
    --------
    >>> float_literal(0.1), float_literal(1.0), float_literal(1e-30)
    ('0.100000001f', '1.0f', '1.00000000e-30f'.replace('.00000000', ''))
    """
    text = f"{np.float32(value):.9g}"
    if not any(mark in text for mark in ".e"):
        text += ".0"
    return f"{text}f"


def int_literal(value: int) -> str:
    """Write an integer; the smallest int32 has no literal of its own."""
    return "(-2147483647 - 1)" if value == -(2**31) else f"{value}u" if value >= 2**31 else str(value)


def string_literal(text: str) -> str:
    """Write text as a C string in ASCII: other bytes of its UTF-8 become octal escapes.

    Examples
    --------
    >>> print(string_literal('5 °C "x"'))
    "5 \\302\\260C \\"x\\""
    """
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\?':  # ? could start a trigraph
            out.append(f"\\{char}")
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def array_definition(name: str, array: Array) -> str:
    """Define a constant array, ``const T name[n] = {…};``."""
    flat = array.ravel()
    literal = float_literal if array.dtype.name == "float32" else int_literal
    values = [literal(value) for value in flat.tolist()] or ["0"]
    ctype = C_TYPES[array.dtype.name]
    return f"const {ctype} {name}[{len(values)}] = {{\n{wrap(values)}\n}};"


def wrap(values: Iterable[str], indent: str = "    ") -> str:
    """Break comma-separated values into lines."""
    lines = [indent]
    for value in values:
        if len(lines[-1]) + len(value) > _LINE and lines[-1] != indent:
            lines.append(indent)
        lines[-1] += f"{value}, "
    return "\n".join(line.rstrip() for line in lines)


def tables_definition(prefix: str, node: Node) -> str:
    """Define a node's arrays and its ``SYMBOL_tables``, named ``<prefix>_<table>`` and ``<prefix>``."""
    parts = [
        array_definition(f"{prefix}_{t.name}", t.value)
        for t in node.tables
        if isinstance(t.value, np.ndarray)
    ]
    fields = ",\n".join(f"    {_field(prefix, table)}" for table in node.tables)
    parts.append(f"const {node.symbol}_tables {prefix} = {{\n{fields}\n}};")
    return "\n\n".join(parts)


def _field(prefix: str, table: Table) -> str:
    if isinstance(table.value, np.ndarray):
        return f"{prefix}_{table.name}"
    return float_literal(table.value) if table.dtype == "float32" else int_literal(int(table.value))
