"""CSV tables: what every node of an impulse has learned, for programs that compute it themselves."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np

from edgewright_sdk import BlockError, DeploymentBlock, Params, TrainedImpulse

INDEX = "index.csv"
_TYPES = {"f": "REAL", "i": "DINT", "u": "UDINT", "b": "BOOL"}


class CsvTables(DeploymentBlock):
    """Writes a file a table, and an index that says what belongs to which node."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write the package."""
        index: list[list[Any]] = [["node", "table", "type", "rows", "columns", "value or file"]]
        constants = [
            f"(* {impulse.document['name']}, build {impulse.document['build_id']} *)",
            "VAR_GLOBAL CONSTANT",
        ]
        sheet = Sheet(comma=params.separator == "semicolon")
        for node in impulse.nodes:
            for name, value in tables_of(node).items():
                rows = np.atleast_2d(value)
                rows = rows.reshape(-1, rows.shape[-1])
                constants.append(declaration(f"{node.id}_{name}", value))
                place: Any = value.item() if value.ndim == 0 else f"{node.id}.{name}.csv"
                index.append([node.id, name, value.dtype.name, *rows.shape, place])
                if value.ndim > 0:
                    sheet.write(out / str(place), rows.tolist())
        sheet.write(out / INDEX, index)
        if params.structured_text:
            (out / "model.st").write_text("\n".join([*constants, "END_VAR", ""]), encoding="utf-8")

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Read the tables back: each has the shape that the index says, and holds numbers alone."""
        with (package / INDEX).open(encoding="utf-8", newline="") as file:
            delimiter = ";" if ";" in file.readline() else ","
            file.seek(0)
            rows = list(csv.reader(file, delimiter=delimiter))[1:]
        for node, table, _, height, width, place in rows:
            if place.endswith(".csv"):
                text = (package / place).read_text(encoding="utf-8")
                text = text.replace(",", ".") if delimiter == ";" else text
                shape = np.loadtxt(text.splitlines(), delimiter=delimiter, ndmin=2).shape
                if shape != (int(height), int(width)):
                    raise BlockError(
                        f"{place}: table {table} of {node} is {shape}, the index says {height} x {width}"
                    )
        return {"ok": True, "tables": len(rows)}


class Sheet:
    """Writes rows as CSV."""

    def __init__(self, *, comma: bool) -> None:
        self.comma = comma

    def write(self, path: Path, rows: list[list[Any]]) -> None:
        """Write a file, with nine digits of each number: enough to read the same float32 back."""
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";" if self.comma else ",", lineterminator="\n").writerows(
                [self.cell(value) for value in row] for row in rows
            )

    def cell(self, value: Any) -> str:
        """Text of one value."""
        text = f"{value:.9g}" if isinstance(value, float) else str(value)
        return text.replace(".", ",") if self.comma and isinstance(value, float) else text


def tables_of(node: Any) -> dict[str, Any]:
    """The tables of a node's device code, and the threshold of one that learned."""
    found = {table["name"]: np.asarray(node.table(table["name"])) for table in node.export["tables"]}
    threshold = node.entry.get("threshold")
    if threshold is not None and threshold.get("value") is not None:
        found["threshold"] = np.asarray(np.float32(threshold["value"]))
    return found


def declaration(name: str, value: Any) -> str:
    """A constant of structured text: ``pump_radii : ARRAY[0..2] OF REAL := [...];``."""
    known = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    kind = _TYPES[value.dtype.kind]
    texts = [f"{one:.9g}" if value.dtype.kind == "f" else str(one) for one in value.ravel().tolist()]
    if kind == "REAL":
        texts = [text if any(mark in text for mark in ".en") else f"{text}.0" for text in texts]
    if value.ndim == 0:
        return f"  {known} : {kind} := {texts[0]};"
    if not texts:
        return f"  (* {known} is empty *)"
    bounds = ", ".join(f"0..{size - 1}" for size in value.shape)
    return f"  {known} : ARRAY[{bounds}] OF {kind} := [{', '.join(texts)}];"
