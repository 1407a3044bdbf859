"""Template block: a package that holds every node's tables as one JSON file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, DeploymentBlock, Params, TrainedImpulse

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "impulse.json"


class TemplateBlock(DeploymentBlock):
    """Writes what another program needs to compute the same: symbols, tables, thresholds."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write the package."""
        nodes = {}
        for node in impulse.nodes:
            tables = {table["name"]: node.table(table["name"]) for table in node.export["tables"]}
            plain = {name: np.asarray(value).tolist() for name, value in tables.items()}
            nodes[node.id] = {"symbol": node.export["symbol"], "tables": plain, **node.entry}
        package = {"name": impulse.document["name"], "build_id": impulse.document["build_id"], "nodes": nodes}
        text = json.dumps(package, indent=params.indent, sort_keys=True, allow_nan=False)
        (out / PACKAGE).write_text(text + "\n", encoding="utf-8")

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Read the package back."""
        document = json.loads((package / PACKAGE).read_text(encoding="utf-8"))
        if not document["nodes"]:
            raise BlockError("the package holds no node")
        return {"nodes": sorted(document["nodes"]), "build_id": document["build_id"]}
